import { Injectable } from '@nestjs/common';
import type { LegalEntity } from '@voltap/contracts/back-office';
import { Clock, type PartyKey } from '@voltap/kernel';
import { Database } from '@voltap/platform/persistence';

/** Who stands on the receipts of a party. */
@Injectable()
export class LegalEntityRepository {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  async find(party: PartyKey): Promise<LegalEntity | null> {
    const rows: { content: LegalEntity }[] = await this.database.reader.query(
      'select content from legal_entity where party = $1',
      [party],
    );
    return rows[0]?.content ?? null;
  }

  async put(party: PartyKey, entity: LegalEntity): Promise<void> {
    await this.database.reader.query(
      `insert into legal_entity (party, content, updated_at) values ($1, $2, $3)
       on conflict (party) do update set content = excluded.content, updated_at = excluded.updated_at`,
      [party, JSON.stringify(entity), this.clock.now()],
    );
  }
}
