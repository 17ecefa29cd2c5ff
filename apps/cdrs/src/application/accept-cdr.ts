import { Injectable } from '@nestjs/common';
import { cdrAccepted, type DeliverySettled } from '@voltap/contracts/events';
import { event, objectKey, VoltapError } from '@voltap/kernel';
import { Outbox } from '@voltap/platform/messaging';
import type { Transaction } from '@voltap/platform/persistence';
import { CdrRepository } from '../store/cdr-repository.js';

/** The partner has a CDR: noted beside it, once; the CDR itself never changes. */
@Injectable()
export class AcceptCdr {
  constructor(
    private readonly outbox: Outbox,
    private readonly cdrs: CdrRepository,
  ) {}

  /** @throws VoltapError not_found for a delivery of a CDR that is not ours. */
  async execute(transaction: Transaction, { objectKey: key, partnerId, location, at }: DeliverySettled): Promise<void> {
    const [country_code = '', party_id = '', ...rest] = key.split('*');
    const stored = await this.cdrs.findWithin(transaction, { country_code, party_id }, rest.join('*'));
    if (stored === null) throw new VoltapError('not_found', `There is no CDR ${key}.`);
    const first = await this.cdrs.accept(transaction, stored, { partnerId, location, acceptedAt: new Date(at) });
    if (!first) return;
    const cdr = stored.content;
    await this.outbox.add(
      transaction,
      event(cdrAccepted, {
        key: objectKey(cdr, cdr.id),
        revision: stored.revision + 1,
        payload: {
          partnerId,
          country_code: cdr.country_code,
          party_id: cdr.party_id,
          cdrId: cdr.id,
          authorization_reference: cdr.authorization_reference ?? null,
          location,
          acceptedAt: at,
        },
      }),
    );
  }
}
