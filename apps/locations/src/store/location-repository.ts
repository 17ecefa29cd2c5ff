import { Injectable } from '@nestjs/common';
import { type Party, partyKey } from '@voltap/kernel';
import type { Location } from '@voltap/ocpi/model';
import {
  Database,
  DocumentTable,
  type Listing,
  type ListingQuery,
  listDocuments,
  listTexts,
  type StoredDocument,
  type TextListing,
  type Transaction,
} from '@voltap/platform/persistence';
import { type StatusChange, stampLocation } from '../domain/merge-location.js';

export type StoredLocation = StoredDocument<Location>;

/** Locations with their EVSEs and connectors, and the history of statuses. */
@Injectable()
export class LocationRepository {
  private readonly table = new DocumentTable<Location>('location', stampLocation);

  constructor(private readonly database: Database) {}

  lock(transaction: Transaction, party: Party, id: string): Promise<StoredLocation | null> {
    return this.table.lock(transaction, partyKey(party), id);
  }

  find(party: Party, id: string): Promise<StoredLocation | null> {
    return this.table.find(this.database.reader, partyKey(party), id);
  }

  async write(
    transaction: Transaction,
    location: Location,
    statusChanges: readonly StatusChange[],
  ): Promise<StoredLocation> {
    const stored = await this.table.write(transaction, partyKey(location), location.id, location);
    if (statusChanges.length > 0) {
      await transaction.query(
        `insert into evse_status_history (scope, location_id, evse_uid, status, since)
         select $1, $2, uid, status, $5 from unnest($3::text[], $4::text[]) as changed (uid, status)`,
        [
          stored.scope,
          stored.id,
          statusChanges.map(({ evse_uid }) => evse_uid),
          statusChanges.map(({ status }) => status),
          stored.lastUpdated,
        ],
      );
    }
    return stored;
  }

  list(query: ListingQuery): Promise<Listing<Location>> {
    return listDocuments(this.database, this.table, query);
  }

  /** As they go to partners. */
  listTexts(query: ListingQuery): Promise<TextListing> {
    return listTexts(this.database, this.table, query);
  }

  /** Ids of a party's locations. */
  async ids(party: Party): Promise<string[]> {
    const rows: { id: string }[] = await this.database.reader.query(
      'select id from location where scope = $1 and not removed order by id',
      [partyKey(party)],
    );
    return rows.map(({ id }) => id);
  }

  async count(): Promise<number> {
    const [row]: { locations: number }[] = await this.database.reader.query(
      'select count(*)::int as locations from location where not removed',
    );
    return row?.locations ?? 0;
  }

  /** All parties that have locations, for the operator's view. */
  async scopes(): Promise<string[]> {
    const rows: { scope: string }[] = await this.database.reader.query('select distinct scope from location');
    return rows.map(({ scope }) => scope);
  }
}
