import { Injectable } from '@nestjs/common';
import { partnerUnregistered } from '@voltap/contracts/events';
import { Clock } from '@voltap/kernel';
import { admitted } from '../domain/admission.js';
import { type StoredPartner, unregistered } from '../domain/partner.js';
import type { Cause } from '../domain/partner-event.js';
import { ChangePartner } from './change-partner.js';
import { done } from './happened.js';

/** DELETE credentials: both tokens are dead and all traffic stops (CRED-08, CRED-12). */
@Injectable()
export class EndRegistration {
  constructor(
    private readonly changePartner: ChangePartner,
    private readonly clock: Clock,
  ) {}

  /** @throws VoltapError unauthorized; method_not_allowed when the partner is not registered. */
  async execute(partnerId: string, tokenHash: string, cause: Cause): Promise<StoredPartner> {
    return this.changePartner.execute(partnerId, (current) => {
      admitted(current, 'end', { hash: tokenHash, now: this.clock.now() });
      const tried = { action: 'unregister', cause, version: current.version } as const;
      const happened = done(tried, 'The partner ended the registration; all tokens are dead');
      return { partner: unregistered(current), told: partnerUnregistered, happened };
    });
  }
}
