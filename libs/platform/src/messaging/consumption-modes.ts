/** How consumption is disturbed in tests; all off in production. */
export interface ConsumptionModes {
  /** Every record is handed over twice. */
  readonly deliverTwice?: boolean;
  /** The first handling of every event fails after its effect. */
  readonly failFirst?: boolean;
  /** Seed of a permutation of the order across keys and topics; the order per key stays. */
  readonly permuteSeed?: number;
}

export class InjectedFailure extends Error {
  override readonly name = 'InjectedFailure';
}

/** Mulberry32. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296;
  };
}
