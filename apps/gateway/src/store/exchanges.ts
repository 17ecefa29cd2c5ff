import { Injectable } from '@nestjs/common';
import type { Exchange } from '@voltap/ocpi/client';
import { Database, type Transaction } from '@voltap/platform/persistence';

/** A request to a partner and its answer; `delivery` is null when a service waited for the answer. */
export interface NewExchange {
  readonly partnerId: string;
  readonly delivery: { readonly id: string; readonly attempt: number } | null;
  readonly exchange: Exchange;
}

interface Row {
  at: Date;
  attempt: number;
  method: string;
  url: string;
  request_id: string;
  correlation_id: string;
  request_headers: Readonly<Record<string, string>>;
  request_body: string | null;
  http_status: number | null;
  response_headers: Readonly<Record<string, string>>;
  response_body: string | null;
  duration_ms: number;
}

/** An exchange as it is shown: nothing secret or personal is in it, since nothing such was stored. */
export interface StoredExchange {
  readonly at: string;
  readonly attempt: number;
  readonly method: string;
  readonly url: string;
  readonly requestId: string;
  readonly correlationId: string;
  readonly requestHeaders: Readonly<Record<string, string>>;
  readonly requestBody: string | null;
  readonly httpStatus: number | null;
  readonly responseHeaders: Readonly<Record<string, string>>;
  readonly responseBody: string | null;
  readonly durationMs: number;
}

/** The exchange log: what was sent to partners and what they answered, redacted before it gets here. */
@Injectable()
export class Exchanges {
  constructor(private readonly database: Database) {}

  async add(transaction: Transaction, entries: readonly NewExchange[]): Promise<void> {
    if (entries.length === 0) return;
    const of = <Value>(read: (entry: NewExchange) => Value): Value[] => entries.map(read);
    await transaction.query(
      `insert into exchange (at, partner_id, delivery_id, attempt, method, url, request_id, correlation_id, request_headers,
                             request_body, http_status, response_headers, response_body, duration_ms)
       select * from unnest($1::timestamptz[], $2::text[], $3::uuid[], $4::int[], $5::text[], $6::text[], $7::text[], $8::text[],
                            $9::jsonb[], $10::text[], $11::int[], $12::jsonb[], $13::text[], $14::int[])`,
      [
        of(({ exchange }) => exchange.startedAt),
        of(({ partnerId }) => partnerId),
        of(({ delivery }) => delivery?.id ?? null),
        of(({ delivery }) => delivery?.attempt ?? null),
        of(({ exchange }) => exchange.method),
        of(({ exchange }) => withoutNull(exchange.url)),
        of(({ exchange }) => exchange.requestId),
        of(({ exchange }) => exchange.correlationId),
        of(({ exchange }) => JSON.stringify(exchange.requestHeaders)),
        of(({ exchange }) => withoutNull(exchange.requestBody ?? null)),
        of(({ exchange }) => exchange.httpStatus ?? null),
        of(({ exchange }) => withoutNull(JSON.stringify(exchange.responseHeaders))),
        of(({ exchange }) => withoutNull(exchange.responseBody ?? null)),
        of(({ exchange }) => Math.round(exchange.durationMs)),
      ],
    );
  }

  /** Outside of a transaction. */
  async keep(entry: NewExchange): Promise<void> {
    await this.add(this.database.reader, [entry]);
  }

  /** In order. */
  async of(deliveryId: string): Promise<StoredExchange[]> {
    const rows: Row[] = await this.database.reader.query('select * from exchange where delivery_id = $1 order by id', [
      deliveryId,
    ]);
    return rows.map((row) => ({
      at: row.at.toISOString(),
      attempt: row.attempt,
      method: row.method,
      url: row.url,
      requestId: row.request_id,
      correlationId: row.correlation_id,
      requestHeaders: row.request_headers,
      requestBody: row.request_body,
      httpStatus: row.http_status,
      responseHeaders: row.response_headers,
      responseBody: row.response_body,
      durationMs: row.duration_ms,
    }));
  }

  async prune(olderThanDays: number): Promise<void> {
    await this.database.reader.query(`delete from exchange where at < clock_timestamp() - $1 * interval '1 day'`, [
      olderThanDays,
    ]);
  }
}

/** PostgreSQL keeps no NUL in a text, and a partner may answer with anything. */
function withoutNull<Text extends string | null>(text: Text): Text {
  return (text === null ? null : text.replaceAll('\u0000', '\u{FFFD}').replaceAll('\\u0000', '\\ufffd')) as Text;
}
