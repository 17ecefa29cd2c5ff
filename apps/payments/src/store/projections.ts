import { Injectable } from '@nestjs/common';
import type { PartnerState } from '@voltap/contracts/events';
import { objectKey, type Party } from '@voltap/kernel';
import type { Location } from '@voltap/ocpi/model';
import { Database, ProjectionTable, type Transaction } from '@voltap/platform/persistence';

/** What payments need of others: whose terminals are whose, and which places there are. */
@Injectable()
export class Projections {
  private readonly partners = new ProjectionTable<PartnerState>('partner_projection');
  private readonly locations = new ProjectionTable<Location>('location_projection');

  constructor(private readonly database: Database) {}

  applyPartner(transaction: Transaction, partnerId: string, revision: number, partner: PartnerState): Promise<boolean> {
    return this.partners.apply(transaction, partnerId, revision, partner);
  }

  applyLocation(transaction: Transaction, key: string, revision: number, location: Location): Promise<boolean> {
    return this.locations.apply(transaction, key, revision, location);
  }

  async partner(partnerId: string): Promise<PartnerState | null> {
    return (await this.partners.find(this.database.reader, partnerId))?.content ?? null;
  }

  async location(party: Party, id: string): Promise<Location | null> {
    return (await this.locations.find(this.database.reader, objectKey(party, id)))?.content ?? null;
  }

  /** Whether any location of these parties has this EVSE. */
  async hasEvse(parties: readonly Party[], uid: string): Promise<boolean> {
    const rows: unknown[] = await this.database.reader.query(
      `select 1 from location_projection
       where split_part(key, '*', 1) || '*' || split_part(key, '*', 2) = any($1)
         and exists (select 1 from jsonb_array_elements(content -> 'evses') evse where upper(evse ->> 'uid') = $2)
       limit 1`,
      [parties.map(({ country_code, party_id }) => `${country_code}*${party_id}`.toUpperCase()), uid.toUpperCase()],
    );
    return rows.length > 0;
  }
}
