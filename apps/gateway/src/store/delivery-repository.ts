import { Injectable } from '@nestjs/common';
import { type DeliveryId, Ids } from '@voltap/kernel';
import type { PreparedCall } from '@voltap/ocpi/client';
import type { Session, Status } from '@voltap/ocpi/model';
import { Database, type Transaction } from '@voltap/platform/persistence';
import { type DeliveryContent, type DeliveryKind, type DeliveryState, isExact } from '../domain/delivery.js';

export interface NewDelivery {
  readonly partnerId: string;
  readonly content: DeliveryContent;
  readonly objectKey: string;
  /** Deliveries of one order key reach the partner one after the other. */
  readonly orderKey: string;
  /** Object keys of what must be there first: tariffs for a location, the session for a CDR. */
  readonly afterKeys?: readonly string[];
  readonly revision: number;
  /** Nothing newer of this object will come. */
  readonly final?: boolean;
  readonly deadline?: Date;
}

export interface Delivery {
  readonly id: DeliveryId;
  readonly partnerId: string;
  readonly kind: DeliveryKind;
  readonly objectKey: string;
  readonly orderKey: string;
  readonly revision: number;
  readonly content: DeliveryContent;
  /** The bytes of the first attempt; an exact delivery repeats them. */
  readonly prepared: PreparedCall | null;
  readonly state: DeliveryState;
  /** Counts the attempt in hand. */
  readonly attempts: number;
  readonly nextAttemptAt: Date;
  readonly deadline: Date | null;
  readonly correlationId: string;
  readonly location: string | null;
  readonly lastReason: string | null;
  readonly createdAt: Date;
  readonly settledAt: Date | null;
}

export interface ClaimedDelivery extends Delivery {
  /** By the database, whose clock every replica shares. */
  readonly claimedAt: Date;
}

interface Row {
  id: DeliveryId;
  partner_id: string;
  kind: DeliveryKind;
  object_key: string;
  order_key: string;
  revision: string;
  content: DeliveryContent;
  method: PreparedCall['method'] | null;
  url: string | null;
  body: string | null;
  state: DeliveryState;
  attempts: number;
  next_attempt_at: Date;
  deadline: Date | null;
  correlation_id: string;
  location: string | null;
  last_reason: string | null;
  created_at: Date;
  settled_at: Date | null;
}

export interface Attempt {
  readonly at: Date;
  readonly durationMs: number;
  readonly httpStatus: number | null;
  readonly statusCode: number | null;
  readonly outcome: string;
  readonly reason: string | null;
  readonly requestId: string | null;
}

/** What is written down of an attempt. */
export interface Settlement {
  readonly delivery: Delivery;
  readonly state: Exclude<DeliveryState, 'IN_FLIGHT' | 'SUPERSEDED'>;
  readonly retryInMs: number;
  /** The partner asks to be left alone for so long; 0 when it does not. */
  readonly pauseMs: number;
  readonly location: string | null;
  readonly reason: string | null;
  readonly attempt: Attempt;
  /** The session that the partner holds now. */
  readonly acknowledged: Session | null;
}

export interface DeliveryListQuery {
  readonly limit: number;
  readonly state?: string;
  readonly partnerId?: string;
  readonly kind?: string;
  readonly before?: { readonly createdAt: string; readonly id: string };
}

/** What must be there first is waited for this long; then the money goes ahead. */
const AFTER_PATIENCE_SECONDS = 60;

const OPEN = `('PENDING', 'IN_FLIGHT')`;

/** A newer state than that of row `d` waits already. */
const NEWER_WAITS = `not d.exact and exists (
  select 1 from delivery n where n.partner_id = d.partner_id and n.kind = d.kind and n.object_key = d.object_key
    and n.state = 'PENDING')`;

/** Back in line, or superseded. */
const RELEASED_STATE = `state = case when ${NEWER_WAITS} then 'SUPERSEDED' else 'PENDING' end,
  settled_at = case when ${NEWER_WAITS} then clock_timestamp() end`;

