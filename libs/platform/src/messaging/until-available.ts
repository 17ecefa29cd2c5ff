import { VoltapError } from '@voltap/kernel';

const PATIENCE_MS = 60_000;
const PAUSE_MS = 250;

/**
 * Repeats what must succeed before a service can start while a part is only away: it may be starting too.
 * @throws what `work` threw last; at once when repeating cannot help
 */
export async function untilAvailable<Result>(work: () => Promise<Result>): Promise<Result> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const passing = error instanceof VoltapError && error.code === 'unavailable';
      if (!passing || Date.now() >= end) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}
