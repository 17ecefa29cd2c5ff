import { Injectable } from '@nestjs/common';
import { type Party, partyKey } from '@voltap/kernel';
import type { Tariff } from '@voltap/ocpi/model';
import {
  Database,
  DocumentTable,
  type Listing,
  type ListingQuery,
  listDocuments,
  type StoredDocument,
  type Transaction,
} from '@voltap/platform/persistence';

export type StoredTariff = StoredDocument<Tariff>;

/** Tariffs as offered now, and every revision that was ever shown. */
@Injectable()
export class TariffRepository {
  private readonly table = new DocumentTable<Tariff>('tariff', (tariff, lastUpdated) => ({
    ...tariff,
    last_updated: lastUpdated.toISOString(),
  }));

  constructor(private readonly database: Database) {}

  lock(transaction: Transaction, party: Party, id: string): Promise<StoredTariff | null> {
    return this.table.lock(transaction, partyKey(party), id);
  }

  find(party: Party, id: string): Promise<StoredTariff | null> {
    return this.table.find(this.database.reader, partyKey(party), id);
  }

  async write(transaction: Transaction, tariff: Tariff): Promise<StoredTariff> {
    const stored = await this.table.write(transaction, partyKey(tariff), tariff.id, tariff);
    await transaction.query(
      `insert into tariff_revision (scope, id, revision, content, shown_from) values ($1, $2, $3, $4, $5)`,
      [stored.scope, stored.id, stored.revision, JSON.stringify(stored.content), stored.lastUpdated],
    );
    return stored;
  }

  remove(transaction: Transaction, party: Party, id: string): Promise<StoredTariff | null> {
    return this.table.remove(transaction, partyKey(party), id);
  }

  list(query: ListingQuery): Promise<Listing<Tariff>> {
    return listDocuments(this.database, this.table, query);
  }

  /** All parties that have tariffs, for the operator's view. */
  async scopes(): Promise<string[]> {
    const rows: { scope: string }[] = await this.database.reader.query('select distinct scope from tariff');
    return rows.map(({ scope }) => scope);
  }
}
