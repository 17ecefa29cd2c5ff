import { setTimeout as delay } from 'node:timers/promises';
import { endProcess } from '@voltap/platform/embedded';
import { type Child, tailOf } from './processes.ts';
import { StackError } from './stack-error.ts';

const START_PATIENCE_MS = 90_000;
const STOP_PATIENCE_MS = 8_000;
const INTERVAL_MS = 25;

/**
 * Waits until a child that was just started serves. If it does not, it is gone afterwards.
 * @throws StackError with the last lines of its log
 */
export async function serves(name: string, child: Child, log: string, probe: () => Promise<boolean>): Promise<void> {
  for (const until = Date.now() + START_PATIENCE_MS; Date.now() < until; await delay(INTERVAL_MS)) {
    const end = child.end();
    if (end !== undefined) throw new StackError(`${name} cannot start, it ended with ${end}:\n${await tailOf(log)}`);
    if (await probe()) return;
  }
  await endProcess(child.pid, [['SIGKILL', STOP_PATIENCE_MS]]);
  throw new StackError(`${name} did not serve within ${START_PATIENCE_MS / 1_000} s:\n${await tailOf(log)}`);
}

export async function stopChild(child: Child): Promise<void> {
  await endProcess(child.pid, [
    ['SIGTERM', STOP_PATIENCE_MS],
    ['SIGKILL', STOP_PATIENCE_MS],
  ]);
}
