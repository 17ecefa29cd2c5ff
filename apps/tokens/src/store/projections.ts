import { Injectable } from '@nestjs/common';
import { type PartnerState, partnerEvents } from '@voltap/contracts/events';
import type { EventMessage } from '@voltap/kernel';
import { Database, ProjectionTable, projects, type Transaction } from '@voltap/platform/persistence';

export const partnerProjection = new ProjectionTable<PartnerState>(
  'partner_projection',
  partnerEvents.map((definition) =>
    projects(definition, ({ key, revision, payload }) => ({ key, revision, content: payload })),
  ),
);

/** What tokens need of others: which parties a partner speaks for. */
@Injectable()
export class Projections {
  constructor(private readonly database: Database) {}

  applyPartner(transaction: Transaction, message: EventMessage<PartnerState>): Promise<boolean> {
    return partnerProjection.take(transaction, message);
  }

  /** @param transaction sees what it has written itself. */
  async partner(partnerId: string, transaction: Transaction = this.database.reader): Promise<PartnerState | null> {
    return (await partnerProjection.find(transaction, partnerId))?.content ?? null;
  }
}
