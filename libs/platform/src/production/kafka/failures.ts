import { VoltapError } from '@voltap/kernel';

/** Errors that no repetition cures: a wrong password, a certificate that nobody trusts, missing rights. */
const LASTING = /SASL|authentication|authoriz|certificate|INVALID_CONFIG|INVALID_REPLICATION/i;

export async function orUnavailable<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof VoltapError) throw cause;
    const reason = reasonOf(cause);
    throw new VoltapError(LASTING.test(reason) ? 'internal' : 'unavailable', `${what} failed: ${reason}`, { cause });
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
