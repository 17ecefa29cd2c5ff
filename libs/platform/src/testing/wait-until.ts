import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';

export interface WaitOptions {
  /** What is waited for, as it would stand after "waited for". */
  readonly describe: string;
  /** Default 120 s: generous, since a wait that succeeds costs nothing. */
  readonly timeoutMs?: number;
}

const INTERVAL_MS = 10;

/**
 * Waits for a state, not for an event: asks until the probe answers with something true, and returns that. A probe that
 * throws has not succeeded yet.
 * @throws Error that names what was waited for and what was seen last
 */
export async function waitUntil<Result>(
  probe: () => Result | Promise<Result>,
  options: WaitOptions,
): Promise<Exclude<Awaited<Result>, false | null | undefined | 0 | ''>> {
  const timeoutMs = options.timeoutMs ?? 120_000;
  const until = performance.now() + timeoutMs;
  let seen: string;
  do {
    try {
      const result = await probe();
      if (result) return result as Exclude<Awaited<Result>, false | null | undefined | 0 | ''>;
      seen = inspect(result);
    } catch (error) {
      seen = `error ${error instanceof Error ? error.message : inspect(error)}`;
    }
    await delay(INTERVAL_MS);
  } while (performance.now() < until);
  throw new Error(`Waited ${timeoutMs} ms for ${options.describe}; last seen: ${seen}`);
}
