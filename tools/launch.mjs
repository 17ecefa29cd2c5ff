// `npm start`, `npm test` and the other scripts: installs what is missing, builds what is stale, then runs the command
// with the Node.js of node_modules. Runs on a bare Node.js: nothing but node: imports until `ensureInstalled` has ended.
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LaunchFailure } from './launcher/failure.mjs';
import { ensureInstalled } from './launcher/install.mjs';
import { run } from './launcher/run.mjs';

const OLDEST_NODE = 20;
const root = join(dirname(fileURLToPath(import.meta.url)), '..');

const SOURCE_MAPS = ['--enable-source-maps'];
/** Jest runs ES modules on an interface that Node.js announces as experimental at each start. */
const ES_MODULES_IN_JEST = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
/** Runs what tests are written in, without a build and without Jest. */
const TESTS_AS_PROGRAM = [
  ...['--conditions=voltap-source', '--import', './libs/platform/src/testing/typescript-loader.mjs'],
  ...['--import', './apps/e2e/test/faults/outside-jest.mjs'],
  ...SOURCE_MAPS,
];
const JEST = 'node_modules/jest/bin/jest.js';

/** `build`: dist must be fresh before (tests start whole services as processes). `quiet`: stdout belongs to the script. */
const COMMANDS = {
  start: { build: true, options: SOURCE_MAPS, script: 'apps/local/dist/main.js', first: [] },
  'start:stack': { build: true, options: SOURCE_MAPS, script: 'tools/start-stack.mjs', first: [] },
  test: { build: true, options: ES_MODULES_IN_JEST, script: JEST, first: ['-c', 'jest.config.mjs'] },
  'test:shared': { build: true, options: ES_MODULES_IN_JEST, script: JEST, first: ['-c', 'jest.shared.config.mjs'] },
  'test:stack': { build: true, options: ES_MODULES_IN_JEST, script: JEST, first: ['-c', 'jest.stack.config.mjs'] },
  'test:chart': { build: true, options: ES_MODULES_IN_JEST, script: JEST, first: ['-c', 'jest.chart.config.mjs'] },
  'test:cluster': { build: true, options: ES_MODULES_IN_JEST, script: JEST, first: ['-c', 'jest.cluster.config.mjs'] },
  stack: { build: true, quiet: true, options: [], script: 'tools/stack.mjs', first: [] },
  check: { build: false, options: [], script: 'tools/check.mjs', first: [] },
  build: { build: false, options: [], script: 'tools/build.mjs', first: [] },
  'build:production': { build: true, options: [], script: 'tools/production.mjs', first: [] },
  conformance: { build: false, options: [], script: 'tools/conformance.mjs', first: [] },
  docs: { build: true, options: [], script: 'tools/docs.mjs', first: [] },
  voltap: { build: true, quiet: true, options: SOURCE_MAPS, script: 'apps/cli/dist/main.js', first: [] },
  chaos: { build: true, options: TESTS_AS_PROGRAM, script: 'apps/e2e/test/faults/chaos.ts', first: [] },
  bench: { build: true, options: SOURCE_MAPS, script: 'apps/e2e/dist/bench/main.js', first: [] },
};

async function launch(name, parameters) {
  if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE) {
    throw new LaunchFailure(
      `Voltap needs Node.js ${OLDEST_NODE} or newer to start; this is ${process.versions.node}. Get one from https://nodejs.org.`,
    );
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    throw new LaunchFailure(`Unknown command: ${name}. Commands: ${Object.keys(COMMANDS).join(', ')}`, 2);
  }
  await ensureInstalled(root);
  const node = installedNode();
  if (command.build && !(await built(command.quiet ? process.stderr : process.stdout))) return 1;
  const script = join(root, command.script);
  if (!existsSync(script)) throw new LaunchFailure(`${command.script} does not exist; \`${name}\` cannot run.`);
  return run(node, [...command.options, script, ...command.first, ...parameters], {
    cwd: root,
    env: { ...process.env, PATH: `${join(root, 'node_modules', '.bin')}${delimiter}${process.env.PATH ?? ''}` },
  });
}

/** The Node.js that package-lock.json pins, whatever started us. */
function installedNode() {
  const node = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  try {
    accessSync(node, constants.X_OK);
  } catch (cause) {
    throw new LaunchFailure(
      `${node} cannot be run (${cause.code}). The package \`node\` unpacks it in an installation script; ` +
        'if your npm forbids those, run `npm ci --ignore-scripts=false`.',
    );
  }
  return node;
}

async function built(output) {
  try {
    const { buildAndReport } = await import('./build.mjs');
    return await buildAndReport(root, {}, output);
  } catch (error) {
    if (!['EACCES', 'EPERM', 'EROFS'].includes(error.code)) throw error;
    throw new LaunchFailure(
      `Cannot write what is compiled: ${error.path ?? root} is not writable for this user. Clone into a folder of your own, or run \`npm run build\` as the folder's owner.`,
    );
  }
}

try {
  process.exitCode = await launch(process.argv[2] ?? '(none)', process.argv.slice(3));
} catch (error) {
  if (!(error instanceof LaunchFailure)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error.exitCode;
}
