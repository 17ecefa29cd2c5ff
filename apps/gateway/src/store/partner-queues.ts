import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '@voltap/platform/persistence';
import type { BreakerState } from '../domain/circuit-breaker.js';

/** What one replica must know of a partner's queue when it takes it over from another. */
export interface QueueState {
  readonly breaker: BreakerState;
  /** The partner asked to be left alone for so much longer. */
  readonly restMs: number;
}

export interface QueueRecord {
  readonly partnerId: string;
  readonly connected: boolean;
  readonly pausedAt: Date | null;
  readonly pausedBy: string | null;
  readonly pauseReason: string | null;
  /** In a row, without answer. */
  readonly failures: number;
  /** Nothing but a probe is sent before. */
  readonly spareUntil: Date | null;
  readonly restUntil: Date | null;
  readonly pending: number;
  readonly inFlight: number;
  readonly oldestPendingAt: Date | null;
  readonly refused: number;
  readonly exhausted: number;
}

interface Row {
  partner_id: string;
  connected: boolean;
  paused_at: Date | null;
  paused_by: string | null;
  pause_reason: string | null;
  failures: number;
  open_until: Date | null;
  rest_until: Date | null;
  pending: string;
  in_flight: string;
  oldest: Date | null;
  refused: string;
  exhausted: string;
}

/** A partner's queue beside its deliveries: connected, paused, spared. Every replica goes by the same. */
@Injectable()
export class PartnerQueues {
  constructor(private readonly database: Database) {}

  /**
   * Takes note of how a partner is reached; null: it is not. What was found out of it before is forgotten.
   * @returns whether it is reached anew, or in another way than before.
   */
  async connect(
    transaction: Transaction,
    partnerId: string,
    revision: number,
    connection: string | null,
    modules: readonly string[],
  ): Promise<boolean> {
    await transaction.query('insert into partner_queue (partner_id) values ($1) on conflict do nothing', [partnerId]);
    const [before]: { connection: string | null; connection_revision: string }[] = await transaction.query(
      'select connection, connection_revision from partner_queue where partner_id = $1 for update',
      [partnerId],
    );
    if (before === undefined || Number(before.connection_revision) >= revision) return false;
    await transaction.query(
      `update partner_queue set connection = $2, connection_revision = $3,
              modules = case when $2::text is null then modules else $4::text[] end, failures = 0, open_until = null,
              rest_until = null
       where partner_id = $1`,
      [partnerId, connection, revision, modules],
    );
    return connection !== null && connection !== before.connection;
  }

  /** Partners that the directory knows better than their queue: a replica that knew of no queues has heard of them. */
  async behindDirectory(): Promise<string[]> {
    const rows: { partner_id: string }[] = await this.database.reader.query(
      `select d.key as partner_id from partner_directory d left join partner_queue q on q.partner_id = d.key
       where not d.removed and d.revision > coalesce(q.connection_revision, 0) order by d.key`,
    );
    return rows.map(({ partner_id }) => partner_id);
  }

  /**
   * Modules that partners take, or took when they were connected last. Also of those that are connected: whoever asks may
   * still see a partner as it was before it came back.
   */
  async modules(transaction: Transaction): Promise<ReadonlyMap<string, readonly string[]>> {
    const rows: { partner_id: string; modules: string[] }[] = await transaction.query(
      `select partner_id, modules from partner_queue where modules <> '{}'`,
    );
    return new Map(rows.map(({ partner_id, modules }) => [partner_id, modules]));
  }

  /** States were given up for lack of an answer: they are owed as soon as one comes. */
  async oweResync(transaction: Transaction, partnerIds: readonly string[]): Promise<void> {
    await transaction.query(
      `insert into partner_queue (partner_id, connection, resync_owed) select p, '', true from unnest($1::text[]) as p
       on conflict (partner_id) do update set resync_owed = true`,
      [partnerIds],
    );
  }

  /** Partners that states are owed to, and that are asked nothing within the next minute. */
  async owedInSilence(): Promise<string[]> {
    const rows: { partner_id: string }[] = await this.database.reader.query(
      `select partner_id from partner_queue q
       where resync_owed and connection is not null and paused_at is null and not exists (
         select 1 from delivery d where d.partner_id = q.partner_id and (d.state = 'IN_FLIGHT'
           or (d.state = 'PENDING' and d.next_attempt_at < clock_timestamp() + interval '1 minute')))
       order by partner_id`,
    );
    return rows.map(({ partner_id }) => partner_id);
  }

