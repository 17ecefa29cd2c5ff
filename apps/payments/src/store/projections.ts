import { Injectable } from '@nestjs/common';
import { type LocationChanged, locationChanged, type PartnerState, partnerEvents } from '@voltap/contracts/events';
import { type EventMessage, objectKey, type Party } from '@voltap/kernel';
import type { Location } from '@voltap/ocpi/model';
import { Database, ProjectionTable, projects, type Transaction } from '@voltap/platform/persistence';

export const partnerProjection = new ProjectionTable<PartnerState>(
  'partner_projection',
  partnerEvents.map((definition) =>
    projects(definition, ({ key, revision, payload }) => ({ key, revision, content: payload })),
  ),
);
export const locationProjection = new ProjectionTable<Location>('location_projection', [
  projects(locationChanged, ({ key, revision, payload }) => ({ key, revision, content: payload.location })),
]);

/** What payments need of others: whose terminals are whose, and which places there are. */
@Injectable()
export class Projections {
  constructor(private readonly database: Database) {}

  applyPartner(transaction: Transaction, message: EventMessage<PartnerState>): Promise<boolean> {
    return partnerProjection.take(transaction, message);
  }

  applyLocation(transaction: Transaction, message: EventMessage<LocationChanged>): Promise<boolean> {
    return locationProjection.take(transaction, message);
  }

  /** @param transaction sees what it has written itself. */
  async partner(partnerId: string, transaction: Transaction = this.database.reader): Promise<PartnerState | null> {
    return (await partnerProjection.find(transaction, partnerId))?.content ?? null;
  }

  async location(party: Party, id: string): Promise<Location | null> {
    return (await locationProjection.find(this.database.reader, objectKey(party, id)))?.content ?? null;
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
