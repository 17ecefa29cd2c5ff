import { Injectable } from '@nestjs/common';
import { type PartnerState, partnerEvents } from '@voltap/contracts/events';
import type { EventMessage } from '@voltap/kernel';
import { ProjectionTable, projects, type Transaction } from '@voltap/platform/persistence';

export const partnerProjection = new ProjectionTable<PartnerState>(
  'partner_projection',
  partnerEvents.map((definition) =>
    projects(definition, ({ key, revision, payload }) => ({ key, revision, content: payload })),
  ),
);

/** What tariffs need of others: which partners there are, and whom they deal with. */
@Injectable()
export class Projections {
  applyPartner(transaction: Transaction, message: EventMessage<PartnerState>): Promise<boolean> {
    return partnerProjection.take(transaction, message);
  }

  async partner(transaction: Transaction, partnerId: string): Promise<PartnerState | null> {
    return (await partnerProjection.find(transaction, partnerId))?.content ?? null;
  }
}
