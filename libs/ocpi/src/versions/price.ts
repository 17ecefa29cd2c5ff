import { type Decimal, decimal, ZERO } from '@voltap/kernel';
import { type Convert, type Fields, isFields } from './conversion.js';

export function exactNumber(value: Decimal): number {
  return Number(value.toString());
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

/** `{excl_vat, incl_vat?}` to `{before_taxes, taxes?}`; a price that already has the newer shape is left alone (PAY-24). */
export const upgradePrice: Convert = (price) => {
  if (!('excl_vat' in price)) return price;
  const { excl_vat, incl_vat, ...rest } = price;
  if (incl_vat === undefined || incl_vat === null) return { before_taxes: excl_vat, ...rest };
  if (!isNumber(excl_vat) || !isNumber(incl_vat)) return price;
  const amount = exactNumber(decimal(incl_vat).minus(decimal(excl_vat)));
  return { before_taxes: excl_vat, taxes: [{ name: 'VAT', amount }], ...rest };
};

/**
 * `{before_taxes, taxes}` to `{excl_vat, incl_vat}`. Taxes that are not stated give no `incl_vat`; an empty list states
 * that there are none. Names, rates and the split over several taxes are lost.
 */
export const downgradePrice: Convert = (price, run, pointer) => {
  if (!('before_taxes' in price)) return price;
  const { before_taxes, taxes, ...rest } = price;
  if (!isNumber(before_taxes) || !Array.isArray(taxes)) return { excl_vat: before_taxes, ...rest };
  let sum = ZERO;
  for (const tax of taxes as Fields[]) if (isNumber(tax.amount)) sum = sum.plus(decimal(tax.amount));
  const [only, ...others] = taxes as Fields[];
  const plain = only !== undefined && others.length === 0 && only.name === 'VAT' && Object.keys(only).length === 2;
  if (!plain) run.lose(`${pointer}/taxes`, 'OCPI 2.2.1 knows one VAT amount without name and rate');
  return { excl_vat: before_taxes, incl_vat: exactNumber(decimal(before_taxes).plus(sum)), ...rest };
};

/** PriceLimit of 2.3.0 and its 2.2.1 form, a Price; nothing is lost in either direction. */
export const upgradeLimit: Convert = (limit) => rename(limit, 'excl_vat', 'before_taxes', 'incl_vat', 'after_taxes');
export const downgradeLimit: Convert = (limit) => rename(limit, 'before_taxes', 'excl_vat', 'after_taxes', 'incl_vat');

function rename(limit: Fields, net: string, newNet: string, gross: string, newGross: string): Fields {
  if (!isFields(limit) || !(net in limit)) return limit;
  const { [net]: netAmount, [gross]: grossAmount, ...rest } = limit;
  const renamed = { [newNet]: netAmount, ...rest };
  return grossAmount === undefined ? renamed : { ...renamed, [newGross]: grossAmount };
}
