import offerPostgres from '../../../libs/platform/src/testing/jest/global-setup.mjs';
import { startStack } from '../index.ts';

const ADDRESSES = ['VOLTAP_KAFKA_BROKERS', 'VOLTAP_REDIS_URL', 'VOLTAP_POSTGRES_URL'];

/** The stack of the run, for all workers: what the environment names, else one of our own. Workers inherit the addresses. */
export default async function offerStack() {
  const missing = ADDRESSES.filter((name) => !process.env[name]);
  if (missing.length > 0 && missing.length < ADDRESSES.length) {
    throw new Error(`A stack is named in part only, ${missing.join(' and ')} missing; name all three, or none.`);
  }
  await offerPostgres();
  if (missing.length === 0) return;
  const say = (line) => process.stderr.write(`${line}\n`);
  const stack = await startStack({ progress: say, onUnexpectedExit: say });
  Object.assign(process.env, stack.environment);
  globalThis.stopVoltapStack = () => stack.stop();
}