/** Everything that leaves for a partner, as rows. */
@Injectable()
export class DeliveryRepository {
  constructor(
    private readonly database: Database,
    private readonly ids: Ids,
  ) {}

  /**
   * Adds a delivery unless this or a newer revision of the object was added before: redelivery, replay and late older
   * states change nothing. A pending older state of the object gives way, and the newer one takes its turn at the end.
   */
  async add(transaction: Transaction, delivery: NewDelivery): Promise<void> {
    const { kind } = delivery.content;
    await transaction.query(
      `with head as (
         insert into delivery_head as h (partner_id, kind, object_key, revision, final) values ($2, $3, $4, $7, $11)
         on conflict (partner_id, kind, object_key) do update set revision = excluded.revision, final = excluded.final
           where h.revision < excluded.revision
         returning 1)
       insert into delivery as d (id, partner_id, kind, object_key, order_key, after_keys, revision, exact, content, deadline, correlation_id)
       select $1::uuid, $2, $3, $4, $5, $6::text[], $7::bigint, $8::boolean, $9::jsonb, $10::timestamptz, $1::text from head
       on conflict (partner_id, kind, object_key) where state = 'PENDING' and not exact do update
         set revision = excluded.revision, content = excluded.content, after_keys = excluded.after_keys,
             created_at = excluded.created_at,
             sequence = nextval('delivery_order'), next_attempt_at = least(d.next_attempt_at, excluded.next_attempt_at)`,
      [
        this.ids.next(),
        delivery.partnerId,
        kind,
        delivery.objectKey,
        delivery.orderKey,
        delivery.afterKeys ?? [],
        delivery.revision,
        isExact(kind),
        JSON.stringify(delivery.content),
        delivery.deadline ?? null,
        delivery.final ?? false,
      ],
    );
  }

  /** Partners with something to send now, or in the hands of somebody who may have died. */
  async partnersDue(): Promise<string[]> {
    const rows: { partner_id: string }[] = await this.database.reader.query(
      `select distinct partner_id from delivery
       where (state = 'PENDING' and next_attempt_at <= clock_timestamp()) or state = 'IN_FLIGHT'`,
    );
    return rows.map(({ partner_id }) => partner_id);
  }

  /**
   * Takes back what others had in hand when they lost the partner's lease, or also what this owner lost track of
   * (`idle`: it has nothing under way): nobody knows whether it arrived.
   */
  async takeOver(partnerId: string, owner: string, idle: boolean): Promise<void> {
    await this.database.reader.query(
      `update delivery d set owner = null, ${RELEASED_STATE}
       where partner_id = $1 and state = 'IN_FLIGHT' and ($3::boolean or owner is distinct from $2)`,
      [partnerId, owner, idle],
    );
  }

  /**
   * The next deliveries of a partner, in order: none whose order key has one in flight or an earlier one in line (but
   * for one that waits for this very object: a CDR heard before its session), none before what it needs.
   */
  async claim(partnerId: string, owner: string, most: number): Promise<ClaimedDelivery[]> {
    const [rows]: [(Row & { claimed_at: Date })[], number] = await this.database.reader.query(
      `with next as (
         select d.id from delivery d
         where d.partner_id = $1 and d.state = 'PENDING' and d.next_attempt_at <= clock_timestamp()
           and not exists (
             select 1 from delivery e where e.partner_id = d.partner_id and e.order_key = d.order_key
               and e.state in ${OPEN}
               and (e.state = 'IN_FLIGHT' or (e.sequence < d.sequence and d.object_key <> all(e.after_keys))))
           and (d.after_keys = '{}' or d.created_at < clock_timestamp() - interval '${AFTER_PATIENCE_SECONDS} seconds' or (
             not exists (
               select 1 from delivery e where e.partner_id = d.partner_id and e.state in ${OPEN}
                 and e.object_key = any(d.after_keys) and e.id <> d.id)
             and (d.kind <> 'cdr' or exists (
               select 1 from delivery_head h where h.partner_id = d.partner_id and h.kind = 'session'
                 and h.object_key = any(d.after_keys) and h.final))))
         order by d.sequence limit $3 for update of d skip locked)
       update delivery set state = 'IN_FLIGHT', owner = $2, attempts = attempts + 1
       where id in (select id from next) returning *, clock_timestamp() as claimed_at`,
      [partnerId, owner, most],
    );
    return rows.map((row) => ({ ...deliveryOf(row), claimedAt: row.claimed_at }));
  }

