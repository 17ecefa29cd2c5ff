import { type Decimal, decimal } from '@voltap/kernel';
import { billedOf, type Facts } from './facts.js';

export type DifferenceCode =
  | 'unknown_reference'
  | 'confirmation_before_cdr'
  | 'currency_differs'
  | 'rounded_by_line'
  | 'taxes_missing'
  | 'shown_price_captured'
  | 'limit_reached'
  | 'partial_capture'
  | 'amount_differs'
  | 'credited_not_refunded'
  | 'capture_failed'
  | 'payout_without_capture'
  | 'payout_differs';

/** Why the money does not agree, in words for the operator. */
export interface Difference {
  readonly code: DifferenceCode;
  readonly message: string;
  /** Received minus expected, decimal text in the currency of the charge; null where two currencies meet. */
  readonly amount: string | null;
  /** Small enough for the tolerance that is set: noted, and no reason to look. */
  readonly tolerated: boolean;
}

type Known<Part extends keyof Facts> = NonNullable<Facts[Part]>;

/** All that does not agree between bill, capture and payout, each with the cause that explains it best. */
export function differencesOf(facts: Facts, tolerance: Decimal): readonly Difference[] {
  const capture = captureDifference(facts);
  const payout = payoutDifference(facts);
  return [capture, payout].flatMap((each) => {
    if (each === null) return [];
    const small = each.amount !== null && decimal(each.amount).abs().lessThanOrEqualTo(tolerance);
    return [{ ...each, tolerated: small && TOLERABLE.has(each.code) }];
  });
}

/** A failed capture of nothing is still a failed capture. */
const TOLERABLE: ReadonlySet<DifferenceCode> = new Set([
  'rounded_by_line',
  'amount_differs',
  'shown_price_captured',
  'payout_differs',
]);

type Found = Omit<Difference, 'tolerated'>;

function captureDifference(facts: Facts): Found | null {
  const { confirmation, cdr } = facts;
  if (confirmation === null) return null;
  const { captured, currency, status, message } = confirmation;
  const billed = billedOf(facts);
  if (status === 'FAILED') {
    const amount = billed === null ? null : decimal(0).minus(billed).toString();
    return { code: 'capture_failed', message: `The capture failed: ${message ?? 'no reason given'}.`, amount };
  }
  if (cdr === null || billed === null) return withoutCdr(facts, captured);
  if (currency !== cdr.currency) {
    return { code: 'currency_differs', message: `Captured in ${currency}, billed in ${cdr.currency}.`, amount: null };
  }
  const amount = decimal(captured).minus(billed);
  if (amount.isZero() && status === 'SUCCESS') return null;
  if (facts.credits.length > 0 && decimal(captured).greaterThan(billed)) {
    const message = `${captured} ${currency} was captured; after the credit only ${billed} is owed, so ${amount} is to be given back.`;
    return { code: 'credited_not_refunded', message, amount: amount.toString() };
  }
  return { ...causeOf(facts, cdr, confirmation), amount: amount.toString() };
}

function withoutCdr(facts: Facts, captured: string): Found {
  const known = facts.start !== null || facts.session !== null;
  return {
    code: known ? 'confirmation_before_cdr' : 'unknown_reference',
    message: known
      ? 'The confirmation came before the CDR was made.'
      : 'Money was captured for a reference that no charge of ours has.',
    amount: captured,
  };
}

/** The first explanation that fits to the cent. */
function causeOf(
  { session }: Facts,
  cdr: Known<'cdr'>,
  { captured, currency, status }: Known<'confirmation'>,
): Pick<Found, 'code' | 'message'> {
  const got = decimal(captured);
  const less = got.lessThan(cdr.total);
  if (less && cdr.limit !== null && got.equals(cdr.limit)) {
    const message = `The terminal captured the ${cdr.limit} ${currency} it had reserved, not the ${cdr.total} billed.`;
    return { code: 'limit_reached', message };
  }
  if (status === 'PARTIAL_SUCCESS') {
    return { code: 'partial_capture', message: `Only ${captured} of ${cdr.total} ${currency} was captured.` };
  }
  if (got.equals(cdr.beforeTaxes)) {
    return {
      code: 'taxes_missing',
      message: `The ${captured} ${currency} before taxes was captured, not the ${cdr.total} billed.`,
    };
  }
  if (got.equals(cdr.roundedByLine)) {
    const message = `${captured} ${currency} is the bill with each line rounded by itself; as a whole it is ${cdr.total}.`;
    return { code: 'rounded_by_line', message };
  }
  if (session?.shown != null && got.equals(session.shown)) {
    const message = `The ${captured} ${currency} that the terminal showed last was captured, not the ${cdr.total} billed.`;
    return { code: 'shown_price_captured', message };
  }
  const difference = got.minus(cdr.total).abs();
  const message = `${captured} ${currency} was captured, ${difference} ${less ? 'less' : 'more'} than the ${cdr.total} billed.`;
  return { code: 'amount_differs', message };
}

function payoutDifference({ payouts, confirmation }: Facts): Found | null {
  const [first] = payouts;
  if (first === undefined) return null;
  const currency = confirmation?.currency ?? first.currency;
  const foreign = payouts.find((payout) => payout.currency !== currency);
  if (foreign !== undefined) {
    return {
      code: 'currency_differs',
      message: `Paid out in ${foreign.currency}, captured in ${currency}.`,
      amount: null,
    };
  }
  const paid = payouts.reduce((sum, { amount }) => sum.plus(amount), decimal(0));
  if (confirmation === null || confirmation.status === 'FAILED') {
    const message = `${paid} ${currency} was paid out, but no capture is confirmed.`;
    return { code: 'payout_without_capture', message, amount: paid.toString() };
  }
  const amount = paid.minus(confirmation.captured);
  if (amount.isZero()) return null;
  const message = `${paid} ${currency} was paid out in ${payouts.length === 1 ? 'one payment' : `${payouts.length} payments`}, ${confirmation.captured} was captured.`;
  return { code: 'payout_differs', message, amount: amount.toString() };
}
