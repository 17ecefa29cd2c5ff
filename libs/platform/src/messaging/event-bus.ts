/** A record to write: the same key always lands in the same partition and keeps its order there. */
export interface BusRecord {
  readonly topic: string;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text; null is a tombstone. */
  readonly value: string | null;
}

export interface ConsumedRecord extends BusRecord {
  readonly partition: number;
  /** Decimal text of a 64-bit integer, rising within a partition. */
  readonly offset: string;
}

export interface TopicDefinition {
  readonly topic: string;
  readonly partitions: number;
  readonly compacted: boolean;
  /** How long records of a topic that is not compacted are kept, in milliseconds; undefined: as the log is set up. */
  readonly retentionMs?: number;
}

/** Where a topic ends: of each partition the offset that the next record gets. */
export type TopicEnd = ReadonlyMap<number, bigint>;

/** Whether positions, by partition, are at or after an end. */
export function liesBehind(end: TopicEnd, positions: ReadonlyMap<number, bigint>): boolean {
  return [...end].every(([partition, offset]) => (positions.get(partition) ?? 0n) >= offset);
}

/** How a topic is read from its oldest record to its end, outside of any group. */
export interface ReadToEndOptions {
  /**
   * Records of one partition in order of offset, one batch at a time over all partitions. `remaining`: offsets that are left
   * to read after this batch, at most. What it throws ends the reading.
   */
  handleBatch(records: readonly ConsumedRecord[], remaining: number): Promise<void>;
  /** Ends the reading between two batches; `readToEnd` then rejects with its reason. */
  readonly signal?: AbortSignal;
}

/**
 * What a handler did with a batch: the first `settled` records are done and may be committed; when that is not all,
 * the next one is delivered again after `retryAfterMs`, and nothing of that partition before it.
 */
export interface BatchOutcome {
  readonly settled: number;
  readonly retryAfterMs?: number;
}

export interface SubscriptionOptions {
  /** Members of one group share the partitions; each record reaches one member, and again after a crash. */
  readonly group: string;
  readonly topics: readonly string[];
  /** At most this many records are handed over at once. */
  readonly batchSize?: number;
  /** At most this many partitions are handled at once. */
  readonly concurrency?: number;
  /** Records of one partition in order of offset. Never called twice at once for one partition. Must not throw. */
  handleBatch(records: readonly ConsumedRecord[]): Promise<BatchOutcome>;
}

export interface Subscription {
  /** Waits for batches in hand, commits them, and gives the partitions back. */
  close(): Promise<void>;
}

/**
 * The log that joins the services. At least once: a record whose `publish` resolved survives crashes, and is handed to
 * every group at least once, in order per key.
 */
export abstract class EventBus {
  /** Idempotent. A topic that exists with other partitions or compaction is an error that names both; nothing is changed. */
  abstract ensureTopics(topics: readonly TopicDefinition[]): Promise<void>;
  /** Durable when it resolves. Records of one call keep their order per key. */
  abstract publish(records: readonly BusRecord[]): Promise<void>;
  abstract subscribe(options: SubscriptionOptions): Promise<Subscription>;
  /** Those of the topics that exist, as they are set up; `retentionMs` where the log knows it. */
  abstract describeTopics(topics: readonly string[]): Promise<ReadonlyMap<string, TopicDefinition>>;
  /**
   * Reads what the topic holds: of every partition the oldest record up to the end as it stood when this was called, and perhaps
   * more. Everything whose `publish` resolved before the call is read, but what compaction or age removed. No group takes
   * part and nothing is committed, so that any number may read at once.
   * @throws VoltapError unavailable when the topic does not exist or the log is away; what `handleBatch` threw.
   */
  abstract readToEnd(topic: string, options: ReadToEndOptions): Promise<void>;
  /** Records not yet committed by a group, over all its topics, or of the one named. */
  abstract lag(group: string, topic?: string): Promise<number>;
  /**
   * Everything whose `publish` resolved before the call lies before this end.
   * @throws VoltapError unavailable when the topic does not exist or the log is away
   */
  abstract endOf(topic: string): Promise<TopicEnd>;
  /** Whether a group committed all of the topic that lies before this end. @throws VoltapError unavailable */
  abstract hasReached(group: string, topic: string, end: TopicEnd): Promise<boolean>;
  abstract close(): Promise<void>;
}
