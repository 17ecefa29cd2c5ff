/**
 * The partition of a key, for ever the same: FNV-1a over the UTF-8 bytes, then mixed, because its low bits alone follow
 * the last byte and keys of one party often end alike.
 */
export function partitionOf(key: string, partitions: number): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(key, 'utf8')) hash = Math.imul(hash ^ byte, 0x01000193);
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  return (hash >>> 0) % partitions;
}
