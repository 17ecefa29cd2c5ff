import { Injectable } from '@nestjs/common';
import { cdrCreated, type SessionEnded } from '@voltap/contracts/events';
import { derivedId, event, objectKey, VoltapError } from '@voltap/kernel';
import { effectiveQuirks, type Quirks } from '@voltap/ocpi/profiles';
import { Outbox } from '@voltap/platform/messaging';
import type { Transaction } from '@voltap/platform/persistence';
import { makeCdr } from '../domain/make-cdr.js';
import { CdrRepository } from '../store/cdr-repository.js';
import { Projections } from '../store/projections.js';
import { CompareWithBackEnd } from './compare-with-back-end.js';

/**
 * An ended session becomes its one CDR, whose id follows from the session's: made again after this service lost it, it is the
 * same bill to everybody who has it. A start that never became a charge has one over zero where
 * the partner needs it.
 */
@Injectable()
export class CreateCdr {
  constructor(
    private readonly outbox: Outbox,
    private readonly cdrs: CdrRepository,
    private readonly projections: Projections,
    private readonly compareWithBackEnd: CompareWithBackEnd,
  ) {}

  /** @throws VoltapError unavailable (to be tried again) while the partner of the session is not known yet. */
  async execute(transaction: Transaction, ended: SessionEnded): Promise<void> {
    const { session, partnerId } = ended;
    if (await this.cdrs.exists(transaction, session, session.id)) return;
    const quirks = partnerId === null ? null : await this.quirksOf(transaction, partnerId);
    if (session.status === 'INVALID' && !quirks?.zeroCdrWhenNeverStarted) return;
    const id = derivedId('cdr', objectKey(session, session.id));
    const made = makeCdr(ended, { id, invoiceReference: quirks?.invoiceCreator === 'CPO' ? id : null });
    const stored = await this.cdrs.insert(transaction, made.cdr, partnerId, made.timeZone);
    await this.outbox.add(
      transaction,
      event(cdrCreated, {
        key: objectKey(session, id),
        revision: stored.revision,
        payload: { ...made, cdr: stored.content, partnerId },
      }),
    );
    await this.compareWithBackEnd.again(transaction, session, session.id);
  }

  private async quirksOf(transaction: Transaction, partnerId: string): Promise<Readonly<Quirks>> {
    const partner = await this.projections.partner(transaction, partnerId);
    if (partner === null) throw new VoltapError('unavailable', `Partner ${partnerId} is not known yet.`);
    return effectiveQuirks(partner.profile, partner.settings);
  }
}
