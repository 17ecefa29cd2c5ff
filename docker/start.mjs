// What the image runs. The first argument chooses: a service, or `voltap`, the command line of operators.
//
//   gateway             the service, until SIGTERM
//   gateway prepare     its schema and its topics, then the end
//   voltap topics plan  the command line
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const OWN = join(import.meta.dirname, 'node_modules/@voltap');
const COMMAND_LINE = 'cli';
const mainOf = (name) => join(OWN, name, 'dist/main.js');

const names = readdirSync(OWN).filter((name) => name !== COMMAND_LINE && existsSync(mainOf(name)));
const [program = '', ...rest] = process.argv.slice(2);
const folder = program === 'voltap' ? COMMAND_LINE : program;
if (folder === COMMAND_LINE || names.includes(folder)) {
  const main = mainOf(folder);
  process.argv.splice(1, Number.POSITIVE_INFINITY, main, ...rest);
  await import(pathToFileURL(main).href);
} else {
  process.stderr.write(`The first argument names what to run: ${[...names, 'voltap'].join(', ')}; not "${program}".\n`);
  process.exitCode = 2;
}
