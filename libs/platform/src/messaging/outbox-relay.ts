import type { Database } from '../persistence/database.js';
import type { Logger } from '../telemetry/logger.js';
import { errorType, type Metrics, type Observation } from '../telemetry/metrics.js';
import { NO_TRACING, type OpenSpan, type Tracing } from '../telemetry/tracing.js';
import type { EventBus } from './event-bus.js';
import { OUTBOX_SHARDS, REFERENCE_HEADER } from './outbox.js';

/** An event that was taken; null where nothing was. Beside it, in each row, what the statement did. */
interface OutboxRow {
  /** A bit for each shard that was locked. */
  locked: number;
  /** How many events were chosen, taken or not. */
  chosen: number;
  sequence: string | null;
  aggregatetype: string;
  aggregateid: string;
  headers: Record<string, string>;
  payload: string | null;
}

/** First key of the two-part advisory lock of a shard. */
const SHARD_LOCK = 4_701_823;
/** Events of one shard that are moved at once. */
const BATCH = 500;
const CONTENDED_RETRY_MS = 25;
const ALL_SHARDS = Array.from({ length: OUTBOX_SHARDS }, (_, shard) => shard);

/**
 * Locks what shards it can, takes their oldest events away, and hands them over in their order. The statement may see an event
 * that another replica takes before the lock is ours: then it is deleted by the other, so not by us, and not
 * returned. `chosen` counts it, which is how we know to look again. The commit need not wait for the disk: when a crash
 * of the database undoes it, the events are moved again, before any that was committed later.
 */
const TAKE = `
  with locked as materialized (
    select shard from unnest($2::smallint[]) as shard where pg_try_advisory_xact_lock($1, shard)
  ), chosen as materialized (
    select oldest.sequence from locked cross join lateral (
      select sequence from outbox where outbox.shard = locked.shard order by sequence limit $3
    ) as oldest
  ), taken as (
    delete from outbox where sequence = any(array(select sequence from chosen))
    returning sequence, aggregatetype, aggregateid, headers, payload
  )
  select done.locked, done.chosen, taken.* from (
    select (select coalesce(bit_or(1 << shard), 0) from locked) as locked, (select count(*)::integer from chosen) as chosen,
           set_config('synchronous_commit', 'off', true) as unhurried
  ) as done left join taken on true order by taken.sequence`;

/**
 * Moves committed events to the bus. Shards are drained under transaction-scoped advisory locks, in order, and the
 * transaction that takes their rows away is committed after the bus has them: a crash repeats, it never loses, and never
 * reorders a key.
 */
export class OutboxRelay {
  private readonly due = new Set<number>();
  private run: Promise<void> | undefined;
  private poller: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(
    private readonly database: Database,
    private readonly bus: EventBus,
    private readonly logger: Logger,
    private readonly metrics: Metrics,
    private readonly tracing: Tracing = NO_TRACING,
    private readonly pollMs = 1000,
  ) {
    metrics.observe(['voltap.outbox.backlog', 'voltap.outbox.oldest.age'], () => this.backlog());
  }

  start(): void {
    this.poller = setInterval(() => this.wake(), this.pollMs);
    this.wake();
  }

  /** Something waits in this shard, or may wait in any. */
  readonly wake = (shard?: number): void => {
    if (this.stopped) return;
    for (const one of shard === undefined ? ALL_SHARDS : [shard]) this.due.add(one);
    this.run ??= this.drain();
  };

  /** Ends after the batch in hand; what is left stays in the table. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearInterval(this.poller);
    await this.run;
  }

  private async drain(): Promise<void> {
    try {
      while (this.due.size > 0 && !this.stopped) {
        const shards = [...this.due];
        // Before the look: who commits after it wakes us again.
        this.due.clear();
        for (const shard of await this.moveBatch(shards)) this.due.add(shard);
      }
    } catch (error) {
      // The poll tries again.
      this.due.clear();
      this.logger.warn({ error }, 'outbox relay failed, trying again');
    } finally {
      // In one step with the last look at `due`: a wake after it begins anew.
      this.run = undefined;
    }
  }

  /** @returns shards in which more may be waiting. */
  private async moveBatch(shards: readonly number[]): Promise<readonly number[]> {
    return this.database.transaction(async (transaction) => {
      const rows: OutboxRow[] = await transaction.query(TAKE, [SHARD_LOCK, shards, BATCH]);
      const { locked = 0, chosen = 0 } = rows[0] ?? {};
      const isLocked = (shard: number): boolean => (locked & (1 << shard)) !== 0;
      const contended = shards.filter((shard) => !isLocked(shard));
      if (contended.length > 0) this.lookAgain(contended);
      const taken = rows.filter(({ sequence }) => sequence !== null);
      if (taken.length > 0) await this.publish(taken);
      return chosen >= BATCH || taken.length < chosen ? shards.filter(isLocked) : [];
    });
  }

  /** Another replica drains these shards and may have looked before our commit. */
  private lookAgain(shards: readonly number[]): void {
    setTimeout(() => {
      for (const shard of shards) this.wake(shard);
    }, CONTENDED_RETRY_MS).unref();
  }

  private async publish(rows: readonly OutboxRow[]): Promise<void> {
    const startedAt = performance.now();
    const topics = Map.groupBy(rows, (row) => row.aggregatetype);
    const send = { 'messaging.operation.name': 'send' };
    const spans = rows.map((row) => this.spanOf(row));
    try {
      await this.bus.publish(
        rows.map((row, index) => ({
          topic: row.aggregatetype,
          key: row.aggregateid,
          headers: headersOf(row, spans[index]),
          value: row.payload,
        })),
      );
      for (const span of spans) span?.end();
      this.metrics.time('messaging.client.operation.duration', startedAt, send);
      for (const [topic, moved] of topics) {
        this.metrics.count('messaging.client.sent.messages', { 'messaging.destination.name': topic }, moved.length);
      }
    } catch (error) {
      for (const span of spans) span?.end(errorType(error));
      const failure = { 'error.type': errorType(error) };
      this.metrics.time('messaging.client.operation.duration', startedAt, { ...send, ...failure });
      for (const topic of topics.keys()) {
        const labels = { 'messaging.destination.name': topic, ...failure };
        this.metrics.count('messaging.client.sent.messages', labels);
      }
      throw error;
    }
  }

  /** In the trace of the step that committed the event, when that step is kept. */
  private spanOf({ aggregatetype: topic, headers }: OutboxRow): OpenSpan | undefined {
    const { traceparent, [REFERENCE_HEADER]: reference } = headers;
    if (!this.tracing.enabled || !traceparent?.endsWith('-01')) return undefined;
    return this.tracing.open(`send ${topic}`, {
      sort: 'sent',
      parent: traceparent,
      attributes: {
        'messaging.operation.name': 'send',
        'messaging.destination.name': topic,
        ...(reference === undefined ? {} : { 'voltap.authorization_reference': reference }),
      },
    });
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

/** Who hears the event is caused by its sending. */
function headersOf({ headers }: OutboxRow, span: OpenSpan | undefined): Record<string, string> {
  return span?.traceparent === undefined ? headers : { ...headers, traceparent: span.traceparent };
}
