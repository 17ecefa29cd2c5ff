import { Injectable } from '@nestjs/common';
import {
  audienceOf,
  locationChanged,
  type TariffAudience,
  tariffChanged,
  tariffDeleted,
} from '@voltap/contracts/events';
import { objectKey, type Party } from '@voltap/kernel';
import type { Location, Tariff } from '@voltap/ocpi/model';
import { Database, ProjectionTable, projects, type Transaction } from '@voltap/platform/persistence';

/** Order key of a tariff: the prefix tells it from a location of the same id among the keys that a delivery waits for. */
export function tariffKey(owner: Party, id: string): string {
  return `tariff ${objectKey(owner, id)}`;
}

export const locationProjection = new ProjectionTable<Location>('location_state', [
  projects(locationChanged, ({ revision, payload: { location } }) => ({
    key: objectKey(location, location.id),
    revision,
    content: location,
  })),
]);

export const tariffProjection = new ProjectionTable<Tariff>('tariff_state', [
  projects(tariffChanged, ({ revision, payload: { tariff } }) => ({
    key: tariffKey(tariff, tariff.id),
    revision,
    content: tariff,
  })),
  projects(tariffDeleted, ({ revision, payload }) => ({
    key: tariffKey(payload, payload.id),
    revision,
    removed: true,
  })),
]);

/** Whom the tariffs are for. What is not in it is for all: it was told before there were audiences. */
export const tariffAudienceProjection = new ProjectionTable<{ readonly audience: TariffAudience }>('tariff_audience', [
  projects(tariffChanged, ({ revision, payload }) => ({
    key: tariffKey(payload.tariff, payload.tariff.id),
    revision,
    content: { audience: audienceOf(payload) },
  })),
  projects(tariffDeleted, ({ revision, payload }) => ({
    key: tariffKey(payload, payload.id),
    revision,
    removed: true,
  })),
]);

export interface Told<Content> {
  readonly key: string;
  readonly revision: number;
  readonly content: Content;
}

interface Row<Content> {
  key: string;
  revision: string;
  content: Content;
}

/** The newest locations and tariffs, whoever was told of them: what a partner that missed something is told from. */
@Injectable()
export class ToldState {
  constructor(private readonly database: Database) {}

  async location(key: string): Promise<Told<Location> | null> {
    const found = await locationProjection.find(this.database.reader, key);
    return found === null ? null : { key, ...found };
  }

  /** In the order of their keys, so many after one of them. */
  locations(after: string, most: number): Promise<Told<Location>[]> {
    return this.page<Location>(locationProjection.table, after, most);
  }

  tariffs(after: string, most: number): Promise<Told<Tariff>[]> {
    return this.page<Tariff>(tariffProjection.table, after, most);
  }

  /** Whom a tariff is for by what was told last; undefined: there was none. */
  async audience(transaction: Transaction, owner: Party, id: string): Promise<TariffAudience | undefined> {
    const key = tariffKey(owner, id);
    if ((await tariffProjection.find(transaction, key)) === null) return undefined;
    return (await tariffAudienceProjection.find(transaction, key))?.content.audience ?? null;
  }

  /** Keys of the tariffs that are for other partners. */
  async hiddenFrom(partnerId: string): Promise<ReadonlySet<string>> {
    const rows: { key: string }[] = await this.database.reader.query(
      `select key from tariff_audience where not removed
         and jsonb_typeof(content -> 'audience') = 'array' and not content -> 'audience' ? $1`,
      [partnerId],
    );
    return new Set(rows.map(({ key }) => key));
  }

  /** The places whose connectors name a tariff. */
  async locationsNaming(transaction: Transaction, owner: Party, tariffId: string): Promise<Told<Location>[]> {
    const rows: Row<Location>[] = await transaction.query(
      `select key, revision, content from location_state
       where not removed and starts_with(key, $1) and exists (
         select 1 from jsonb_path_query(content, '$.evses[*].connectors[*].tariff_ids[*]') as named
         where upper(named #>> '{}') = upper($2))`,
      [objectKey(owner, ''), tariffId],
    );
    return rows.map(({ key, revision, content }) => ({ key, revision: Number(revision), content }));
  }

  private async page<Content>(table: string, after: string, most: number): Promise<Told<Content>[]> {
    const rows: Row<Content>[] = await this.database.reader.query(
      `select key, revision, content from ${table} where not removed and key > $1 order by key limit $2`,
      [after, most],
    );
    return rows.map(({ key, revision, content }) => ({ key, revision: Number(revision), content }));
  }
}
