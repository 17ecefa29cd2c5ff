import { Inject, Injectable } from '@nestjs/common';
import { Clock, VoltapError } from '@voltap/kernel';
import { Database, type Transaction } from '@voltap/platform/persistence';
import { LOGGER, type Logger } from '@voltap/platform/telemetry';
import { withPayout } from '../domain/facts.js';
import { type Candidate, type Payout, PayoutRepository } from '../store/payout-repository.js';
import { RecordFact } from './record-fact.js';

const BATCH = 200;
/** A charge may be known later than its payout; a line that none comes for is left to the operator. */
const AGAIN_AFTER_MS = 60 * 60 * 1000;
const GIVE_UP_AFTER_MS = 30 * 24 * 60 * 60 * 1000;

/** Puts each line of an acquirer's file beside its charge; where more than one could be meant, nobody guesses. */
@Injectable()
export class MatchPayouts {
  constructor(
    private readonly database: Database,
    private readonly payouts: PayoutRepository,
    private readonly recordFact: RecordFact,
    private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * Until no line is due, of this import or of all, or `forMs` have passed. Each line is a transaction of its own, so
   * breaking off loses nothing; one that fails comes again later, and keeps no other waiting.
   * @returns whether it was broken off
   */
  async run({
    importId,
    forMs = Number.POSITIVE_INFINITY,
  }: {
    importId?: string;
    forMs?: number;
  } = {}): Promise<boolean> {
    const end = performance.now() + forMs;
    for (;;) {
      const due = await this.payouts.due(BATCH, importId);
      if (due.length === 0) return false;
      for (const id of due) {
        if (performance.now() >= end) return true;
        await this.attempt(id);
      }
    }
  }

  private async attempt(id: string): Promise<void> {
    try {
      await this.database.transaction((transaction) => this.match(transaction, id));
    } catch (error) {
      this.logger.error({ error, payout: id }, 'a payout could not be matched, trying again later');
      await this.payouts.postpone(id, new Date(this.clock.now().getTime() + AGAIN_AFTER_MS));
    }
  }

  /** By the operator. @throws VoltapError not_found, or conflict when the line is matched, or the charge is not clear. */
  async assign(id: string, reference: string, partnerId: string | undefined, by: string): Promise<Payout> {
    return this.decide(id, async (transaction, payout) => {
      const candidates = await this.payouts.byReference(transaction, reference, partnerId ?? null);
      const [charge] = candidates;
      if (charge === undefined) throw new VoltapError('not_found', `Nothing is known of a charge ${reference}.`);
      if (candidates.length > 1) {
        const partners = candidates.map((candidate) => candidate.partnerId).join(', ');
        throw new VoltapError(
          'conflict',
          `${reference} is a reference of several partners; give partnerId: ${partners}.`,
        );
      }
      await this.join(transaction, payout, charge, `matched by ${by}`);
    });
  }

  /** @throws VoltapError not_found, or conflict when the line is matched. */
  async dismiss(id: string, reason: string, by: string): Promise<Payout> {
    return this.decide(id, (transaction, payout) =>
      this.payouts.settle(transaction, payout, { state: 'DISMISSED', note: `${reason} (${by})` }),
    );
  }

  private async decide(
    id: string,
    decision: (transaction: Transaction, payout: Payout) => Promise<void>,
  ): Promise<Payout> {
    return this.database.transaction(async (transaction) => {
      const payout = await this.payouts.lock(transaction, id);
      if (payout === null) throw new VoltapError('not_found', `There is no payout ${id}.`);
      if (payout.state === 'MATCHED') {
        throw new VoltapError('conflict', `Payout ${id} belongs to the charge ${payout.matchedReference} already.`);
      }
      await decision(transaction, payout);
      return (await this.payouts.lock(transaction, id)) ?? payout;
    });
  }

  private async match(transaction: Transaction, id: string): Promise<void> {
    const payout = await this.payouts.lock(transaction, id);
    if (payout === null || payout.state === 'MATCHED' || payout.state === 'DISMISSED') return;
    const candidates = await this.candidates(transaction, payout);
    const [charge] = candidates;
    if (charge !== undefined && candidates.length === 1) return this.join(transaction, payout, charge, null);
    const now = this.clock.now().getTime();
    const nextAttemptAt = now - payout.paidAt.getTime() < GIVE_UP_AFTER_MS ? new Date(now + AGAIN_AFTER_MS) : undefined;
    await this.payouts.settle(transaction, payout, {
      state: charge === undefined ? 'UNMATCHED' : 'AMBIGUOUS',
      candidates: candidates.map(({ authorization_reference }) => authorization_reference),
      nextAttemptAt,
    });
  }

  private async candidates(transaction: Transaction, payout: Payout): Promise<Candidate[]> {
    if (payout.authorization_reference !== null) {
      return this.payouts.byReference(transaction, payout.authorization_reference, null);
    }
    return payout.cardLastFour === null ? [] : this.payouts.byCard(transaction, payout);
  }

  private async join(transaction: Transaction, payout: Payout, charge: Candidate, note: string | null): Promise<void> {
    const { id, amount, fee, currency, paidAt } = payout;
    await this.recordFact.execute(transaction, charge, (facts) =>
      withPayout(facts, { id, amount, fee, currency, paidAt: paidAt.toISOString() }),
    );
    const { partnerId, authorization_reference: matchedReference } = charge;
    await this.payouts.settle(transaction, payout, { state: 'MATCHED', partnerId, matchedReference, note });
  }
}
