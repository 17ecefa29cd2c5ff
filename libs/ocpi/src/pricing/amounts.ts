import { Decimal, decimal, ZERO } from '@voltap/kernel';
import type { Amounts, TaxShare } from './priced.js';

/** Divisions (hours, net of gross) are carried to this decimal, so that sums and differences are exact. */
export const EXACT_PLACES = 20;
const HUNDRED = decimal(100);

export function exact(value: Decimal): Decimal {
  return value.toDecimalPlaces(EXACT_PLACES);
}

export const NOTHING: Amounts = { beforeTaxes: ZERO, afterTaxes: ZERO, taxes: [] };

export type TaxMode = 'YES' | 'NO' | 'N/A';

/** PRC-22, PRC-23: what a stated amount is before and after taxes. */
export function taxed(stated: Decimal, vat: Decimal | undefined, mode: TaxMode, taxName: string): Amounts {
  if (mode === 'N/A' || vat === undefined) return { beforeTaxes: stated, afterTaxes: stated, taxes: [] };
  const beforeTaxes = mode === 'NO' ? stated : exact(stated.times(HUNDRED).div(HUNDRED.plus(vat)));
  const afterTaxes = mode === 'YES' ? stated : stated.plus(exact(stated.times(vat).div(HUNDRED)));
  return {
    beforeTaxes,
    afterTaxes,
    taxes: [{ name: taxName, percentage: vat, amount: afterTaxes.minus(beforeTaxes) }],
  };
}

/** Whether two shares are the same tax: name and rate (PRC-24). */
export function sameTax(left: TaxShare, right: TaxShare): boolean {
  if (left.name !== right.name) return false;
  if (!left.percentage || !right.percentage) return left.percentage === right.percentage;
  return left.percentage.equals(right.percentage);
}

export function sum(values: Iterable<Decimal>): Decimal {
  let result: Decimal = ZERO;
  for (const value of values) result = result.plus(value);
  return result;
}

/** Sum of amounts, taxes grouped by name and rate in order of appearance (PRC-24). */
export function addUp(list: readonly Amounts[]): Amounts {
  const taxes: TaxShare[] = [];
  for (const amounts of list) {
    for (const share of amounts.taxes) {
      const index = taxes.findIndex((known) => sameTax(known, share));
      const known = taxes[index];
      if (known) taxes[index] = { ...known, amount: known.amount.plus(share.amount) };
      else taxes.push(share);
    }
  }
  return {
    beforeTaxes: sum(list.map((amounts) => amounts.beforeTaxes)),
    afterTaxes: sum(list.map((amounts) => amounts.afterTaxes)),
    taxes,
  };
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
