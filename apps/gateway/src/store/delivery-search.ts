import { Injectable } from '@nestjs/common';
import { Database } from '@voltap/platform/persistence';
import { type Attempt, type Delivery, type DeliveryRow, deliveryOf } from './delivery-rows.js';

export interface DeliveryListQuery {
  readonly limit: number;
  readonly state?: string;
  readonly partnerId?: string;
  readonly kinds?: readonly string[];
  /** Keys that the object, or the location of a status, may have. */
  readonly keys?: readonly string[];
  readonly authorizationReference?: string;
  /** Made at or after, and before. */
  readonly from?: string;
  readonly to?: string;
  readonly before?: { readonly createdAt: string; readonly id: string };
}

/** Deliveries as an operator looks for them. */
@Injectable()
export class DeliverySearch {
  constructor(private readonly database: Database) {}

  async find(id: string): Promise<{ delivery: Delivery; attempts: (Attempt & { number: number })[] } | null> {
    const rows: DeliveryRow[] = await this.database.reader.query('select * from delivery where id = $1', [id]);
    if (rows[0] === undefined) return null;
    const attempts: (Attempt & { number: number })[] = await this.database.reader.query(
      `select number, at, duration_ms as "durationMs", http_status as "httpStatus", status_code as "statusCode", outcome, reason,
              request_id as "requestId"
       from delivery_attempt where delivery_id = $1 order by number`,
      [id],
    );
    return { delivery: deliveryOf(rows[0]), attempts };
  }

  /** Newest first. */
  async list(query: DeliveryListQuery): Promise<Delivery[]> {
    const values: unknown[] = [query.limit];
    const conditions: string[] = [];
    const where = (value: unknown, condition: (parameter: string) => string): void => {
      if (value === undefined) return;
      values.push(value);
      conditions.push(condition(`$${values.length}`));
    };
    where(query.state, (state) => `state = ${state}`);
    where(query.partnerId, (partner) => `partner_id = ${partner}`);
    where(query.kinds, (kinds) => `kind = any(${kinds}::text[])`);
    where(
      query.keys,
      (keys) => `(object_key = any(${keys}::text[]) or (kind = 'evse-status' and order_key = any(${keys}::text[])))`,
    );
    where(query.authorizationReference, (reference) => `authorization_reference = ${reference}`);
    where(query.from, (from) => `created_at >= ${from}::timestamptz`);
    where(query.to, (to) => `created_at < ${to}::timestamptz`);
    where(query.before?.createdAt, (at) => `(created_at, id) < (${at}::timestamptz, $${values.length + 1}::uuid)`);
    if (query.before !== undefined) values.push(query.before.id);
    const rows: DeliveryRow[] = await this.database.reader.query(
      `select * from delivery ${conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`}
       order by created_at desc, id desc limit $1`,
      values,
    );
    return rows.map(deliveryOf);
  }
}
