import { VoltapError } from '@voltap/kernel';
import type { Pool } from 'pg';
import type { BusRecord } from '../../messaging/event-bus.js';
import { orUnavailable } from './connections.js';
import { partitionOf } from './partition-of.js';
import type { TopicCatalog } from './topic-catalog.js';

interface PlacedRecord extends BusRecord {
  readonly partitionId: number;
}

interface PendingPublish {
  readonly records: readonly PlacedRecord[];
  resolve(): void;
  reject(error: unknown): void;
}

const RECORDS_PER_STATEMENT = 1_000;

/**
 * The counters of the touched partitions are locked (in one order, so that writers cannot deadlock) until the records
 * are committed: offsets have no gaps, and appear in their order, which is what lets a reader remember just a number.
 */
const APPEND = `
  with locked as (
    select id, next_offset from partitions where id = any($1::int[]) order by id for update
  ), counted as (
    select id, count from unnest($1::int[], $2::int[]) as c (id, count)
  ), moved as (
    update partitions p set next_offset = locked.next_offset + counted.count
    from locked join counted using (id) where p.id = locked.id
  )
  insert into records (partition_id, "offset", key, headers, value)
  select r.partition_id, locked.next_offset + r.index, r.key, r.headers::json, r.value
  from unnest($3::int[], $4::int[], $5::text[], $6::text[], $7::text[]) as r (partition_id, index, key, headers, value)
  join locked on locked.id = r.partition_id`;

/**
 * Appends records. One statement is in flight at a time and takes everything that was waiting: callers share the price of
 * a commit, and what one process publishes keeps the order of the calls.
 */
export class LogWriter {
  private queue: PendingPublish[] = [];
  private writing: Promise<void> | undefined;
  private closed = false;

  constructor(
    private readonly pool: Pool,
    private readonly catalog: TopicCatalog,
    private readonly written: (partitionIds: readonly number[]) => void,
  ) {}

  /** @throws VoltapError unavailable: perhaps written, perhaps not; publish again */
  async publish(records: readonly BusRecord[]): Promise<void> {
    if (this.closed) throw new VoltapError('unavailable', 'The bus is closed; nothing can be published any more.');
    if (records.length === 0) return;
    const topics = new Set(records.map(({ topic }) => topic));
    const partitions = new Map<string, readonly { readonly id: number }[]>();
    for (const topic of topics) {
      partitions.set(topic, await orUnavailable('Publishing', this.catalog.partitionsOf(topic)));
    }
    const placed = records.map((record): PlacedRecord => {
      refuseZeroCharacters(record);
      const candidates = partitions.get(record.topic) ?? [];
      const partition = candidates[partitionOf(record.key, candidates.length)];
      if (partition === undefined) throw new VoltapError('internal', `Topic ${record.topic} has no partitions.`);
      return { ...record, partitionId: partition.id };
    });
    await new Promise<void>((resolve, reject) => {
      this.queue.push({ records: placed, resolve, reject });
      this.writing ??= this.drain();
    });
  }

  /** Waits for what was accepted. */
  async close(): Promise<void> {
    this.closed = true;
    await this.writing;
  }

  private async drain(): Promise<void> {
    while (this.queue.length > 0) {
      const batch = this.takeBatch();
      const records = batch.flatMap((pending) => pending.records);
      try {
        const partitionIds = await this.append(records);
        for (const pending of batch) pending.resolve();
        this.written(partitionIds);
      } catch (error) {
        for (const pending of batch) pending.reject(error);
      }
    }
    this.writing = undefined;
  }

  private takeBatch(): PendingPublish[] {
    let size = 0;
    const end = this.queue.findIndex((pending) => {
      size += pending.records.length;
      return size > RECORDS_PER_STATEMENT;
    });
    // A call is never split: it is written as a whole or not at all.
    return this.queue.splice(0, end === -1 ? this.queue.length : Math.max(end, 1));
  }

  private async append(records: readonly PlacedRecord[]): Promise<readonly number[]> {
    const counts = new Map<number, number>();
    const indices = records.map(({ partitionId }) => {
      const index = counts.get(partitionId) ?? 0;
      counts.set(partitionId, index + 1);
      return index;
    });
    const partitionIds = [...counts.keys()];
    const values = [
      partitionIds,
      [...counts.values()],
      records.map(({ partitionId }) => partitionId),
      indices,
      records.map(({ key }) => key),
      records.map(({ headers }) => JSON.stringify(headers)),
      records.map(({ value }) => value),
    ];
    await orUnavailable('Publishing', this.pool.query({ name: 'append', text: APPEND, values }));
    return partitionIds;
  }
}

/** Postgres cannot store them, and one such record must not fail the others of its statement. */
function refuseZeroCharacters(record: BusRecord): void {
  const texts = [record.key, record.value ?? '', ...Object.values(record.headers)];
  if (texts.some((text) => text.includes('\u0000'))) {
    throw new VoltapError('invalid_parameter', `A record of topic ${record.topic} contains a zero character.`);
  }
}
