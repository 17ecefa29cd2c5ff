import { Injectable } from '@nestjs/common';
import { partnerSuspended, partnerUpdated } from '@voltap/contracts/events';
import { VoltapError } from '@voltap/kernel';
import { resumed, type StoredPartner, suspended } from '../domain/partner.js';
import type { Cause } from '../domain/partner-event.js';
import { ChangePartner } from './change-partner.js';
import { done } from './happened.js';

/** The operator stops a partner's traffic, or lets it flow again. What is so already stays so. */
@Injectable()
export class SetSuspension {
  constructor(private readonly changePartner: ChangePartner) {}

  /** @throws VoltapError not_found; conflict when nothing could flow: the partner is unregistered. */
  async execute(partnerId: string, suspend: boolean, cause: Cause): Promise<StoredPartner> {
    return this.changePartner.execute(partnerId, (current) => {
      if (suspend === (current.status === 'SUSPENDED')) return null;
      if (!suspend) {
        const happened = done({ action: 'resume', cause }, 'Traffic flows again, with the tokens of before');
        return { partner: resumed(current), told: partnerUpdated, happened };
      }
      if (current.status === 'UNREGISTERED') {
        throw new VoltapError('conflict', 'The partner is unregistered; there is no traffic to stop.');
      }
      const happened = done({ action: 'suspend', cause }, 'All traffic is stopped; tokens and registration are kept');
      return { partner: suspended(current), told: partnerSuspended, happened };
    });
  }
}
