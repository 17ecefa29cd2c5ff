import { Inject, Injectable } from '@nestjs/common';
import { reconciliationChanged } from '@voltap/contracts/events';
import { Clock, event, sameJson } from '@voltap/kernel';
import { Outbox } from '@voltap/platform/messaging';
import type { Transaction } from '@voltap/platform/persistence';
import { billedOf, type Facts, NO_FACTS } from '../domain/facts.js';
import { dueAt, figuresOf } from '../domain/figures.js';
import { reconcile } from '../domain/reconciliation.js';
import { type PaymentsConfig, patienceOf, paymentsConfig } from '../payments.config.js';
import { ReconciliationRepository } from '../store/reconciliation-repository.js';

/** Adds what became known of a charge, from whichever source and in whichever order, and tells where its money stands. */
@Injectable()
export class RecordFact {
  constructor(
    private readonly outbox: Outbox,
    private readonly reconciliations: ReconciliationRepository,
    private readonly clock: Clock,
    @Inject(paymentsConfig.token) private readonly config: PaymentsConfig,
  ) {}

  /** `change` gives the new facts, or the same object when nothing is new. */
  async execute(
    transaction: Transaction,
    charge: { readonly partnerId: string; readonly authorization_reference: string },
    change: (facts: Facts) => Facts | Promise<Facts>,
  ): Promise<void> {
    const { partnerId, authorization_reference } = charge;
    const current = await this.reconciliations.lock(transaction, partnerId, authorization_reference);
    const before = current?.facts ?? NO_FACTS;
    const facts = await change(before);
    if (current !== null && facts === before) return;
    const tolerance = this.config.VOLTAP_RECONCILIATION_TOLERANCE;
    const { state, differences } = reconcile(facts, tolerance);
    const revision = (current?.revision ?? 0) + 1;
    const row = {
      partnerId,
      authorization_reference,
      revision,
      facts,
      state,
      differences,
      dueAt: dueAt(facts, state, patienceOf(this.config)),
      updatedAt: this.clock.now(),
    };
    await this.reconciliations.write(transaction, row);
    // A session that goes on has no figures yet, and tells of itself all the time.
    const figures = figuresOf(facts, tolerance);
    if (!sameJson(figures, figuresOf(before, tolerance)))
      await this.reconciliations.writeFigures(transaction, row, figures);
    await this.outbox.add(
      transaction,
      event(reconciliationChanged, {
        key: `${partnerId}*${authorization_reference.toUpperCase()}`,
        revision,
        payload: {
          partnerId,
          authorization_reference,
          state,
          cdrTotal: billedOf(facts)?.toString() ?? null,
          captured: facts.confirmation?.captured ?? null,
          currency: facts.cdr?.currency ?? facts.confirmation?.currency ?? null,
        },
      }),
    );
  }
}
