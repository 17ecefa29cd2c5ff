import { setTimeout as delay } from 'node:timers/promises';
import { VoltapError } from '@voltap/kernel';

/** Errors that no repetition cures: a wrong password, a certificate that nobody trusts, missing rights. */
const LASTING = /SASL|authentication|authoriz|certificate|INVALID_CONFIG|INVALID_REPLICATION/i;

/** A broker that wants TLS or a user, and gets neither, says nothing: it looks like one that is restarting. */
const HUNG_UP = /Closed connection/;
const HUNG_UP_HINT =
  'A broker that is starting does that; if it stays so, check VOLTAP_KAFKA_TLS and VOLTAP_KAFKA_SASL_MECHANISM against what this listener wants.';

export async function orUnavailable<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof VoltapError) throw cause;
    const reason = reasonOf(cause);
    if (HUNG_UP.test(reason))
      throw new VoltapError('unavailable', `${what} failed: ${reason}. ${HUNG_UP_HINT}`, { cause });
    throw new VoltapError(LASTING.test(reason) ? 'internal' : 'unavailable', `${what} failed: ${reason}`, { cause });
  }
}

/** A broker that has just started still loads its groups; the library's administration does not wait for that. */
const COORDINATOR_ELSEWHERE = /coordinator/i;
const COORDINATOR_PATIENCE_MS = 60_000;
const COORDINATOR_PAUSE_MS = 200;

export async function withCoordinator<Result>(work: () => Promise<Result>): Promise<Result> {
  const deadline = Date.now() + COORDINATOR_PATIENCE_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!COORDINATOR_ELSEWHERE.test(reasonOf(error)) || Date.now() >= deadline) throw error;
    }
    await delay(COORDINATOR_PAUSE_MS);
  }
}

/** kafkajs hides what happened in causes and lists. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause, errors } = error as { cause?: unknown; errors?: unknown[] };
  const inner = [cause, ...(errors ?? [])].filter((each) => each instanceof Error).map(reasonOf);
  return [...new Set([error.message, ...inner])].join(': ');
}

export function closedError(): VoltapError {
  return new VoltapError('unavailable', 'The bus is closed.');
}

/** Waits for `work`, but no longer: what is closing must end. */
export async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, deadline]);
  clearTimeout(timer);
}
