import { type Decimal, decimal } from '@voltap/kernel';

/**
 * Energy is added up in whole units of a billionth of a kWh: exact, at the speed of integers. A meter tells a millionth;
 * further decimals are noise of somebody's floating point.
 */
const UNITS_PER_KWH = 1e9;
export const UNITS_PER_WH = 1e6;
const KWH_PER_WH = decimal('0.001');
const KWH_PER_UNIT = decimal('0.000000001');
/** Up to here a product with the factor is off by far less than half a unit. */
const EXACT_KWH = 1e5;

/** More than any vehicle takes, and all of it countable: 2^53 units. */
export const MOST_KWH = 9_000_000;

/** @throws RangeError when it is no amount of energy that can be counted. */
export function energyUnits(kwh: number): number {
  if (Math.abs(kwh) <= EXACT_KWH) return Math.round(kwh * UNITS_PER_KWH);
  if (!(Math.abs(kwh) <= MOST_KWH)) throw new RangeError(`not an energy in kWh: ${kwh}`);
  return decimal(kwh).times(UNITS_PER_KWH).round().toNumber();
}

export function kwhOf(units: number): Decimal {
  // Small integers become decimals without being written out.
  return units % UNITS_PER_WH === 0
    ? decimal(units / UNITS_PER_WH).times(KWH_PER_WH)
    : decimal(units).times(KWH_PER_UNIT);
}
