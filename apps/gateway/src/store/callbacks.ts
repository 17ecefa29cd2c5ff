import { Injectable } from '@nestjs/common';
import { CORRELATION_URL_PREFIX } from '@voltap/contracts/events';
import { Database } from '@voltap/platform/persistence';

export interface Callback {
  readonly partnerId: string;
  readonly responseUrl: string;
}

export interface NewCallback extends Callback {
  /** Command type, as in the path of the request. */
  readonly command: string;
  readonly authorizationReference: string | null;
  /** Hours after which nothing can be owed any more. */
  readonly keepHours: number;
}

interface Row {
  partner_id: string;
  response_url: string;
}

/** The id under which a callback is kept: what stands in the place of a `response_url`, without its prefix. */
export function callbackId(correlationId: string): string {
  return correlationId.startsWith(CORRELATION_URL_PREFIX)
    ? correlationId.slice(CORRELATION_URL_PREFIX.length)
    : correlationId;
}

/** The durable copy of what the correlation store holds: where the result of a command goes. */
@Injectable()
export class CallbackRepository {
  constructor(private readonly database: Database) {}

  async open(correlationId: string, callback: NewCallback): Promise<void> {
    const { partnerId, responseUrl, command, authorizationReference, keepHours } = callback;
    await this.database.reader.query(
      `insert into callback (correlation_id, partner_id, response_url, command, authorization_reference, expires_at)
       values ($1, $2, $3, $4, $5, clock_timestamp() + $6 * interval '1 hour')`,
      [correlationId, partnerId, responseUrl, command, authorizationReference, keepHours],
    );
  }

  async find(correlationId: string): Promise<Callback | null> {
    const rows: Row[] = await this.database.reader.query('select * from callback where correlation_id = $1', [
      correlationId,
    ]);
    return rows[0] === undefined ? null : { partnerId: rows[0].partner_id, responseUrl: rows[0].response_url };
  }

  /**
   * Decides who sends a result; repeated by its owner it says the same. A reservation has two results at most: that of its
   * command, revision 1, and its cancellation. @returns whether `owner` is the one.
   */
  async claim(correlationId: string, owner: string, revision = 1): Promise<boolean> {
    const column = revision === 1 ? 'claimed_by' : 'cancellation_claimed_by';
    const [rows]: [{ claimed_by: string }[], number] = await this.database.reader.query(
      `update callback set ${column} = coalesce(${column}, $2) where correlation_id = $1 returning ${column} as claimed_by`,
      [correlationId, owner],
    );
    return rows[0]?.claimed_by === owner;
  }

  /** Nothing was promised: nothing is kept. */
  async remove(correlationId: string): Promise<void> {
    await this.database.reader.query('delete from callback where correlation_id = $1', [correlationId]);
  }

  async prune(): Promise<void> {
    await this.database.reader.query('delete from callback where expires_at < clock_timestamp()');
  }
}
