import type { Pool } from 'pg';
import type { ConsumedRecord } from '../../messaging/event-bus.js';
import type { FailureReport } from './connections.js';
import type { Consumer, Cursor } from './consumer.js';

interface Fetched {
  readonly slot: number;
  readonly offset: string;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: string | null;
}

const FETCH = `
  select wanted.slot, found."offset", found.key, found.headers, found.value
  from unnest($1::int[], $2::int[], $3::bigint[], $4::int[]) as wanted (slot, partition_id, position, size)
  cross join lateral (
    select r."offset", r.key, r.headers, r.value from records r
    where r.partition_id = wanted.partition_id and r."offset" >= wanted.position
    order by r."offset" limit wanted.size
  ) found
  order by wanted.slot, found."offset"`;

/** Bounds what one fetch can bring into memory. */
const CURSORS_PER_FETCH = 32;
const RETRY_MS = 250;

/** Fetches for all consumers of a bus: one query at a time, for every partition that may have something. */
export class LogReader {
  private readonly consumers = new Set<Consumer>();
  private readonly delivering = new Set<Promise<void>>();
  private pumping = false;
  private retry: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(
    private readonly pool: Pool,
    private readonly report: FailureReport,
  ) {}

  add(consumer: Consumer): void {
    this.consumers.add(consumer);
  }

  remove(consumer: Consumer): void {
    this.consumers.delete(consumer);
  }

  /** Something was appended there. */
  appended(partitionIds: readonly number[]): void {
    for (const consumer of this.consumers) {
      for (const id of partitionIds) {
        const cursor = consumer.cursors.get(id);
        if (cursor !== undefined) cursor.dirty = true;
      }
    }
    this.wake();
  }

  /** Compares all partitions with their ends: the safety net under the wake-ups. */
  async poll(): Promise<void> {
    if (this.closed || ![...this.consumers].some(({ cursors }) => cursors.size > 0)) return;
    const { rows } = await this.pool.query<{ id: number; next_offset: string }>({
      name: 'ends',
      text: 'select id, next_offset from partitions where next_offset > 0',
    });
    for (const { id, next_offset } of rows) {
      for (const { cursors } of this.consumers) {
        const cursor = cursors.get(id);
        if (cursor !== undefined && !cursor.busy && cursor.position < Number(next_offset)) cursor.dirty = true;
      }
    }
    this.wake();
  }

  readonly wake = (): void => {
    if (this.pumping || this.closed || this.retry !== undefined) return;
    this.pumping = true;
    void this.pump();
  };

  /** Fetches nothing more and waits for what was handed over. */
  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.retry);
    await Promise.all(this.delivering);
  }

  /** Does not throw. */
  private async pump(): Promise<void> {
    for (;;) {
      const taken = this.closed
        ? []
        : [...this.consumers].flatMap((consumer) => consumer.take().map((cursor) => ({ consumer, cursor })));
      if (taken.length === 0) break;
      const fetches: (typeof taken)[] = [];
      for (let start = 0; start < taken.length; start += CURSORS_PER_FETCH) {
        fetches.push(taken.slice(start, start + CURSORS_PER_FETCH));
      }
      const results = await Promise.allSettled(fetches.map((wanted) => this.fetch(wanted)));
      const failed = results.find((result) => result.status === 'rejected');
      if (failed !== undefined) {
        this.report('Records could not be fetched yet', failed.reason);
        this.retry = setTimeout(() => {
          this.retry = undefined;
          this.wake();
        }, RETRY_MS);
        break;
      }
    }
    this.pumping = false;
  }

  private async fetch(wanted: readonly { readonly consumer: Consumer; readonly cursor: Cursor }[]): Promise<void> {
    const values = [
      wanted.map((_, slot) => slot),
      wanted.map(({ cursor }) => cursor.partition.id),
      wanted.map(({ cursor }) => cursor.position),
      wanted.map(({ consumer }) => consumer.batchSize),
    ];
    const rows = await this.pool.query<Fetched>({ name: 'fetch', text: FETCH, values }).then(
      (result) => result.rows,
      (error: unknown) => {
        for (const { consumer, cursor } of wanted) consumer.giveBack(cursor);
        throw error;
      },
    );
    const found = Map.groupBy(rows, (row) => row.slot);
    for (const [slot, { consumer, cursor }] of wanted.entries()) {
      const { topic, number } = cursor.partition;
      const records = (found.get(slot) ?? []).map(
        ({ offset, key, headers, value }): ConsumedRecord => ({
          topic,
          partition: number,
          offset,
          key,
          headers,
          value,
        }),
      );
      const delivery = consumer.deliver(cursor, records);
      this.delivering.add(delivery);
      void delivery.then(() => this.delivering.delete(delivery));
    }
  }
}
