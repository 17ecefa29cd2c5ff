import { type Decimal, decimal } from '../decimal/index.js';

/** ISO 4217 code, three upper-case letters. */
export type Currency = string & { readonly __currency: unique symbol };

/** @throws RangeError when the text is not three upper-case letters. */
export function currency(text: string): Currency {
  if (!/^[A-Z]{3}$/.test(text)) throw new RangeError(`not an ISO 4217 currency: ${text}`);
  return text as Currency;
}

/** Currencies whose minor unit is not a hundredth (ISO 4217, exponents). */
const MINOR_UNITS: Readonly<Record<string, number>> = {
  BIF: 0,
  CLP: 0,
  DJF: 0,
  GNF: 0,
  ISK: 0,
  JPY: 0,
  KMF: 0,
  KRW: 0,
  PYG: 0,
  RWF: 0,
  UGX: 0,
  VND: 0,
  VUV: 0,
  XAF: 0,
  XOF: 0,
  XPF: 0,
  BHD: 3,
  IQD: 3,
  JOD: 3,
  KWD: 3,
  LYD: 3,
  OMR: 3,
  TND: 3,
};

/** Decimal places of the smallest coin of a currency: 2 for EUR, 0 for JPY. */
export function minorUnits(code: Currency): number {
  return MINOR_UNITS[code] ?? 2;
}

/** An amount of money. Amounts of different currencies never meet. */
export interface Money {
  readonly amount: Decimal;
  readonly currency: Currency;
}

export function money(amount: number | string | Decimal, code: string): Money {
  return { amount: decimal(amount), currency: currency(code) };
}

/** @throws RangeError when the currencies differ. */
export function addMoney(left: Money, right: Money): Money {
  if (left.currency !== right.currency) throw new RangeError(`cannot add ${left.currency} and ${right.currency}`);
  return { amount: left.amount.plus(right.amount), currency: left.currency };
}

/** Rounded half-up to the smallest coin. */
export function roundMoney(value: Money): Money {
  return { amount: value.amount.toDecimalPlaces(minorUnits(value.currency)), currency: value.currency };
}

/** `12.30 EUR`: rounded, with all decimals of the currency. */
export function formatMoney(value: Money): string {
  return `${value.amount.toFixed(minorUnits(value.currency))} ${value.currency}`;
}
