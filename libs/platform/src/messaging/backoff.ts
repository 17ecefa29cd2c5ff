/** Bounds of the wait before a failed handling is repeated, in milliseconds. */
export interface BackoffBounds {
  readonly retryBaseMs: number;
  readonly retryMaxMs: number;
}

/**
 * Doubling with the attempts (from 1), spread over the upper half by `seed`: the same for the same seed and attempt, so that
 * a test sees what production does, different for different seeds, so that what failed together is not repeated together.
 */
export function backoffMs({ retryBaseMs, retryMaxMs }: BackoffBounds, attempt: number, seed: string): number {
  const full = Math.min(retryMaxMs, retryBaseMs * 2 ** (attempt - 1));
  return Math.ceil(full * (0.5 + spread(`${seed}#${attempt}`) / 2));
}

/** FNV-1a over the text, as a number from 0 up to 1; the last step mixes what differs only at the end. */
function spread(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return ((hash ^ (hash >>> 13)) >>> 0) / 4294967296;
}
