import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '@voltap/platform/persistence';
import type { DeliveryKind, DeliveryState } from '../domain/delivery.js';
import { OVERTAKEN, STILL_OWED } from './delivery-repository.js';
import { type Delivery, type DeliveryRow, deliveryOf } from './delivery-rows.js';

/** In line again, with its full patience. */
const OPENED = `state = 'PENDING', settled_at = null, next_attempt_at = clock_timestamp(), opened_at = clock_timestamp(),
  attempts_before = attempts, yields = false`;

export interface Reopened {
  readonly kinds: readonly DeliveryKind[];
  readonly states: readonly DeliveryState[];
  /** The latest so many; else all. */
  readonly most?: number;
}

/** What is decided of deliveries apart from attempts: sent again, given up, caught up with. */
@Injectable()
export class DeliveryDecisions {
  constructor(private readonly database: Database) {}

  /** Puts a settled delivery in line again. @returns false when it is open, or when a newer state has taken its place. */
  async resend(id: string): Promise<boolean> {
    const [rows]: [unknown[], number] = await this.database.reader.query(
      `update delivery d set ${OPENED}, deadline = null, sequence = nextval('delivery_order')
       where id = $1 and state in ('EXHAUSTED', 'REFUSED', 'SUCCEEDED', 'GIVEN_UP')
         and (exact or not exists (
           select 1 from delivery_head h where h.partner_id = d.partner_id and h.kind = d.kind
             and h.object_key = d.object_key and h.revision > d.revision))
         and not (${OVERTAKEN})
       returning id`,
      [id],
    );
    return rows.length > 0;
  }

  /** Ends a waiting delivery, and writes down why. @returns null when it does not wait. */
  async giveUp(transaction: Transaction, id: string, by: string, reason: string): Promise<Delivery | null> {
    const [rows]: [DeliveryRow[], number] = await transaction.query(
      `update delivery set state = 'GIVEN_UP', settled_at = clock_timestamp(), attempts = attempts + 1, last_reason = $2,
              url = case when kind <> 'command-result' then url end
       where id = $1 and state in ('PENDING', 'EXHAUSTED', 'REFUSED') returning *`,
      [id, `given up by key ${by}: ${reason}`],
    );
    if (rows[0] === undefined) return null;
    await transaction.query(
      `insert into delivery_attempt (delivery_id, number, at, duration_ms, outcome, reason)
       select id, attempts, clock_timestamp(), 0, 'given-up', last_reason from delivery where id = $1`,
      [id],
    );
    return deliveryOf(rows[0]);
  }

  /**
   * Opens what a partner has missed: of each object the newest, unless it was accepted meanwhile.
   * @returns how many
   */
  async reopen(transaction: Transaction, partnerId: string, { kinds, states, most }: Reopened): Promise<number> {
    const [, count]: [unknown[], number] = await transaction.query(
      `update delivery d set ${OPENED}, resynced = true
       where state = any($3::text[]) and id in (
         select d.id from delivery d
         where d.id in (
             select distinct on (kind, object_key) id from delivery
             where partner_id = $1 and kind = any($2::text[]) and not exact and state = any($3::text[])
             order by kind, object_key, revision desc, sequence desc)
           and ${STILL_OWED}
         order by d.sequence desc limit $4)`,
      [partnerId, kinds, states, most ?? null],
    );
    return count;
  }

  /** Opens money objects that were not accepted. @returns how many */
  async reopenMoney(transaction: Transaction, partnerId: string, kind: 'cdr'): Promise<number> {
    const [, count]: [unknown[], number] = await transaction.query(
      `update delivery set ${OPENED}, deadline = null where partner_id = $1 and kind = $2 and exact and state = 'EXHAUSTED'`,
      [partnerId, kind],
    );
    return count;
  }

  /** What waits for a partner is due at once, and has its full patience: it can be reached again. */
  async hasten(transaction: Transaction, partnerId: string): Promise<void> {
    await transaction.query(
      `update delivery set next_attempt_at = clock_timestamp(), opened_at = clock_timestamp(), attempts_before = attempts,
              resynced = not exact
       where partner_id = $1 and state = 'PENDING'`,
      [partnerId],
    );
  }
}
