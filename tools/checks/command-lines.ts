/** Whether the documents, and the examples of `voltap` itself, type commands that exist: those of `voltap`, and the scripts of npm. */
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pagesUnder } from './links.ts';

/** What is read here of a command of commander, so that the tools need no command line themselves. */
interface Command {
  readonly commands: readonly Command[];
  readonly options: readonly Parameter[];
  readonly registeredArguments: readonly Parameter[];
  name(): string;
  action(act: () => void): unknown;
  configureOutput(streams: { writeOut(text: string): void; writeErr(text: string): void }): unknown;
  outputHelp(): void;
  parse(words: readonly string[], options: { from: 'user' }): unknown;
}

interface Parameter {
  readonly argChoices?: readonly string[];
  mandatory?: boolean;
  parseArg?: ((value: string, previous: unknown) => unknown) | undefined;
  name(): string;
}

/** A line as somebody would type it. */
interface TypedLine {
  readonly where: string;
  /** What stands behind `voltap`. */
  readonly words: readonly string[];
  /** In running text a command may be called by its name, without what it needs. */
  readonly prose: boolean;
}

const SCRIPT = /\bnpm (?:--?[\w-]+ )*run (?:--?[\w-]+ )*([a-z][\w:-]*)/g;
/** `voltap` where a shell would look for a command, by itself or as a script of npm. */
const VOLTAP =
  /(?:^|[(|;&])\s*(?:\$ )?(?:[A-Z_]+=\S+ )*(?:npm (?:--?[\w-]+ )*run (?:--?[\w-]+ )*voltap --|voltap)(?: (.*))?$/;
const WORD = /(?:'[^']*'|"[^"]*"|<[^<>]+>|[^\s'"<>|;&])+|[<>|;&]+/g;
const MORE = '…';

/** `docs/pulls.md:21: voltap pulls run nothing: …`, one for each line that would not be understood. */
export async function commandLineFaults(root: string, documents: string = root): Promise<string[]> {
  const { voltap } = (await import(join(root, 'apps/cli/dist/program.js'))) as {
    voltap(terminal: object): Command;
  };
  const open = (): Command => voltap({});
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object };
  const pages = pagesUnder(documents).map((page) => ({
    name: relative(documents, page),
    text: readFileSync(page, 'utf8'),
  }));
  const examples = examplesOf(open());
  return [
    ...(examples.length > 0 ? [] : ['no command of voltap has examples']),
    ...pages.flatMap(({ name, text }) => missingScripts(name, text, new Set(Object.keys(scripts)))),
    ...[...pages.flatMap(({ name, text }) => linesOf(name, text)), ...examples].flatMap((line) => {
      const fault = faultOf(open, line);
      return fault === null ? [] : [`${line.where}: voltap ${line.words.join(' ')}: ${fault}`];
    }),
  ];
}

function missingScripts(page: string, text: string, known: ReadonlySet<string>): string[] {
  return text.split('\n').flatMap((line, index) =>
    [...line.matchAll(SCRIPT)]
      .map(([, script = '']) => script)
      .filter((script) => !known.has(script))
      .map((script) => `${page}:${index + 1}: package.json has no script ${script}`),
  );
}

/** In code blocks each line is a command, in running text each span of code. */
function linesOf(page: string, text: string): TypedLine[] {
  let fenced = false;
  return text.split('\n').flatMap((line, index) => {
    const where = `${page}:${index + 1}`;
    if (/^\s*```/.test(line)) {
      fenced = !fenced;
      return [];
    }
    const codes = fenced ? [line] : [...line.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
    return codes.flatMap((code) => typed(code, where, !fenced));
  });
}

/** Below `Examples:` in the help of each command; what stands two spaces behind a command explains it. */
function examplesOf(command: Command, path: readonly string[] = []): TypedLine[] {
  let help = '';
  const write = (text: string): void => {
    help += text;
  };
  command.configureOutput({ writeOut: write, writeErr: write });
  command.outputHelp();
  const [, examples = ''] = help.split('\nExamples:\n');
  const where = `voltap ${[...path, '--help'].join(' ')}`;
  return [
    ...examples.split('\n').flatMap((line) => typed(line.trim().replace(/ {2,}.*$/, ''), where, false)),
    ...command.commands.flatMap((each) => examplesOf(each, [...path, each.name()])),
  ];
}

function typed(code: string, where: string, prose: boolean): TypedLine[] {
  const rest = VOLTAP.exec(code)?.[1];
  if (rest === undefined) return [];
  const words: string[] = [];
  for (const [word] of rest.replace(/(^| )#.*$/, '').matchAll(WORD)) {
    // What follows is another program's, or a file.
    if (/^[<>|;&]+$/.test(word)) break;
    words.push(word.replaceAll(/'([^']*)'|"([^"]*)"/g, '$1$2').replace(/\)$/, ''));
  }
  return [{ where, words, prose }];
}

/** What is wrong with the line, in the words of commander; null when it is understood. */
function faultOf(open: () => Command, { words, prose }: TypedLine): string | null {
  if (prose && isName(open(), words)) return null;
  if (words.at(-1) !== MORE) return refusal(open(), words, true)?.message ?? null;
  // It stands for a value, for the rest of the line, or for both.
  const whole = refusal(open(), words, false);
  const begun = refusal(open(), words.slice(0, -1), false);
  if (whole === null || begun === null || begun.code === 'commander.missingArgument') return null;
  return begun.code === 'commander.optionMissingArgument' ? whole.message : begun.message;
}

/** Whether the words are those of a command or a group, and nothing else. */
function isName(program: Command, words: readonly string[]): boolean {
  let command: Command | undefined = program;
  for (const word of words) command = command?.commands.find((each) => each.name() === word);
  return command !== undefined;
}

/** Nothing is done, nothing printed, and placeholders are values; an option that is needed may be left out unless `whole`. */
function prepare(command: Command, whole: boolean): void {
  command.configureOutput({ writeOut: () => undefined, writeErr: () => undefined });
  if (!whole) for (const option of command.options) option.mandatory = false;
  for (const parameter of [...command.options, ...command.registeredArguments]) {
    const parse = parameter.parseArg;
    if (parse === undefined) continue;
    parameter.parseArg = (value, previous) =>
      isPlaceholder(value, parameter) ? value : parse.call(parameter, value, previous);
  }
  if (command.commands.length === 0) command.action(() => undefined);
  for (const each of command.commands) prepare(each, whole);
}

/** `<id>`, `…`, or a name in capitals, unless such names are the values themselves. */
function isPlaceholder(value: string, parameter: Parameter): boolean {
  if (value === MORE || /^<[^<>]+>$/.test(value)) return true;
  if (!/^[A-Z][A-Z-]*$/.test(value)) return false;
  const { argChoices = [] } = parameter;
  return value === parameter.name().toUpperCase() || !argChoices.some((choice) => choice === choice.toUpperCase());
}

/** What commander has to say of the words; null when it understands. */
function refusal(program: Command, words: readonly string[], whole: boolean): { code: string; message: string } | null {
  prepare(program, whole);
  try {
    program.parse(words, { from: 'user' });
    return null;
  } catch (error) {
    const { code = '', message } = error as Error & { code?: string };
    if (!code.startsWith('commander.')) throw error;
    return code === 'commander.helpDisplayed' ? null : { code, message: message.replace(/^error: /, '') };
  }
}
