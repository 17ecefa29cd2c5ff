import { Injectable } from '@nestjs/common';
import type { PartnerState } from '@voltap/contracts/events';
import { ProjectionTable, type Transaction } from '@voltap/platform/persistence';

/** What CDRs keep of partners: the profile says what a CDR for them is like. */
@Injectable()
export class Projections {
  private readonly partners = new ProjectionTable<PartnerState>('partner_projection');

  applyPartner(transaction: Transaction, partnerId: string, revision: number, partner: PartnerState): Promise<boolean> {
    return this.partners.apply(transaction, partnerId, revision, partner);
  }

  async partner(transaction: Transaction, partnerId: string): Promise<PartnerState | null> {
    return (await this.partners.find(transaction, partnerId))?.content ?? null;
  }
}
