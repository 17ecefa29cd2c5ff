import type { Database } from '../persistence/database.js';
import type { Logger } from '../telemetry/logger.js';
import { errorType, type Metrics, type Observation } from '../telemetry/metrics.js';
import type { EventBus } from './event-bus.js';
import { OUTBOX_SHARDS } from './outbox.js';

interface OutboxRow {
  sequence: string;
  aggregatetype: string;
  aggregateid: string;
  headers: Record<string, string>;
  payload: string | null;
}

/** First key of the two-part advisory lock of a shard. */
const SHARD_LOCK = 4_701_823;
const BATCH = 500;
const CONTENDED_RETRY_MS = 25;

/**
 * Moves committed events to the bus. A shard is drained under a transaction-scoped advisory lock, in order, and its
 * rows are deleted after the bus has them: a crash repeats, it never loses, and never reorders a key.
 */
export class OutboxRelay {
  private readonly shards = Array.from({ length: OUTBOX_SHARDS }, () => ({ running: false, again: false }));
  private readonly runs = new Set<Promise<void>>();
  private poller: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(
    private readonly database: Database,
    private readonly bus: EventBus,
    private readonly logger: Logger,
    private readonly metrics: Metrics,
    private readonly pollMs = 1000,
  ) {
    metrics.observe(['voltap.outbox.backlog', 'voltap.outbox.oldest.age'], () => this.backlog());
  }

  start(): void {
    this.poller = setInterval(() => this.wake(), this.pollMs);
    this.wake();
  }

  readonly wake = (): void => {
    if (this.stopped) return;
    const run = this.drainWaiting().finally(() => this.runs.delete(run));
    this.runs.add(run);
  };

  /** Ends after the batches in hand; what is left stays in the table. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearInterval(this.poller);
    await Promise.all(this.runs);
  }

  private async drainWaiting(): Promise<void> {
    try {
      const rows: { shard: number }[] = await this.database.reader.query('select distinct shard from outbox');
      await Promise.all(rows.map(({ shard }) => this.drain(shard)));
    } catch (error) {
      this.logger.warn({ error }, 'outbox relay failed, trying again');
    }
  }

  private async drain(shard: number): Promise<void> {
    const state = this.shards[shard];
    if (state === undefined) throw new Error(`unknown outbox shard ${shard}`);
    if (state.running) {
      state.again = true;
      return;
    }
    state.running = true;
    try {
      do {
        state.again = false;
        while (!this.stopped && (await this.moveBatch(shard)));
      } while (state.again && !this.stopped);
    } finally {
      state.running = false;
    }
  }

  /** @returns whether more may be waiting. */
  private async moveBatch(shard: number): Promise<boolean> {
    return this.database.transaction(async (transaction) => {
      const [lock]: { locked: boolean }[] = await transaction.query(
        'select pg_try_advisory_xact_lock($1, $2) as locked',
        [SHARD_LOCK, shard],
      );
      if (!lock?.locked) {
        // Another replica drains this shard and may have looked before our commit: look again soon.
        setTimeout(this.wake, CONTENDED_RETRY_MS).unref();
        return false;
      }
      const rows: OutboxRow[] = await transaction.query(
        'select sequence, aggregatetype, aggregateid, headers, payload from outbox where shard = $1 order by sequence limit $2',
        [shard, BATCH],
      );
      if (rows.length === 0) return false;
      await this.publish(rows);
      await transaction.query('delete from outbox where sequence = any($1::bigint[])', [
        rows.map((row) => row.sequence),
      ]);
      return true;
    });
  }

  private async publish(rows: readonly OutboxRow[]): Promise<void> {
    const startedAt = performance.now();
    const topics = Map.groupBy(rows, (row) => row.aggregatetype);
    const send = { 'messaging.operation.name': 'send' };
    try {
      await this.bus.publish(
        rows.map((row) => ({
          topic: row.aggregatetype,
          key: row.aggregateid,
          headers: row.headers,
          value: row.payload,
        })),
      );
      this.metrics.time('messaging.client.operation.duration', startedAt, send);
      for (const [topic, moved] of topics) {
        this.metrics.count('messaging.client.sent.messages', { 'messaging.destination.name': topic }, moved.length);
      }
    } catch (error) {
      const failure = { 'error.type': errorType(error) };
      this.metrics.time('messaging.client.operation.duration', startedAt, { ...send, ...failure });
      for (const topic of topics.keys()) {
        const labels = { 'messaging.destination.name': topic, ...failure };
        this.metrics.count('messaging.client.sent.messages', labels);
      }
      throw error;
    }
  }

  private async backlog(): Promise<Observation[]> {
    const [row]: { rows: string; age: string | null }[] = await this.database.reader.query(
      'select count(*) as rows, extract(epoch from clock_timestamp() - min(created_at)) as age from outbox',
    );
    return [
      { name: 'voltap.outbox.backlog', value: Number(row?.rows ?? 0) },
      { name: 'voltap.outbox.oldest.age', value: Math.max(0, Number(row?.age ?? 0)) },
    ];
  }
}
