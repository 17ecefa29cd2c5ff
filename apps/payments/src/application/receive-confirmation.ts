import { Injectable } from '@nestjs/common';
import { financialAdviceReceived } from '@voltap/contracts/events';
import { Clock, event, sameJson } from '@voltap/kernel';
import type { FinancialAdviceConfirmation } from '@voltap/ocpi/model';
import { Outbox } from '@voltap/platform/messaging';
import { Database } from '@voltap/platform/persistence';
import type { Facts } from '../domain/facts.js';
import { lastFourDigits } from '../domain/receipt-access.js';
import { totalWithTaxes } from '../domain/reconciliation.js';
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

  /**
   * @param way a version that was pulled may be older than one that was pushed meanwhile, and changes nothing then.
   * @returns whether it is the first under its id.
   */
  async execute(
    partnerId: string,
    confirmation: FinancialAdviceConfirmation,
    way: 'pushed' | 'pulled' = 'pushed',
  ): Promise<boolean> {
    return this.database.transaction(async (transaction) => {
      const current = await this.confirmations.lock(transaction, partnerId, confirmation.id);
      if (current !== null && sameJson(current.content, confirmation)) return false;
      if (current !== null && way === 'pulled' && isOlder(confirmation, current.content)) return false;
      const stored = await this.confirmations.write(transaction, partnerId, confirmation);
      for (const authorization_reference of referencesOf(current?.content, confirmation)) {
        await this.recordFact.execute(transaction, { partnerId, authorization_reference }, async (facts) =>
          withConfirmation(
            facts,
            await this.confirmations.counting(transaction, partnerId, authorization_reference),
            this.clock.now(),
          ),
        );
      }
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

function isOlder(one: FinancialAdviceConfirmation, other: FinancialAdviceConfirmation): boolean {
  return Date.parse(one.last_updated) < Date.parse(other.last_updated);
}

/** The charge that a confirmation is about, and the one that an earlier version of it was about. */
function referencesOf(
  before: FinancialAdviceConfirmation | undefined,
  now: FinancialAdviceConfirmation,
): readonly string[] {
  const references = [before, now].flatMap((each) => (each === undefined ? [] : [each.authorization_reference]));
  const distinct = new Map(references.map((reference) => [reference.toUpperCase(), reference]));
  // In one order, so that two that swap their charges do not wait for each other in a circle.
  return [...distinct].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, reference]) => reference);
}

function withConfirmation(facts: Facts, counting: FinancialAdviceConfirmation | null, now: Date): Facts {
  if (counting === null) return facts.confirmation === null ? facts : { ...facts, confirmation: null };
  const confirmation = {
    id: counting.id,
    captured: totalWithTaxes(counting.total_costs).toString(),
    currency: counting.currency,
    status: counting.capture_status_code,
    message: counting.capture_status_message ?? null,
    lastUpdated: counting.last_updated,
    receivedAt: facts.confirmation?.receivedAt ?? '',
    cardLastFour: [...new Set(lastFourDigits(counting.eft_data ?? []))],
  };
  if (sameJson(facts.confirmation, confirmation)) return facts;
  return { ...facts, confirmation: { ...confirmation, receivedAt: now.toISOString() } };
}
