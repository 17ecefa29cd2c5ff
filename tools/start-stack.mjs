// `npm run start:stack`: a stack unless the environment names one, and the services as processes on it.
import { join } from 'node:path';
import { run } from './launcher/run.mjs';
import { StackError, startStack } from './stack/index.ts';

const root = join(import.meta.dirname, '..');
const ADDRESSES = ['VOLTAP_KAFKA_BROKERS', 'VOLTAP_REDIS_URL', 'VOLTAP_POSTGRES_URL'];
const say = (line) => process.stdout.write(`${line}\n`);

/** Starts local on the stack. @returns its exit code */
function startServices(environment) {
  const main = join(root, 'apps/local/dist/main.js');
  return run(process.execPath, ['--enable-source-maps', main, '--stack', ...process.argv.slice(2)], {
    cwd: root,
    env: { ...process.env, ...environment },
  });
}

async function onOwnStack() {
  const stack = await startStack({ progress: say, onUnexpectedExit: say });
  try {
    say(`Events, callbacks and databases of this stack are in ${stack.directory}; they end with it.`);
    return await startServices(stack.environment);
  } finally {
    await stack.stop();
  }
}

try {
  const named = ADDRESSES.filter((name) => process.env[name]);
  const asked = process.argv.includes('--help');
  // Some but not all: local says which are missing.
  process.exitCode = named.length > 0 || asked ? await startServices({}) : await onOwnStack();
} catch (error) {
  if (!(error instanceof StackError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
