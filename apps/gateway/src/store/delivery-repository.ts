import { Inject, Injectable } from '@nestjs/common';
import { type DeliveryId, Ids } from '@voltap/kernel';
import type { PreparedCall } from '@voltap/ocpi/client';
import type { Status } from '@voltap/ocpi/model';
import { Database, type Transaction } from '@voltap/platform/persistence';
import { currentTraceparent } from '@voltap/platform/telemetry';
import { type DeliveryContent, isExact } from '../domain/delivery.js';
import { type GatewayConfig, gatewayConfig } from '../gateway.config.js';
import {
  type ClaimedDelivery,
  type DeliveryRow,
  deliveryOf,
  type NewDelivery,
  type Settlement,
} from './delivery-rows.js';

/** A tariff that is named and was never heard of is waited for so long: its event is on its way, or there is none. */
const UNHEARD_SECONDS = 5;

const OPEN = `('PENDING', 'IN_FLIGHT')`;

/**
 * What row `d` says was said, or waits to be said, by a newer one: of the same object, or, a status, by its whole location,
 * which a late status must not undo.
 */
export const OVERTAKEN = `not d.exact and (exists (
  select 1 from delivery n where n.partner_id = d.partner_id and n.kind = d.kind and n.object_key = d.object_key
    and n.state = 'PENDING' and n.id <> d.id) or (d.kind = 'evse-status' and exists (
  select 1 from delivery_head h where h.partner_id = d.partner_id and h.kind = 'location'
    and h.object_key = substr(d.order_key, length('location ') + 1) and h.revision >= d.revision)))`;

/** Whether row `d`, a state, is the newest of its object and was not said after all. */
export const STILL_OWED = `not d.exact and exists (
    select 1 from delivery_head h where h.partner_id = d.partner_id and h.kind = d.kind
      and h.object_key = d.object_key and h.revision = d.revision)
  and not exists (
    select 1 from delivery s where s.partner_id = d.partner_id and s.kind = d.kind and s.object_key = d.object_key
      and s.state in ('SUCCEEDED', 'IN_FLIGHT') and s.sequence > d.sequence)
  and not (${OVERTAKEN})`;

/** Back in line, or superseded. */
const RELEASED_STATE = `state = case when ${OVERTAKEN} then 'SUPERSEDED' else 'PENDING' end,
  settled_at = case when ${OVERTAKEN} then clock_timestamp() end`;

/** Everything that leaves for a partner, as rows. */
@Injectable()
export class DeliveryRepository {
  constructor(
    private readonly database: Database,
    private readonly ids: Ids,
    @Inject(gatewayConfig.token) private readonly config: GatewayConfig,
  ) {}

  /**
   * Adds a delivery for each of the partners unless this or a newer revision of the object was added before: redelivery,
   * replay and late older states change nothing. A pending older state of the object becomes the newer one, and keeps its
   * place; whatever is open of it hands on its age. So an object that changes all the time is sent all the same. What a whole location says of its EVSEs
   * takes the place of statuses that wait.
   */
  async add(transaction: Transaction, partnerIds: readonly string[], delivery: NewDelivery): Promise<void> {
    if (partnerIds.length === 0) return;
    const { kind } = delivery.content;
    await transaction.query(
      `with target as (select * from unnest($1::uuid[], $2::text[]) as t (id, partner_id)), head as (
         insert into delivery_head as h (partner_id, kind, object_key, revision, final)
         select partner_id, $3, $4, $7, $11 from target order by partner_id
         on conflict (partner_id, kind, object_key) do update set revision = excluded.revision, final = excluded.final
           where h.revision < excluded.revision or ($12::boolean and h.revision = excluded.revision)
         returning partner_id)
       insert into delivery as d (id, partner_id, kind, object_key, order_key, after_keys, revision, exact, content, deadline,
                                  authorization_reference, resynced, traceparent, correlation_id, opened_at)
       select t.id, t.partner_id, $3, $4, $5, $6::text[], $7::bigint, $8::boolean, $9::jsonb, $10::timestamptz, $13::text,
              $12::boolean, $14::text, t.id::text, coalesce((
                select min(f.opened_at) from delivery f where f.partner_id = t.partner_id and f.kind = $3
                  and f.object_key = $4 and f.state = 'IN_FLIGHT' and not f.exact), clock_timestamp())
       from target t join head using (partner_id)
       on conflict (partner_id, kind, object_key) where state = 'PENDING' and not exact do update
         set revision = excluded.revision, content = excluded.content, after_keys = excluded.after_keys, yields = false,
             authorization_reference = excluded.authorization_reference, traceparent = excluded.traceparent,
             next_attempt_at = least(d.next_attempt_at, excluded.next_attempt_at)`,
      [
        partnerIds.map(() => this.ids.next()),
        partnerIds,
        kind,
        delivery.objectKey,
        delivery.orderKey,
        delivery.afterKeys ?? [],
        delivery.revision,
        isExact(kind),
        JSON.stringify(delivery.content),
        delivery.deadline ?? null,
        delivery.final ?? false,
        delivery.again ?? false,
        delivery.authorizationReference ?? null,
        currentTraceparent() ?? null,
      ],
    );
    if (kind !== 'location') return;
    await transaction.query(
      `update delivery set state = 'SUPERSEDED', settled_at = clock_timestamp()
       where partner_id = any($1) and order_key = $2 and kind = 'evse-status' and state = 'PENDING' and revision <= $3`,
      [partnerIds, delivery.orderKey, delivery.revision],
    );
  }

