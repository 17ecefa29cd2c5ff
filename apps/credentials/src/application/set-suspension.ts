import { Injectable } from '@nestjs/common';
import { partnerSuspended, partnerUpdated } from '@voltap/contracts/events';
import { VoltapError } from '@voltap/kernel';
import { resumed, type StoredPartner, suspended } from '../domain/partner.js';
import { ChangePartner } from './change-partner.js';

/** The operator stops a partner's traffic, or lets it flow again. What is so already stays so. */
@Injectable()
export class SetSuspension {
  constructor(private readonly changePartner: ChangePartner) {}

  /** @throws VoltapError not_found; conflict when nothing could flow: the partner is unregistered. */
  async execute(partnerId: string, suspend: boolean): Promise<StoredPartner> {
    return this.changePartner.execute(partnerId, (current) => {
      if (suspend === (current.status === 'SUSPENDED')) return null;
      if (!suspend) return { partner: resumed(current), told: partnerUpdated };
      if (current.status === 'UNREGISTERED') {
        throw new VoltapError('conflict', 'The partner is unregistered; there is no traffic to stop.');
      }
      return { partner: suspended(current), told: partnerSuspended };
    });
  }
}
