import { Decimal, decimal, ZERO } from '@voltap/kernel';
import type { Amounts, TaxShare } from './priced.js';

/** Divisions (hours, net of gross) are carried to this decimal, so that sums and differences are exact. */
export const EXACT_PLACES = 20;
const HUNDRED = decimal(100);
const HUNDREDTH = decimal('0.01');

export function exact(value: Decimal): Decimal {
  return value.decimalPlaces() > EXACT_PLACES ? value.toDecimalPlaces(EXACT_PLACES) : value;
}

export const NOTHING: Amounts = { beforeTaxes: ZERO, afterTaxes: ZERO, taxes: [] };

export type TaxMode = 'YES' | 'NO' | 'N/A';

/** PRC-22, PRC-23: what a stated amount is before and after taxes. */
export function taxed(stated: Decimal, vat: Decimal | undefined, mode: TaxMode, taxName: string): Amounts {
  if (mode === 'N/A' || vat === undefined) return { beforeTaxes: stated, afterTaxes: stated, taxes: [] };
  if (stated.isZero()) {
    return { beforeTaxes: ZERO, afterTaxes: ZERO, taxes: [{ name: taxName, percentage: vat, amount: ZERO }] };
  }
  const amount =
    mode === 'NO'
      ? exact(stated.times(vat).times(HUNDREDTH))
      : stated.minus(exact(stated.times(HUNDRED).div(HUNDRED.plus(vat))));
  return {
    beforeTaxes: mode === 'NO' ? stated : stated.minus(amount),
    afterTaxes: mode === 'NO' ? stated.plus(amount) : stated,
    taxes: [{ name: taxName, percentage: vat, amount }],
  };
}

/** Whether two shares are the same tax: name and rate (PRC-24). */
export function sameTax(left: TaxShare, right: TaxShare): boolean {
  if (left.name !== right.name) return false;
  if (!left.percentage || !right.percentage) return left.percentage === right.percentage;
  return left.percentage.equals(right.percentage);
}

export function sum(values: Iterable<Decimal>): Decimal {
  let result: Decimal | undefined;
  for (const value of values) result = result === undefined ? value : result.plus(value);
  return result ?? ZERO;
}

/** Sum of amounts, taxes grouped by name and rate in order of appearance (PRC-24). */
export function addUp(list: readonly Amounts[]): Amounts {
  const [only] = list;
  if (only === undefined) return NOTHING;
  if (list.length === 1) {
    const { beforeTaxes, afterTaxes, taxes } = only;
    return { beforeTaxes, afterTaxes, taxes };
  }
  const taxes: TaxShare[] = [];
  for (const amounts of list) {
    for (const share of amounts.taxes) {
      const index = taxes.findIndex((known) => sameTax(known, share));
      const known = taxes[index];
      if (known) taxes[index] = { ...known, amount: known.amount.plus(share.amount) };
      else taxes.push(share);
    }
  }
  const afterTaxes = sum(list.map((amounts) => amounts.afterTaxes));
  return { beforeTaxes: afterTaxes.minus(sum(taxes.map(({ amount }) => amount))), afterTaxes, taxes };
}

/** What must be added to `from` to get `to`; taxes that do not change are left out. */
export function difference(to: Amounts, from: Amounts): Amounts {
  const negated = from.taxes.map((share) => ({ ...share, amount: share.amount.negated() }));
  const taxes = addUp([
    { ...NOTHING, taxes: to.taxes },
    { ...NOTHING, taxes: negated },
  ]).taxes;
  return {
    beforeTaxes: to.beforeTaxes.minus(from.beforeTaxes),
    afterTaxes: to.afterTaxes.minus(from.afterTaxes),
    taxes: taxes.filter((share) => !share.amount.isZero()),
  };
}

export function smaller(left: Decimal, right: Decimal): Decimal {
  return Decimal.min(left, right);
}

export function larger(left: Decimal, right: Decimal): Decimal {
  return Decimal.max(left, right);
}
