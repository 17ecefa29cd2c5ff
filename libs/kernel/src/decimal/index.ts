import { Decimal as DecimalJs } from 'decimal.js';

/** Exact decimal arithmetic: 40 significant digits, half-up, no exponent in texts. No binary float takes part. */
export const Decimal = DecimalJs.clone({
  precision: 40,
  rounding: DecimalJs.ROUND_HALF_UP,
  toExpNeg: -40,
  toExpPos: 40,
});
export type Decimal = DecimalJs;

export const ZERO: Decimal = new Decimal(0);

/**
 * A decimal from a JSON number or a decimal text.
 * A JSON number is read by its shortest decimal text, which is the number that was written for up to 15 digits.
 * @throws RangeError when the value is no finite decimal.
 */
export function decimal(value: number | string | Decimal): Decimal {
  if (value instanceof Decimal && value.isFinite()) return value;
  let result: Decimal;
  try {
    // decimal.js reads a number by that text itself; -0 is 0 here.
    result = new Decimal(value === 0 ? 0 : value);
  } catch {
    throw new RangeError(`not a decimal: ${String(value)}`);
  }
  if (!result.isFinite()) throw new RangeError(`not a finite decimal: ${String(value)}`);
  return result;
}

/** The JSON number of a decimal, rounded half-up to `places` (OCPI asks for at least 4, FMT-11). */
export function toJsonNumber(value: Decimal, places = 4): number {
  return (value.decimalPlaces() > places ? value.toDecimalPlaces(places, Decimal.ROUND_HALF_UP) : value).toNumber();
}
