import { Injectable } from '@nestjs/common';
import { partnerUnregistered } from '@voltap/contracts/events';
import { admittedToChange } from '../domain/admission.js';
import { type InboundToken, type StoredPartner, unregistered } from '../domain/partner.js';
import { ChangePartner } from './change-partner.js';

/** DELETE credentials: both tokens are dead and all traffic stops (CRED-08, CRED-12). */
@Injectable()
export class EndRegistration {
  constructor(private readonly changePartner: ChangePartner) {}

  /** @throws VoltapError unauthorized; method_not_allowed when the partner is not registered. */
  async execute(partnerId: string, scope: InboundToken['scope']): Promise<StoredPartner> {
    return this.changePartner.execute(partnerId, (current) => {
      admittedToChange(current, scope);
      return { partner: unregistered(current), told: partnerUnregistered };
    });
  }
}
