import { Injectable } from '@nestjs/common';
import { type TariffChanged, type TariffDeleted, tariffChanged, tariffDeleted } from '@voltap/contracts/events';
import { type EventMessage, objectKey, type Party } from '@voltap/kernel';
import type { Tariff } from '@voltap/ocpi/model';
import { Database, ProjectionTable, projects, type Transaction } from '@voltap/platform/persistence';

export const tariffProjection = new ProjectionTable<Tariff>('tariff_projection', [
  projects(tariffChanged, ({ key, revision, payload }) => ({ key, revision, content: payload.tariff })),
  projects(tariffDeleted, ({ key, revision }) => ({ key, revision, removed: true })),
]);

/** What locations keep of tariffs: enough to judge what connectors name. */
@Injectable()
export class Projections {
  constructor(private readonly database: Database) {}

  applyTariff(transaction: Transaction, message: EventMessage<TariffChanged | TariffDeleted>): Promise<boolean> {
    return tariffProjection.take(transaction, message);
  }

  /** Those of the ids that there are. */
  async tariffsOf(party: Party, ids: readonly string[]): Promise<Tariff[]> {
    const found = await Promise.all(ids.map((id) => tariffProjection.find(this.database.reader, objectKey(party, id))));
    return found.flatMap((entry) => (entry === null ? [] : [entry.content]));
  }
}
