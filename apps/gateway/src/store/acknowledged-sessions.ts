import { Injectable } from '@nestjs/common';
import type { Session } from '@voltap/ocpi/model';
import { Database, type Transaction } from '@voltap/platform/persistence';

export interface Acknowledgement {
  readonly partnerId: string;
  readonly objectKey: string;
  readonly revision: number;
  readonly session: Session;
}

/** Sessions as their partners acknowledged them last: what a PATCH starts from. */
@Injectable()
export class AcknowledgedSessions {
  constructor(private readonly database: Database) {}

  /** Null when nobody knows what the partner holds. */
  async find(partnerId: string, objectKey: string): Promise<Session | null> {
    const rows: { content: Session }[] = await this.database.reader.query(
      'select content from acknowledged_session where partner_id = $1 and object_key = $2 and not doubtful',
      [partnerId, objectKey],
    );
    return rows[0]?.content ?? null;
  }

  /** Until the next acknowledgement: a PATCH that appends and whose answer is lost must not be appended again (SES-05). */
  async doubt(partnerId: string, objectKey: string): Promise<void> {
    await this.database.reader.query(
      'update acknowledged_session set doubtful = true where partner_id = $1 and object_key = $2',
      [partnerId, objectKey],
    );
  }

  /** What a partner that connects anew holds is not known: it may be another system by now. */
  async doubtAll(transaction: Transaction, partnerId: string): Promise<void> {
    await transaction.query('update acknowledged_session set doubtful = true where partner_id = $1 and not doubtful', [
      partnerId,
    ]);
  }

  async keep(transaction: Transaction, { partnerId, objectKey, revision, session }: Acknowledgement): Promise<void> {
    await transaction.query(
      `insert into acknowledged_session as a (partner_id, object_key, revision, content) values ($1, $2, $3, $4)
       on conflict (partner_id, object_key) do update set revision = excluded.revision, content = excluded.content, doubtful = false
         where a.revision <= excluded.revision`,
      [partnerId, objectKey, revision, JSON.stringify(session)],
    );
  }
}
