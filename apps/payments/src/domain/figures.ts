import { type Decimal, decimal } from '@voltap/kernel';
import { billedOf, type Facts } from './facts.js';
import { type ReconciliationState, reconcile } from './reconciliation.js';

/** The money of one charge in one currency, decimal texts, taxes included. What is not known counts as nothing. */
export interface Figures {
  readonly currency: string;
  readonly billed: string;
  readonly captured: string;
  readonly writtenOff: string;
  readonly paidOut: string;
  readonly fees: string;
}

/** A charge has more than one where its bill, its capture and its payout do not agree on the currency. */
export function figuresOf(facts: Facts, tolerance: Decimal): readonly Figures[] {
  const sums = new Map<string, Record<Exclude<keyof Figures, 'currency'>, Decimal>>();
  const add = (currency: string, figure: Exclude<keyof Figures, 'currency'>, amount: string | Decimal) => {
    const zero = decimal(0);
    const known = sums.get(currency) ?? { billed: zero, captured: zero, writtenOff: zero, paidOut: zero, fees: zero };
    sums.set(currency, { ...known, [figure]: known[figure].plus(amount) });
  };
  const { cdr, confirmation, payouts } = facts;
  const billedNow = billedOf(facts);
  if (cdr !== null && billedNow !== null) add(cdr.currency, 'billed', billedNow);
  if (confirmation !== null && confirmation.status !== 'FAILED') {
    add(confirmation.currency, 'captured', confirmation.captured);
  }
  for (const payout of payouts) {
    add(payout.currency, 'paidOut', payout.amount);
    add(payout.currency, 'fees', payout.fee);
  }
  if (reconcile(facts, tolerance).state === 'WRITTEN_OFF') {
    for (const [currency, { billed, captured }] of sums) add(currency, 'writtenOff', billed.minus(captured));
  }
  return [...sums].map(([currency, { billed, captured, writtenOff, paidOut, fees }]) => ({
    currency,
    billed: billed.toString(),
    captured: captured.toString(),
    writtenOff: writtenOff.toString(),
    paidOut: paidOut.toString(),
    fees: fees.toString(),
  }));
}

/** How long each step may take before somebody should look. */
export interface Patience {
  readonly startMinutes: number;
  readonly cdrMinutes: number;
  readonly confirmationHours: number;
  /** 0: payouts are not imported here, so none is missed. */
  readonly payoutDays: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** When the charge ought to have gone on; null where nothing is owed. */
export function dueAt(facts: Facts, state: ReconciliationState, patience: Patience): Date | null {
  const after = (since: string | null | undefined, ms: number): Date | null =>
    since == null ? null : new Date(Date.parse(since) + ms);
  const { start, session, cdr, confirmation, payouts } = facts;
  switch (state) {
    case 'AUTHORISED':
      return after(start?.acceptedAt, patience.startMinutes * MINUTE_MS);
    case 'ENDED':
      return after(session?.endedAt, patience.cdrMinutes * MINUTE_MS);
    case 'CDR_SENT':
      return after(cdr?.createdAt, patience.cdrMinutes * MINUTE_MS);
    case 'CDR_ACCEPTED':
      return after(cdr?.createdAt, patience.confirmationHours * HOUR_MS);
    case 'MATCHED':
      return patience.payoutDays === 0 ? null : after(confirmation?.receivedAt, patience.payoutDays * DAY_MS);
    case 'FAILED':
    case 'DIFFERENT':
      return after(confirmation?.receivedAt ?? payouts[0]?.paidAt, 0);
    case 'STARTED':
    case 'PAID_OUT':
    case 'WRITTEN_OFF':
    case 'NOT_STARTED':
      return null;
  }
}
