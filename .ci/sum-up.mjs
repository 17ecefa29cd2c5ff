// Adds up the reports of jest in a folder: `node sum-up.mjs FOLDER [names of steps that failed]`.
// A step that failed without a failed test in its report (the checks, a crash) counts as one failure.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder, ...broken] = process.argv.slice(2);
const REPORTS = {
  'npm test': 'tests.json',
  'npm run test:shared': 'shared.json',
  'npm run test:chart': 'chart.json',
  'npm run test:stack': 'stack.json',
};

let passed = 0;
let failed = 0;
for (const [step, name] of Object.entries(REPORTS)) {
  const path = join(folder, name);
  const report = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
  // A suite that cannot be loaded has no tests to count.
  const failures = (report?.numFailedTests ?? 0) + (report?.numRuntimeErrorTestSuites ?? 0);
  passed += report?.numPassedTests ?? 0;
  failed += failures > 0 ? failures : broken.includes(step) || report === undefined ? 1 : 0;
}
failed += broken.filter((step) => !Object.hasOwn(REPORTS, step)).length;

if (broken.length > 0) process.stdout.write(`\nFailed: ${broken.join(', ')}\n`);
if (passed + failed === 0) process.stdout.write('\nNo test ran.\n');
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