  /** @returns whether something was owed; it is the caller's now. */
  async takeOwedResync(transaction: Transaction, partnerId: string): Promise<boolean> {
    const [rows]: [unknown[], number] = await transaction.query(
      'update partner_queue set resync_owed = false where partner_id = $1 and resync_owed returning partner_id',
      [partnerId],
    );
    return rows.length > 0;
  }

  async state(partnerId: string): Promise<QueueState> {
    const [row]: { failures: number; open_ms: number; rest_ms: number }[] = await this.database.reader.query(
      `select failures,
              greatest(0, coalesce(extract(epoch from open_until - clock_timestamp()) * 1000, 0))::int as open_ms,
              greatest(0, coalesce(extract(epoch from rest_until - clock_timestamp()) * 1000, 0))::int as rest_ms
       from partner_queue where partner_id = $1`,
      [partnerId],
    );
    return { breaker: { failures: row?.failures ?? 0, openForMs: row?.open_ms ?? 0 }, restMs: row?.rest_ms ?? 0 };
  }

  async keepState(partnerId: string, { breaker, restMs }: QueueState): Promise<void> {
    const until = (parameter: string): string =>
      `case when ${parameter}::int > 0 then clock_timestamp() + ${parameter}::int * interval '1 millisecond' end`;
    await this.database.reader.query(
      `insert into partner_queue (partner_id, connection, failures, open_until, rest_until)
       values ($1, '', $2, ${until('$3')}, ${until('$4')})
       on conflict (partner_id) do update
         set failures = excluded.failures, open_until = excluded.open_until, rest_until = excluded.rest_until`,
      [partnerId, breaker.failures, Math.ceil(breaker.openForMs), Math.ceil(restMs)],
    );
  }

  /** What is paused already keeps its reason. */
  async pause(partnerId: string, by: string, reason: string): Promise<void> {
    await this.database.reader.query(
      `insert into partner_queue as q (partner_id, connection, paused_at, paused_by, pause_reason)
       values ($1, '', clock_timestamp(), $2, $3)
       on conflict (partner_id) do update
         set paused_at = excluded.paused_at, paused_by = excluded.paused_by, pause_reason = excluded.pause_reason
         where q.paused_at is null`,
      [partnerId, by, reason],
    );
  }

  /** Also what was found out of the partner is forgotten: the operator knows better. */
  async resume(transaction: Transaction, partnerId: string): Promise<void> {
    await transaction.query(
      `insert into partner_queue (partner_id, connection) values ($1, '')
       on conflict (partner_id) do update set paused_at = null, paused_by = null, pause_reason = null, failures = 0,
         open_until = null, rest_until = null`,
      [partnerId],
    );
  }

  async find(partnerId: string): Promise<QueueRecord | null> {
    return (await this.read(partnerId))[0] ?? null;
  }

  /** By partner id. */
  list(): Promise<QueueRecord[]> {
    return this.read(null);
  }

  private async read(partnerId: string | null): Promise<QueueRecord[]> {
    const rows: Row[] = await this.database.reader.query(
      `select q.partner_id, q.connection is not null as connected, paused_at, paused_by, pause_reason, failures, open_until,
              rest_until, o.pending, o.in_flight, o.oldest, m.refused, m.exhausted
       from partner_queue q
       cross join lateral (
         select count(*) filter (where state = 'PENDING') as pending, count(*) filter (where state = 'IN_FLIGHT') as in_flight,
                min(opened_at) as oldest
         from delivery d where d.partner_id = q.partner_id and d.state in ('PENDING', 'IN_FLIGHT')) o
       cross join lateral (
         select count(*) filter (where state = 'REFUSED') as refused, count(*) filter (where state = 'EXHAUSTED') as exhausted
         from delivery d where d.partner_id = q.partner_id and d.state in ('EXHAUSTED', 'REFUSED')) m
       where $1::text is null or q.partner_id = $1 order by q.partner_id`,
      [partnerId],
    );
    return rows.map((row) => ({
      partnerId: row.partner_id,
      connected: row.connected,
      pausedAt: row.paused_at,
      pausedBy: row.paused_by,
      pauseReason: row.pause_reason,
      failures: row.failures,
      spareUntil: row.open_until,
      restUntil: row.rest_until,
      pending: Number(row.pending),
      inFlight: Number(row.in_flight),
      oldestPendingAt: row.oldest,
      refused: Number(row.refused),
      exhausted: Number(row.exhausted),
    }));
  }
}
