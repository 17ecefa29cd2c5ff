import { readFile } from 'node:fs/promises';
import { text as textOf } from 'node:stream/consumers';
import { CommandFailure, EXIT } from './failure.js';

/** Where a command reads and writes. Results go to standard output, everything else to standard error. */
export interface Terminal {
  print(text: string): void;
  /** What happens meanwhile, for people: a line on standard error. */
  tell(text: string): void;
  /** Standard input to its end. */
  input(): Promise<string>;
}

export const processTerminal: Terminal = {
  print: (text) => void process.stdout.write(`${text}\n`),
  tell: (text) => void process.stderr.write(`${text}\n`),
  input: () => textOf(process.stdin),
};

/** What a command says: JSON for programs, or a text for people. */
export class Output {
  constructor(
    private readonly terminal: Terminal,
    private readonly json: () => boolean,
  ) {}

  print(value: unknown, text: () => string): void {
    this.terminal.print(this.json() ? JSON.stringify(value, null, 2) : text());
  }

  /** Progress, and what is wrong beside a result. */
  tell(text: string): void {
    this.terminal.tell(text);
  }

  /** A secret from a file, or from standard input when it is `-`: arguments can be read by every process. */
  async secret(file: string): Promise<string> {
    try {
      return (file === '-' ? await this.terminal.input() : await readFile(file, 'utf8')).trim();
    } catch (error) {
      throw new CommandFailure(`${file} cannot be read: ${error instanceof Error ? error.message : error}`, EXIT.usage);
    }
  }
}

/** Columns as wide as they have to be. */
export function table(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const all = [head, ...lines];
  const widths = head.map((_, column) => Math.max(...all.map((line) => (line[column] ?? '').length)));
  return all
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Names and values in two columns; a value of several lines stays in its column. */
export function entries(pairs: readonly (readonly [string, string])[]): string {
  const width = Math.max(...pairs.map(([name]) => name.length)) + 2;
  return pairs
    .map(([name, value]) => `${name.padEnd(width)}${value.replaceAll('\n', `\n${' '.repeat(width)}`)}`)
    .join('\n');
}
