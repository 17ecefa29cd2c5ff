import { type Decimal, decimal } from '@voltap/kernel';
import type { CommandResult, FinancialAdviceConfirmation, Price, SessionStatus } from '@voltap/ocpi/model';

/** What is known of one charge, each part from its own source and in any order of arrival. */
export interface Facts {
  readonly start: { readonly commandId: string; readonly acceptedAt: string } | null;
  readonly startResult: {
    readonly commandId: string;
    readonly result: CommandResult['result'];
    readonly completedAt: string;
  } | null;
  readonly session: {
    readonly id: string;
    readonly status: SessionStatus;
    readonly revision: number;
    readonly startedAt: string;
    readonly endedAt: string | null;
    readonly kwh: number;
  } | null;
  readonly cdr: {
    readonly id: string;
    readonly country_code: string;
    readonly party_id: string;
    /** Taxes included, decimal text. */
    readonly total: string;
    readonly currency: string;
    readonly createdAt: string;
  } | null;
  readonly cdrAcceptedAt: string | null;
  readonly confirmation: {
    readonly id: string;
    /** Taxes included, decimal text. */
    readonly captured: string;
    readonly currency: string;
    readonly status: FinancialAdviceConfirmation['capture_status_code'];
    readonly message: string | null;
    readonly lastUpdated: string;
    readonly receivedAt: string;
  } | null;
}

export const NO_FACTS: Facts = {
  start: null,
  startResult: null,
  session: null,
  cdr: null,
  cdrAcceptedAt: null,
  confirmation: null,
};

export type ReconciliationState =
  | 'AUTHORISED'
  | 'STARTED'
  | 'ENDED'
  | 'CDR_SENT'
  | 'CDR_ACCEPTED'
  | 'MATCHED'
  | 'DIFFERENT'
  | 'FAILED'
  | 'NOT_STARTED';

export type DifferenceCode =
  | 'unknown_reference'
  | 'confirmation_before_cdr'
  | 'currency_differs'
  | 'amount_differs'
  | 'partial_capture'
  | 'capture_failed';

/** Why the money does not agree, in words for the operator. */
export interface Difference {
  readonly code: DifferenceCode;
  readonly message: string;
}

export interface Reconciliation {
  readonly state: ReconciliationState;
  readonly differences: readonly Difference[];
}

/** The state of a charge is a function of what is known of it, whatever came first. */
export function reconcile(facts: Facts): Reconciliation {
  const { confirmation, cdr } = facts;
  if (confirmation === null) return { state: chargeState(facts), differences: [] };
  if (confirmation.status === 'FAILED') {
    const reason = confirmation.message ?? 'no reason given';
    return { state: 'FAILED', differences: [{ code: 'capture_failed', message: `The capture failed: ${reason}.` }] };
  }
  if (cdr === null) return withoutCdr(facts);
  const differences = differencesOf(cdr, confirmation);
  return { state: differences.length === 0 ? 'MATCHED' : 'DIFFERENT', differences };
}

/** What a price amounts to for the driver: before taxes and all taxes. */
export function totalWithTaxes(price: Price): Decimal {
  return (price.taxes ?? []).reduce((sum, tax) => sum.plus(decimal(tax.amount)), decimal(price.before_taxes));
}

function chargeState({ cdr, cdrAcceptedAt, session, start, startResult }: Facts): ReconciliationState {
  if (cdr !== null) return cdrAcceptedAt === null ? 'CDR_SENT' : 'CDR_ACCEPTED';
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

function withoutCdr(facts: Facts): Reconciliation {
  if (facts.start === null && facts.session === null) {
    const message = 'Money was captured for a reference that no charge of ours has.';
    return { state: 'DIFFERENT', differences: [{ code: 'unknown_reference', message }] };
  }
  const message = 'The confirmation came before the CDR was made.';
  return { state: chargeState(facts), differences: [{ code: 'confirmation_before_cdr', message }] };
}

function differencesOf(
  cdr: NonNullable<Facts['cdr']>,
  confirmation: NonNullable<Facts['confirmation']>,
): readonly Difference[] {
  const { captured, currency, status } = confirmation;
  if (currency !== cdr.currency) {
    return [{ code: 'currency_differs', message: `Captured in ${currency}, billed in ${cdr.currency}.` }];
  }
  const difference = decimal(captured).minus(cdr.total);
  if (status === 'PARTIAL_SUCCESS') {
    const message = `Only ${captured} of ${cdr.total} ${currency} was captured.`;
    return [{ code: 'partial_capture', message }];
  }
  if (difference.isZero()) return [];
  const sign = difference.isPositive() ? 'more' : 'less';
  const message = `${captured} ${currency} was captured, ${difference.abs()} ${sign} than the ${cdr.total} billed.`;
  return [{ code: 'amount_differs', message }];
}
