// Prints which requirements of OCPI the tests show: `npm run conformance`. With ids as parameters, the tests that show them.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { byChapter, census, showings } from './conformance/census.ts';
import { OPEN } from './conformance/open.ts';

const all = census(showings(join(dirname(fileURLToPath(import.meta.url)), '..')), OPEN);
const asked = process.argv.slice(2);
if (asked.length > 0) {
  for (const id of asked) {
    const tests = all.shown.get(id) ?? [];
    for (const { file, test } of tests) process.stdout.write(`${id}  ${file}: ${test}\n`);
    if (tests.length === 0) process.stdout.write(`${id}  not shown: ${all.open.get(id) ?? 'no such requirement'}\n`);
  }
} else {
  for (const [prefix, title, shown, open] of byChapter(all)) {
    const sum = `${String(shown.length).padStart(3)} of ${String(shown.length + open.length).padStart(3)}`;
    process.stdout.write(
      `${prefix.padEnd(5)}${sum}  ${title}${open.length > 0 ? `; not yet: ${open.join(' ')}` : ''}\n`,
    );
  }
  process.stdout.write(`${all.shown.size} requirements are shown, ${all.open.size} not yet; see docs/conformance.md\n`);
}
for (const fault of all.faults) process.stdout.write(`${fault}\n`);
process.exitCode = all.faults.length > 0 ? 1 : 0;
