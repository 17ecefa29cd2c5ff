import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '@voltap/platform/persistence';

/** When a partner's terminals and confirmations are fetched next: at registration, then daily, and on demand. */
@Injectable()
export class PullSchedule {
  constructor(private readonly database: Database) {}

  async dueNow(transaction: Transaction, partnerId: string): Promise<void> {
    await transaction.query(
      `insert into partner_pull (partner_id, due_at) values ($1, clock_timestamp())
       on conflict (partner_id) do update set due_at = least(partner_pull.due_at, excluded.due_at)`,
      [partnerId],
    );
  }

  async due(): Promise<string[]> {
    const rows: { partner_id: string }[] = await this.database.reader.query(
      'select partner_id from partner_pull where due_at <= clock_timestamp() order by due_at',
    );
    return rows.map(({ partner_id }) => partner_id);
  }

  async next(partnerId: string, inSeconds: number): Promise<void> {
    await this.database.reader.query(
      `insert into partner_pull (partner_id, due_at) values ($1, clock_timestamp() + $2 * interval '1 second')
       on conflict (partner_id) do update set due_at = excluded.due_at`,
      [partnerId, inSeconds],
    );
  }
}