  /** Keeps the bytes of an exact delivery before they are sent for the first time. */
  async keepPrepared(id: DeliveryId, prepared: PreparedCall): Promise<void> {
    await this.database.reader.query('update delivery set method = $2, url = $3, body = $4 where id = $1', [
      id,
      prepared.method,
      prepared.url,
      prepared.body ?? null,
    ]);
  }

  /**
   * Writes down what became of attempts. An attempt whose delivery was taken over meanwhile decides nothing any more.
   * @returns ids of the deliveries that were decided.
   */
  async settle(transaction: Transaction, settlements: readonly Settlement[]): Promise<ReadonlySet<string>> {
    const [settled]: [{ id: string }[], number] = await transaction.query(
      `update delivery d set
         state = case when s.state = 'PENDING' and ${NEWER_WAITS} then 'SUPERSEDED' else s.state end,
         owner = null, location = coalesce(s.location, d.location), last_reason = s.reason,
         next_attempt_at = clock_timestamp() + s.retry_in_ms * interval '1 millisecond',
         settled_at = case when s.state = 'PENDING' and not (${NEWER_WAITS}) then null else clock_timestamp() end
       from unnest($1::uuid[], $2::text[], $3::int[], $4::text[], $5::text[], $6::int[])
         as s (id, state, retry_in_ms, location, reason, number)
       where d.id = s.id and d.state = 'IN_FLIGHT' and d.attempts = s.number
       returning d.id`,
      [
        settlements.map(({ delivery }) => delivery.id),
        settlements.map(({ state }) => state),
        settlements.map(({ retryInMs }) => retryInMs),
        settlements.map(({ location }) => location),
        settlements.map(({ reason }) => reason),
        settlements.map(({ delivery }) => delivery.attempts),
      ],
    );
    await transaction.query(
      `insert into delivery_attempt (delivery_id, number, at, duration_ms, http_status, status_code, outcome, reason, request_id)
       select * from unnest($1::uuid[], $2::int[], $3::timestamptz[], $4::int[], $5::int[], $6::int[], $7::text[], $8::text[], $9::text[])
       on conflict do nothing`,
      [
        settlements.map(({ delivery }) => delivery.id),
        settlements.map(({ delivery }) => delivery.attempts),
        settlements.map(({ attempt }) => attempt.at),
        settlements.map(({ attempt }) => attempt.durationMs),
        settlements.map(({ attempt }) => attempt.httpStatus),
        settlements.map(({ attempt }) => attempt.statusCode),
        settlements.map(({ attempt }) => attempt.outcome),
        settlements.map(({ attempt }) => attempt.reason),
        settlements.map(({ attempt }) => attempt.requestId),
      ],
    );
    for (const { delivery, acknowledged } of settlements) {
      if (acknowledged !== null) await this.acknowledge(transaction, delivery, acknowledged);
    }
    return new Set(settled.map(({ id }) => id));
  }

  /** The session as the partner acknowledged it last; null when nobody knows what it holds. */
  async acknowledgedSession(partnerId: string, objectKey: string): Promise<Session | null> {
    const rows: { content: Session }[] = await this.database.reader.query(
      'select content from acknowledged_session where partner_id = $1 and object_key = $2 and not doubtful',
      [partnerId, objectKey],
    );
    return rows[0]?.content ?? null;
  }

  /** Until the next acknowledgement: a PATCH that appends and whose answer is lost must not be appended again (SES-05). */
  async doubtSession(partnerId: string, objectKey: string): Promise<void> {
    await this.database.reader.query(
      'update acknowledged_session set doubtful = true where partner_id = $1 and object_key = $2',
      [partnerId, objectKey],
    );
  }

