import { Injectable } from '@nestjs/common';
import { Clock, VoltapError } from '@voltap/kernel';
import { Database, type Transaction } from '@voltap/platform/persistence';
import { billedOf, withWriteOff } from '../domain/facts.js';
import { WRITE_OFF_STATES } from '../domain/reconciliation.js';
import { ReconciliationRepository, type ReconciliationRow } from '../store/reconciliation-repository.js';
import { RecordFact } from './record-fact.js';

export interface Decision {
  readonly reason: string;
  readonly by: string;
}

/** An operator leaves a difference as it is, or takes that back. */
@Injectable()
export class WriteOff {
  constructor(
    private readonly database: Database,
    private readonly reconciliations: ReconciliationRepository,
    private readonly recordFact: RecordFact,
    private readonly clock: Clock,
  ) {}

  /** @throws VoltapError not_found; conflict when the charge owes nothing. The same decision again changes nothing. */
  async execute(reference: string, partnerId: string | undefined, decision: Decision): Promise<ReconciliationRow> {
    return this.decide(reference, partnerId, (row) => {
      if (row.state === 'WRITTEN_OFF') return row.facts;
      if (!WRITE_OFF_STATES.includes(row.state)) {
        throw new VoltapError('conflict', `The charge ${reference} is ${row.state}: there is nothing to write off.`);
      }
      return withWriteOff(row.facts, {
        ...decision,
        billed: billedOf(row.facts)?.toString() ?? null,
        captured: row.facts.confirmation?.captured ?? null,
        at: this.clock.now().toISOString(),
      });
    });
  }

  /** @throws VoltapError not_found; conflict when nothing was written off. */
  async reopen(reference: string, partnerId: string | undefined): Promise<ReconciliationRow> {
    return this.decide(reference, partnerId, (row) => {
      if (row.facts.writeOff === null) {
        throw new VoltapError('conflict', `Nothing of the charge ${reference} was written off.`);
      }
      return withWriteOff(row.facts, null);
    });
  }

  private async decide(
    reference: string,
    partnerId: string | undefined,
    change: (row: ReconciliationRow) => ReconciliationRow['facts'],
  ): Promise<ReconciliationRow> {
    return this.database.transaction(async (transaction) => {
      const owner = await this.reconciliations.owner(transaction, reference, partnerId);
      const row = await this.locked(transaction, owner, reference);
      const charge = { partnerId: owner, authorization_reference: row.authorization_reference };
      await this.recordFact.execute(transaction, charge, (facts) => change({ ...row, facts }));
      return this.locked(transaction, owner, reference);
    });
  }

  private async locked(transaction: Transaction, partnerId: string, reference: string): Promise<ReconciliationRow> {
    const row = await this.reconciliations.lock(transaction, partnerId, reference);
    if (row === null) throw new VoltapError('not_found', `Nothing is known of a charge ${reference}.`);
    return row;
  }
}
