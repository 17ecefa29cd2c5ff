import { Injectable } from '@nestjs/common';
import type { TariffAudience } from '@voltap/contracts/events';
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

/** What a partner is shown: what is meant for it and did not end yet; what begins later is shown before (TAR-01, TAR-16). */
const shownTo = (reader: string): string =>
  `(partners is null or ${reader} = any(partners))
   and coalesce((content ->> 'end_date_time')::timestamptz > clock_timestamp(), true)`;

/** Tariffs as offered now, and every revision that was ever shown. */
@Injectable()
export class TariffRepository {
  private readonly table = new DocumentTable<Tariff>(
    'tariff',
    (tariff, lastUpdated) => ({ ...tariff, last_updated: lastUpdated.toISOString() }),
    shownTo,
  );

  constructor(private readonly database: Database) {}

  lock(transaction: Transaction, party: Party, id: string): Promise<StoredTariff | null> {
    return this.table.lock(transaction, partyKey(party), id);
  }

  find(party: Party, id: string): Promise<StoredTariff | null> {
    return this.table.find(this.database.reader, partyKey(party), id);
  }

  /** As a partner is shown it. */
  findFor(partnerId: string, party: Party, id: string): Promise<StoredTariff | null> {
    return this.table.findFor(this.database.reader, partnerId, partyKey(party), id);
  }

  /** Of a tariff that is or was there. @param transaction sees what it has written itself. */
  async audienceOf(
    { scope, id }: Pick<StoredTariff, 'scope' | 'id'>,
    transaction: Transaction = this.database.reader,
  ): Promise<TariffAudience> {
    const rows: { partners: string[] | null }[] = await transaction.query(
      'select partners from tariff where scope = $1 and id = $2',
      [scope, id],
    );
    return rows[0]?.partners ?? null;
  }

  /** Of a tariff that this transaction has locked. */
  async setAudience(
    transaction: Transaction,
    { scope, id }: Pick<StoredTariff, 'scope' | 'id'>,
    audience: TariffAudience,
  ): Promise<void> {
    await transaction.query('update tariff set partners = $3::text[] where scope = $1 and id = $2', [
      scope,
      id,
      audience,
    ]);
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