  /** Statuses of a location's EVSEs that are newer than a revision of it, by upper-case EVSE uid. */
  async newerStatuses(
    partnerId: string,
    locationOrderKey: string,
    revision: number,
  ): Promise<ReadonlyMap<string, { status: Status; last_updated: string }>> {
    const rows: { content: Extract<DeliveryContent, { kind: 'evse-status' }> }[] = await this.database.reader.query(
      `select distinct on (object_key) content from delivery
       where partner_id = $1 and order_key = $2 and kind = 'evse-status' and revision > $3
       order by object_key, revision desc`,
      [partnerId, locationOrderKey, revision],
    );
    return new Map(
      rows.map(({ content: { evse_uid, status, last_updated } }) => [evse_uid.toUpperCase(), { status, last_updated }]),
    );
  }

  async find(id: string): Promise<{ delivery: Delivery; attempts: Attempt[] } | null> {
    const rows: Row[] = await this.database.reader.query('select * from delivery where id = $1', [id]);
    if (rows[0] === undefined) return null;
    const attempts: Attempt[] = await this.database.reader.query(
      `select at, duration_ms as "durationMs", http_status as "httpStatus", status_code as "statusCode", outcome, reason,
              request_id as "requestId"
       from delivery_attempt where delivery_id = $1 order by number`,
      [id],
    );
    return { delivery: deliveryOf(rows[0]), attempts };
  }

  /** Newest first. */
  async list({ limit, state, partnerId, kind, before }: DeliveryListQuery): Promise<Delivery[]> {
    const rows: Row[] = await this.database.reader.query(
      `select * from delivery
       where ($2::text is null or state = $2) and ($3::text is null or partner_id = $3) and ($4::text is null or kind = $4)
         and ($5::timestamptz is null or (created_at, id) < ($5::timestamptz, $6::uuid))
       order by created_at desc, id desc limit $1`,
      [limit, state ?? null, partnerId ?? null, kind ?? null, before?.createdAt ?? null, before?.id ?? null],
    );
    return rows.map(deliveryOf);
  }

  /** Puts a settled delivery in line again. @returns false when it is open, or when a newer state has taken its place. */
  async resend(id: string): Promise<boolean> {
    const [rows]: [Row[], number] = await this.database.reader.query(
      `update delivery d set state = 'PENDING', next_attempt_at = clock_timestamp(), settled_at = null, deadline = null,
              sequence = nextval('delivery_order')
       where id = $1 and state in ('EXHAUSTED', 'REFUSED', 'SUCCEEDED')
         and (exact or not exists (
           select 1 from delivery_head h where h.partner_id = d.partner_id and h.kind = d.kind
             and h.object_key = d.object_key and h.revision > d.revision))
       returning *`,
      [id],
    );
    return rows.length > 0;
  }

  async prune(olderThanDays: number): Promise<void> {
    await this.database.reader.query(
      `delete from delivery where settled_at < clock_timestamp() - $1 * interval '1 day' and state <> 'EXHAUSTED'`,
      [olderThanDays],
    );
  }

  private async acknowledge(transaction: Transaction, delivery: Delivery, session: Session): Promise<void> {
    await transaction.query(
      `insert into acknowledged_session as a (partner_id, object_key, revision, content) values ($1, $2, $3, $4)
       on conflict (partner_id, object_key) do update set revision = excluded.revision, content = excluded.content, doubtful = false
         where a.revision <= excluded.revision`,
      [delivery.partnerId, delivery.objectKey, delivery.revision, JSON.stringify(session)],
    );
  }
}

function deliveryOf(row: Row): Delivery {
  const { method, url, body } = row;
  return {
    id: row.id,
    partnerId: row.partner_id,
    kind: row.kind,
    objectKey: row.object_key,
    orderKey: row.order_key,
    revision: Number(row.revision),
    content: row.content,
    prepared: method === null || url === null ? null : { method, url, body: body ?? undefined, losses: [] },
    state: row.state,
    attempts: row.attempts,
    nextAttemptAt: row.next_attempt_at,
    deadline: row.deadline,
    correlationId: row.correlation_id,
    location: row.location,
    lastReason: row.last_reason,
    createdAt: row.created_at,
    settledAt: row.settled_at,
  };
}
