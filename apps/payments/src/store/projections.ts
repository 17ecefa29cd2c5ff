import { Injectable } from '@nestjs/common';
import {
  audienceOf,
  isMeantFor,
  type LocationChanged,
  locationChanged,
  type PartnerState,
  partnerEvents,
  type TariffAudience,
  type TariffChanged,
  type TariffDeleted,
  tariffChanged,
  tariffDeleted,
} from '@voltap/contracts/events';
import { type EventMessage, objectKey, type Party } from '@voltap/kernel';
import type { Location, Tariff } from '@voltap/ocpi/model';
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

export const tariffProjection = new ProjectionTable<Tariff>('tariff_projection', [
  projects(tariffChanged, ({ key, revision, payload }) => ({ key, revision, content: payload.tariff })),
  projects(tariffDeleted, ({ key, revision }) => ({ key, revision, removed: true })),
]);
/** Whom the tariffs are for. What is not in it is for all: it was told before there were audiences. */
export const tariffAudienceProjection = new ProjectionTable<{ readonly audience: TariffAudience }>('tariff_audience', [
  projects(tariffChanged, ({ key, revision, payload }) => ({
    key,
    revision,
    content: { audience: audienceOf(payload) },
  })),
  projects(tariffDeleted, ({ key, revision }) => ({ key, revision, removed: true })),
]);

/** What payments need of others: whose terminals are whose, which places there are, and at which prices. */
@Injectable()
export class Projections {
  constructor(private readonly database: Database) {}

  applyPartner(transaction: Transaction, message: EventMessage<PartnerState>): Promise<boolean> {
    return partnerProjection.take(transaction, message);
  }

  applyLocation(transaction: Transaction, message: EventMessage<LocationChanged>): Promise<boolean> {
    return locationProjection.take(transaction, message);
  }

  async applyTariff(transaction: Transaction, message: EventMessage<TariffChanged | TariffDeleted>): Promise<boolean> {
    await tariffAudienceProjection.take(transaction, message);
    return tariffProjection.take(transaction, message);
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

  /** The locations of these parties that are named, or of which an EVSE is. */
  async served(
    parties: readonly Party[],
    { location_ids, evse_uids }: { readonly location_ids: readonly string[]; readonly evse_uids: readonly string[] },
  ): Promise<Location[]> {
    const rows: { content: Location }[] = await this.database.reader.query(
      `select content from location_projection
       where split_part(key, '*', 1) || '*' || split_part(key, '*', 2) = any($1)
         and (upper(content ->> 'id') = any($2)
           or exists (select 1 from jsonb_array_elements(content -> 'evses') evse where upper(evse ->> 'uid') = any($3)))
       order by key`,
      [
        parties.map(({ country_code, party_id }) => `${country_code}*${party_id}`.toUpperCase()),
        location_ids.map((id) => id.toUpperCase()),
        evse_uids.map((uid) => uid.toUpperCase()),
      ],
    );
    return rows.map(({ content }) => content);
  }

  /** The tariffs that their connectors name, by id in capitals; null: it is for other partners. */
  async tariffsOf(locations: readonly Location[], partnerId: string): Promise<ReadonlyMap<string, Tariff | null>> {
    const keys = new Set<string>();
    for (const location of locations) {
      for (const { connectors } of location.evses ?? []) {
        for (const { tariff_ids = [] } of connectors) for (const id of tariff_ids) keys.add(objectKey(location, id));
      }
    }
    const reader = this.database.reader;
    const found = await Promise.all(
      [...keys].map(async (key): Promise<[string, Tariff | null][]> => {
        const entry = await tariffProjection.find(reader, key);
        if (entry === null) return [];
        const audience = (await tariffAudienceProjection.find(reader, key))?.content.audience ?? null;
        return [[entry.content.id.toUpperCase(), isMeantFor(audience, partnerId) ? entry.content : null]];
      }),
    );
    return new Map(found.flat());
  }
}