  /** Partners with something to send now, or in the hands of somebody who may have died. */
  async partnersDue(): Promise<string[]> {
    const rows: { partner_id: string }[] = await this.database.reader.query(
      `with recursive owed as (
         (select partner_id from delivery where state in ${OPEN} order by partner_id limit 1)
         union all
         select (select d.partner_id from delivery d where d.state in ${OPEN} and d.partner_id > owed.partner_id
                 order by d.partner_id limit 1)
         from owed where owed.partner_id is not null)
       select o.partner_id from owed o left join partner_queue q on q.partner_id = o.partner_id
       where o.partner_id is not null and q.paused_at is null and (
         exists (select 1 from delivery d where d.partner_id = o.partner_id and d.state = 'IN_FLIGHT')
         or exists (select 1 from delivery d where d.partner_id = o.partner_id and d.state = 'PENDING' and d.exact
                    and d.next_attempt_at <= clock_timestamp())
         or ((q.partner_id is null or q.connection is not null) and exists (
               select 1 from delivery d where d.partner_id = o.partner_id and d.state = 'PENDING' and not d.exact
                 and d.next_attempt_at <= clock_timestamp())))`,
    );
    return rows.map(({ partner_id }) => partner_id);
  }

  /**
   * Takes back what others had in hand when they lost the partner's lease, and what this owner lost track of: all but
   * what it has `inHand`, by id. Nobody knows whether it arrived.
   */
  async takeOver(partnerId: string, owner: string, inHand: readonly string[]): Promise<void> {
    await this.database.reader.query(
      `update delivery d set owner = null, ${RELEASED_STATE}
       where partner_id = $1 and state = 'IN_FLIGHT' and (owner is distinct from $2 or id <> all($3::uuid[]))`,
      [partnerId, owner, inHand],
    );
  }

