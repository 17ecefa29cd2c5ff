import type { ConsumedRecord } from './event-bus.js';

/**
 * How often the handling of a record failed here. Holds at most what is in hand: what lies before a batch was settled, by us
 * or by another member of the group.
 */
export class Attempts {
  private readonly partitions = new Map<string, Map<string, number>>();

  of(record: ConsumedRecord): number {
    return this.partitions.get(partitionOf(record))?.get(record.offset) ?? 0;
  }

  add(record: ConsumedRecord): number {
    const attempt = this.of(record) + 1;
    const offsets = this.partitions.get(partitionOf(record)) ?? new Map<string, number>();
    this.partitions.set(partitionOf(record), offsets.set(record.offset, attempt));
    return attempt;
  }

  settled(record: ConsumedRecord): void {
    this.partitions.get(partitionOf(record))?.delete(record.offset);
  }

  /** A batch begins with this record. */
  startedAt(first: ConsumedRecord): void {
    const offsets = this.partitions.get(partitionOf(first));
    if (offsets === undefined) return;
    for (const offset of offsets.keys()) if (BigInt(offset) < BigInt(first.offset)) offsets.delete(offset);
    if (offsets.size === 0) this.partitions.delete(partitionOf(first));
  }

  /** Records that are counted, for tests and metrics. */
  get size(): number {
    return [...this.partitions.values()].reduce((sum, offsets) => sum + offsets.size, 0);
  }
}

function partitionOf({ topic, partition }: ConsumedRecord): string {
  return `${topic}/${partition}`;
}
