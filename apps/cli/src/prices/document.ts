import { readFile } from 'node:fs/promises';
import { VoltapError } from '@voltap/kernel';
import { CommandFailure, EXIT } from '../failure.js';
import type { Terminal } from '../terminal.js';

/** A JSON document that was named on the command line. */
export interface Document {
  /** As it was named; `-` is standard input. */
  readonly file: string;
  /** Where it stands in the request that is made of all of them. */
  readonly pointer: string;
  readonly content: unknown;
}

/** @throws CommandFailure when the file is not there or is no JSON. */
export async function readDocument(terminal: Terminal, file: string, pointer: string): Promise<Document> {
  let text: string;
  try {
    text = file === '-' ? await terminal.input() : await readFile(file, 'utf8');
  } catch (error) {
    throw new CommandFailure(`${file} cannot be read: ${error instanceof Error ? error.message : error}`, EXIT.usage);
  }
  try {
    return { file, pointer, content: JSON.parse(text) as unknown };
  } catch (error) {
    throw new CommandFailure(`${file} is no JSON: ${error instanceof Error ? error.message : error}`, EXIT.usage);
  }
}

/** Options that are no documents, by their place in the request. */
const OPTIONS: Readonly<Record<string, string>> = {
  '/timeZone': '--time-zone',
  '/until': '--until',
  '/taxName': '--tax-name',
  '/tariffs': '--tariff',
  '/amount': '--amount',
  '/powerKw': '--power',
  '/startedAt': '--start',
};

/**
 * Does what reads documents; what is wrong in them is told by file and field.
 * @throws CommandFailure instead of VoltapError
 */
export function telling<Result>(documents: readonly Document[], work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof VoltapError)) throw error;
    const lines = error.violations.map(({ pointer, message }) => {
      const document = documents.find((each) => pointer === each.pointer || pointer.startsWith(`${each.pointer}/`));
      if (document === undefined) return `${OPTIONS[pointer] ?? pointer}: ${message}`;
      return `${document.file}: ${pointer.slice(document.pointer.length) || '/'}: ${message}`;
    });
    const [only] = lines;
    if (only === undefined) throw new CommandFailure(error.message, EXIT.usage);
    const list = `${lines.length} fields are wrong:${lines.map((line) => `\n  ${line}`).join('')}`;
    throw new CommandFailure(lines.length === 1 ? only : list, EXIT.usage);
  }
}