  /**
   * The next deliveries of a partner, in order: none whose order key has one in flight or an earlier one in line (but
   * for one that waits for this very object, a CDR heard before its session, and for one that was refused), none before
   * what it needs. Nothing while an operator paused it; no states while it is not connected. The commit is not waited for:
   * when the database crashes at this moment they are in line again, and what must leave with the same bytes is not sent
   * before those are kept, which a later commit makes certain.
   */
  async claim(partnerId: string, owner: string, most: number): Promise<ClaimedDelivery[]> {
    const impatient = `d.opened_at < clock_timestamp() - $4 * interval '1 second'`;
    const [rows]: [(DeliveryRow & { claimed_at: Date })[], number] = await this.database.reader.query(
      `with relaxed as materialized (select set_config('synchronous_commit', 'off', true)), next as (
         select d.id from delivery d, relaxed
         where d.partner_id = $1 and d.state = 'PENDING' and d.next_attempt_at <= clock_timestamp()
           and not exists (select 1 from partner_queue q where q.partner_id = $1 and q.paused_at is not null)
           and (d.exact or not exists (select 1 from partner_queue q where q.partner_id = $1 and q.connection is null))
           and not exists (
             select 1 from delivery e where e.partner_id = d.partner_id and e.order_key = d.order_key
               and e.state in ${OPEN}
               and (e.state = 'IN_FLIGHT' or (e.sequence < d.sequence and not e.yields
                 and d.object_key <> all(e.after_keys) and not (d.exact and ${impatient}))))
           and (d.after_keys = '{}' or ${impatient} or (
             not exists (
               select 1 from delivery e where e.partner_id = d.partner_id and e.state in ${OPEN} and not e.yields
                 and e.object_key = any(d.after_keys) and e.id <> d.id)
             and (d.kind <> 'cdr' or exists (
               select 1 from delivery_head h where h.partner_id = d.partner_id and h.kind = 'session'
                 and h.object_key = any(d.after_keys) and h.final))
             and (d.kind <> 'location' or d.opened_at < clock_timestamp() - interval '${UNHEARD_SECONDS} seconds' or not exists (
               select 1 from unnest(d.after_keys) as k (key) where not exists (
                 select 1 from tariff_state t where t.key = k.key)))))
         order by d.sequence limit $3 for update of d skip locked)
       update delivery set state = 'IN_FLIGHT', owner = $2, attempts = attempts + 1
       where id in (select id from next) returning *, clock_timestamp() as claimed_at`,
      [partnerId, owner, most, this.config.VOLTAP_GATEWAY_ORDER_SECONDS],
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
   * Writes down what became of attempts. An attempt whose delivery was taken over meanwhile decides nothing any more. Who
   * knows where a result went can end a command: that is forgotten with its end.
   * @returns ids of the deliveries that were decided, and whether their partner is owed a resync.
   */
  async settle(
    transaction: Transaction,
    settlements: readonly Settlement[],
  ): Promise<{ decided: ReadonlySet<string>; owed: boolean }> {
    const of = <Value>(read: (settlement: Settlement) => Value): Value[] => settlements.map(read);
    const [settled]: [{ id: string; owed: boolean }[], number] = await transaction.query(
      `with noted as (
         insert into delivery_attempt (delivery_id, number, at, duration_ms, http_status, status_code, outcome, reason, request_id)
         select * from unnest($1::uuid[], $6::int[], $8::timestamptz[], $9::int[], $10::int[], $11::int[], $12::text[], $13::text[],
                              $14::text[])
         on conflict do nothing)
       update delivery d set
         state = case when s.state = 'PENDING' and ${OVERTAKEN} then 'SUPERSEDED' else s.state end,
         owner = null, location = coalesce(s.location, d.location), last_reason = s.reason, yields = s.yields,
         url = case when d.kind <> 'command-result' or s.state = 'PENDING' then d.url end,
         next_attempt_at = clock_timestamp() + s.retry_in_ms * interval '1 millisecond',
         settled_at = case when s.state = 'PENDING' and not (${OVERTAKEN}) then null else clock_timestamp() end
       from unnest($1::uuid[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::int[], $7::boolean[])
         as s (id, state, retry_in_ms, location, reason, number, yields)
       where d.id = s.id and d.state = 'IN_FLIGHT' and d.attempts = s.number
       returning d.id, exists (select 1 from partner_queue q where q.partner_id = d.partner_id and q.resync_owed) as owed`,
      [
        of(({ delivery }) => delivery.id),
        of(({ state }) => state),
        of(({ retryInMs }) => retryInMs),
        of(({ location }) => location),
        of(({ reason }) => reason),
        of(({ delivery }) => delivery.attempts),
        of(({ yields }) => yields),
        of(({ attempt }) => attempt.at),
        of(({ attempt }) => attempt.durationMs),
        of(({ attempt }) => attempt.httpStatus),
        of(({ attempt }) => attempt.statusCode),
        of(({ attempt }) => attempt.outcome),
        of(({ attempt }) => attempt.reason),
        of(({ attempt }) => attempt.requestId),
      ],
    );
    return { decided: new Set(settled.map(({ id }) => id)), owed: settled.some(({ owed }) => owed) };
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

  /** What partners have not taken, by partner and kind; kinds of which nothing is open or given up are missing. */
  async counts(): Promise<
    { partnerId: string; kind: string; open: number; oldestSeconds: number; exhausted: number; refused: number }[]
  > {
    return this.database.reader.query(
      `select partner_id as "partnerId", kind, count(*) filter (where state in ${OPEN})::int as open,
              coalesce(extract(epoch from clock_timestamp() - min(opened_at) filter (where state in ${OPEN})), 0)::float8 as "oldestSeconds",
              count(*) filter (where state = 'EXHAUSTED')::int as exhausted,
              count(*) filter (where state = 'REFUSED')::int as refused
       from delivery where state in ('PENDING', 'IN_FLIGHT', 'EXHAUSTED', 'REFUSED') group by partner_id, kind`,
    );
  }

  /**
   * Removes what was settled long ago. What was given up for lack of an answer stays while it is owed, or an operator's to
   * decide.
   */
  async prune(olderThanDays: number): Promise<void> {
    await this.database.reader.query(
      `delete from delivery d where settled_at < clock_timestamp() - $1 * interval '1 day'
         and (state <> 'EXHAUSTED' or (not exact and not (${STILL_OWED})))`,
      [olderThanDays],
    );
    await this.database.reader.query(
      `delete from acknowledged_session a using delivery_head h
       where h.partner_id = a.partner_id and h.kind = 'session' and h.object_key = a.object_key and h.final
         and not exists (select 1 from delivery d where d.object_key = a.object_key and d.partner_id = a.partner_id)`,
    );
  }
}
