import { type Decimal, decimal } from '@voltap/kernel';
import type { Price } from '@voltap/ocpi/model';
import { type Difference, differencesOf } from './differences.js';
import { acceptedAtOf, billedOf, type Facts } from './facts.js';

export type ReconciliationState =
  | 'AUTHORISED'
  | 'STARTED'
  | 'ENDED'
  | 'CDR_SENT'
  | 'CDR_ACCEPTED'
  | 'MATCHED'
  | 'PAID_OUT'
  | 'DIFFERENT'
  | 'FAILED'
  | 'WRITTEN_OFF'
  | 'NOT_STARTED';

export interface Reconciliation {
  readonly state: ReconciliationState;
  readonly differences: readonly Difference[];
}

/** What a charge must owe before anybody can let it go: money, or the session of a start that was accepted. */
export const WRITE_OFF_STATES: readonly ReconciliationState[] = [
  'AUTHORISED',
  'CDR_SENT',
  'CDR_ACCEPTED',
  'DIFFERENT',
  'FAILED',
];

/** The state of a charge is a function of what is known of it, whatever came first. `tolerance`: in the currency of the charge. */
export function reconcile(facts: Facts, tolerance: Decimal): Reconciliation {
  const differences = differencesOf(facts, tolerance);
  const state = stateOf(facts, differences);
  return { state: WRITE_OFF_STATES.includes(state) && isWrittenOff(facts) ? 'WRITTEN_OFF' : state, differences };
}

/** What a price amounts to for the driver: before taxes and all taxes. */
export function totalWithTaxes(price: Price): Decimal {
  return (price.taxes ?? []).reduce((sum, tax) => sum.plus(decimal(tax.amount)), decimal(price.before_taxes));
}

/** What came after a write-off is not covered by it. */
function isWrittenOff(facts: Facts): boolean {
  const { writeOff, confirmation } = facts;
  if (writeOff === null) return false;
  return same(writeOff.billed, billedOf(facts)?.toString()) && same(writeOff.captured, confirmation?.captured);
}

function same(one: string | null, other: string | undefined): boolean {
  if (one === null || other === undefined) return one === null && other === undefined;
  return decimal(one).equals(other);
}

function stateOf(facts: Facts, differences: readonly Difference[]): ReconciliationState {
  const { confirmation, cdr, payouts } = facts;
  if (confirmation?.status === 'FAILED') return 'FAILED';
  // Money that came before the bill is no quarrel yet.
  if (differences.every(({ code, tolerated }) => tolerated || code === 'confirmation_before_cdr')) {
    if (confirmation === null || cdr === null) return chargeState(facts);
    return payouts.length === 0 ? 'MATCHED' : 'PAID_OUT';
  }
  return 'DIFFERENT';
}

function chargeState(facts: Facts): ReconciliationState {
  const { cdr, session, start, startResult } = facts;
  if (cdr !== null) return acceptedAtOf(facts) === null ? 'CDR_SENT' : 'CDR_ACCEPTED';
  if (session !== null) {
    if (session.status === 'INVALID') return 'NOT_STARTED';
    return session.status === 'COMPLETED' ? 'ENDED' : 'STARTED';
  }
  if (startResult === null || startResult.result === 'ACCEPTED') return 'AUTHORISED';
  // A further attempt under the same reference is under way.
  const another =
    start !== null && start.commandId !== startResult.commandId && start.acceptedAt > startResult.completedAt;
  return another ? 'AUTHORISED' : 'NOT_STARTED';
}
