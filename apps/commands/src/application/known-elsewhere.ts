/**
 * Others may know a session a moment before we do: a partner hears of it through the gateway, an operator of sessions itself,
 * we through the bus. On a busy machine that takes longer; only who names a session that nobody has waits in vain.
 */
const PATIENCE_MS = 4_000;
const LOOK_EVERY_MS = 50;

/** @returns what `look` finds within the patience, else null. */
export async function knownElsewhere<Found>(look: () => Promise<Found | null>): Promise<Found | null> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await look();
    if (found !== null || Date.now() >= end) return found;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
