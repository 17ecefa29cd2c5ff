import { createHash } from 'node:crypto';

/** The id tag of a charge or a reservation, 20 characters, which the oldest charge points take (OCPP 1.6); the same for each look at its source. */
export function idTagOf(source: string): string {
  const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  const digest = createHash('sha256').update(source).digest();
  return `VT${[...digest.subarray(0, 18)].map((byte) => alphabet[byte % alphabet.length]).join('')}`;
}
