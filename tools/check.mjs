// Everything that can be checked without running the platform: `npm run check`. All checks run even if one fails.
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkArchitecture } from './architecture/check-architecture.ts';
import { build } from './build.mjs';
import { commandLineFaults } from './checks/command-lines.ts';
import { stalePages } from './checks/generated-pages.mjs';
import { brokenLinks } from './checks/links.ts';
import { monitoringFaults } from './checks/monitoring.ts';
import { packageFaults } from './checks/packages.ts';

const LONGEST_REPORT = 120;
const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Each answers with what is wrong, as text; an empty text is good. */
const CHECKS = [
  [
    'format and lint (biome)',
    () => program('@biomejs/biome/bin/biome', ['ci', '--colors=off', '--error-on-warnings', '.']),
  ],
  ['types (tsc)', () => program('typescript/bin/tsc', ['--pretty', 'false', '-p', 'tsconfig.json'])],
  ['types of the tools (tsc)', () => program('typescript/bin/tsc', ['--pretty', 'false', '-p', 'tools/tsconfig.json'])],
  ['build', async () => (await build(root)).errors.join('\n')],
  ['architecture', async () => checkArchitecture(root).text],
  ['packages and licences', async () => packageFaults(root).join('\n')],
  ['commands in documents', async () => (await commandLineFaults(root)).join('\n')],
  ['links in documents', async () => brokenLinks(root).join('\n')],
  ['alerts, runbooks and dashboards', async () => (await monitoringFaults(root)).join('\n')],
  ['pages that come from code', async () => (await stalePages(root)).join('\n')],
];

/** Runs a tool of node_modules. @returns its output when it failed. */
function program(script, parameters) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, 'node_modules', script), ...parameters], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = [];
    child.stdout.on('data', (chunk) => output.push(chunk));
    child.stderr.on('data', (chunk) => output.push(chunk));
    child.once('error', reject);
    child.once('close', (code) => {
      const text = Buffer.concat(output).toString().trim();
      resolve(code === 0 ? '' : text || `ended with exit code ${code}`);
    });
  });
}

let failed = 0;
for (const [name, check] of CHECKS) {
  const begin = performance.now();
  let fault;
  try {
    fault = await check();
  } catch (error) {
    fault = error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  const seconds = ((performance.now() - begin) / 1000).toFixed(1);
  process.stdout.write(`${fault === '' ? 'ok  ' : 'FAIL'}  ${name}  ${seconds} s\n`);
  if (fault !== '') {
    failed++;
    const lines = fault.split('\n');
    const shown = lines.slice(0, LONGEST_REPORT).map((line) => `      ${line}`.trimEnd());
    if (lines.length > LONGEST_REPORT) shown.push(`      … ${lines.length - LONGEST_REPORT} more lines`);
    process.stdout.write(`${shown.join('\n')}\n`);
  }
}
if (failed > 0) process.stdout.write(`${failed} of ${CHECKS.length} checks failed\n`);
process.exitCode = failed > 0 ? 1 : 0;
