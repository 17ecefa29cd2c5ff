import type { ConsumedRecord, ReadToEndOptions } from '../../messaging/event-bus.js';

/** One reading of a topic from its oldest records to its end as it stood at first. */
export class TopicReading {
  private readonly left: Map<number, { next: bigint; readonly end: bigint }>;
  private readonly end = Promise.withResolvers<void>();
  private over = false;

  constructor(
    ends: readonly { partition: number; low: string; high: string }[],
    private readonly options: ReadToEndOptions,
  ) {
    this.left = new Map(ends.map(({ partition, low, high }) => [partition, { next: BigInt(low), end: BigInt(high) }]));
    // It is looked at only after the consumer runs.
    this.end.promise.catch(() => undefined);
    options.signal?.addEventListener('abort', () => this.fail(options.signal?.reason), { once: true });
    if (options.signal?.aborted) this.fail(options.signal.reason);
  }

  /** Resolves at the end; rejects with what the reader threw or the signal's reason. */
  get ended(): Promise<void> {
    return this.end.promise;
  }

  get remaining(): number {
    let sum = 0n;
    for (const { next, end } of this.left.values()) if (end > next) sum += end - next;
    return Number(sum);
  }

  /** Never throws: kafkajs would begin anew. */
  async take(records: readonly ConsumedRecord[]): Promise<void> {
    const [last] = records.slice(-1);
    if (last === undefined || this.over) return;
    this.advance(last.partition, BigInt(last.offset) + 1n);
    try {
      await this.options.handleBatch(records, this.remaining);
    } catch (error) {
      this.fail(error);
      return;
    }
    this.finish();
  }

  removed(offsets: readonly { partition: number; low: string }[]): void {
    for (const { partition, low } of offsets) this.advance(partition, BigInt(low));
    this.finish();
  }

  fail(error: unknown): void {
    this.over = true;
    this.end.reject(error);
  }

  private advance(partition: number, next: bigint): void {
    const position = this.left.get(partition);
    if (position !== undefined && next > position.next) position.next = next;
  }

  private finish(): void {
    if (this.over || this.remaining > 0) return;
    this.over = true;
    this.end.resolve();
  }
}
