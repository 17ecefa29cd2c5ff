import { Injectable } from '@nestjs/common';
import { Database } from '@voltap/platform/persistence';

export interface Callback {
  readonly partnerId: string;
  readonly responseUrl: string;
}

interface Row {
  partner_id: string;
  response_url: string;
  claimed_by: string | null;
}

/** The durable copy of what the correlation store holds: where the result of a command goes. */
@Injectable()
export class CallbackRepository {
  constructor(private readonly database: Database) {}

  async open(correlationId: string, { partnerId, responseUrl }: Callback): Promise<void> {
    await this.database.reader.query(
      'insert into callback (correlation_id, partner_id, response_url) values ($1, $2, $3)',
      [correlationId, partnerId, responseUrl],
    );
  }

  async find(correlationId: string): Promise<Callback | null> {
    const rows: Row[] = await this.database.reader.query('select * from callback where correlation_id = $1', [
      correlationId,
    ]);
    return rows[0] === undefined ? null : { partnerId: rows[0].partner_id, responseUrl: rows[0].response_url };
  }

  /** Decides who sends; repeated by its owner it says the same. @returns whether `owner` is the one. */
  async claim(correlationId: string, owner: string): Promise<boolean> {
    const [rows]: [Row[], number] = await this.database.reader.query(
      `update callback set claimed_by = coalesce(claimed_by, $2) where correlation_id = $1 returning claimed_by`,
      [correlationId, owner],
    );
    return rows[0]?.claimed_by === owner;
  }

  /** Nothing was promised: nothing is kept. */
  async remove(correlationId: string): Promise<void> {
    await this.database.reader.query('delete from callback where correlation_id = $1', [correlationId]);
  }

  async prune(olderThanHours: number): Promise<void> {
    await this.database.reader.query(
      `delete from callback where opened_at < clock_timestamp() - $1 * interval '1 hour'`,
      [olderThanHours],
    );
  }
}
