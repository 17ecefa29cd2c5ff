import { Injectable } from '@nestjs/common';
import {
  audienceOf,
  type TariffAudience,
  type TariffChanged,
  type TariffDeleted,
  tariffChanged,
  tariffDeleted,
} from '@voltap/contracts/events';
import { type EventMessage, objectKey, type Party } from '@voltap/kernel';
import type { Tariff } from '@voltap/ocpi/model';
import { Database, ProjectionTable, projects, type Transaction } from '@voltap/platform/persistence';

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

/** What locations keep of tariffs: enough to judge what connectors name. */
@Injectable()
export class Projections {
  constructor(private readonly database: Database) {}

  async applyTariff(transaction: Transaction, message: EventMessage<TariffChanged | TariffDeleted>): Promise<boolean> {
    await tariffAudienceProjection.take(transaction, message);
    return tariffProjection.take(transaction, message);
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

  /** Those of the ids that there are. */
  async tariffsOf(party: Party, ids: readonly string[]): Promise<Tariff[]> {
    const found = await Promise.all(ids.map((id) => tariffProjection.find(this.database.reader, objectKey(party, id))));
    return found.flatMap((entry) => (entry === null ? [] : [entry.content]));
  }
}
