import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { financialAdviceReceived } from '@voltap/contracts/events';
import { Clock, event } from '@voltap/kernel';
import type { FinancialAdviceConfirmation } from '@voltap/ocpi/model';
import { Outbox } from '@voltap/platform/messaging';
import { Database } from '@voltap/platform/persistence';
import { type Facts, totalWithTaxes } from '../domain/reconciliation.js';
import { ConfirmationRepository } from '../store/confirmation-repository.js';
import { RecordFact } from './record-fact.js';

/**
 * The PTP confirms what it captured: kept whatever it refers to (PAY-23), once however often it comes, every version
 * remembered (PAY-28), and put beside the charge of the same reference.
 */
@Injectable()
export class ReceiveConfirmation {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly confirmations: ConfirmationRepository,
    private readonly recordFact: RecordFact,
    private readonly clock: Clock,
  ) {}

  /** @returns whether it is the first under its id. */
  async execute(partnerId: string, confirmation: FinancialAdviceConfirmation): Promise<boolean> {
    return this.database.transaction(async (transaction) => {
      const current = await this.confirmations.lock(transaction, partnerId, confirmation.id);
      if (current !== null && isDeepStrictEqual(current.content, confirmation)) return false;
      const stored = await this.confirmations.write(transaction, partnerId, confirmation);
      const { authorization_reference } = confirmation;
      await this.recordFact.execute(transaction, { partnerId, authorization_reference }, (facts) =>
        withConfirmation(facts, confirmation, this.clock.now()),
      );
      const { eft_data: _, ...withoutCard } = confirmation;
      await this.outbox.add(
        transaction,
        event(financialAdviceReceived, {
          key: `${partnerId}*${stored.id}`,
          revision: stored.revision,
          payload: { partnerId, confirmation: withoutCard },
        }),
      );
      return current === null;
    });
  }
}

/** Of several confirmations of one charge the latest counts, by the PTP's own time (PAY-29). */
function withConfirmation(facts: Facts, confirmation: FinancialAdviceConfirmation, now: Date): Facts {
  const known = facts.confirmation;
  const older = known !== null && Date.parse(known.lastUpdated) > Date.parse(confirmation.last_updated);
  if (older && known.id !== confirmation.id) return facts;
  return {
    ...facts,
    confirmation: {
      id: confirmation.id,
      captured: totalWithTaxes(confirmation.total_costs).toString(),
      currency: confirmation.currency,
      status: confirmation.capture_status_code,
      message: confirmation.capture_status_message ?? null,
      lastUpdated: confirmation.last_updated,
      receivedAt: now.toISOString(),
    },
  };
}
