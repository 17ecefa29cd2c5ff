import { type Decimal, decimal } from '@voltap/kernel';
import { addUp, exact, sum, type TaxMode, taxed } from './amounts.js';
import { kwhOf } from './energy.js';
import type { PricingTariff } from './input.js';
import type { Consumption } from './meter.js';
import type { Notes } from './notes.js';
import type { CostDimension, DimensionCost, LineUnit, PricedSession, PriceLine } from './priced.js';
import { HOUR_MS } from './usage.js';

const HUNDREDTH_HOUR_MS = HOUR_MS / 100;
const HUNDREDTH = decimal('0.01');

/** Whole hundredths of an hour need no division, which takes long. */
export function hours(milliseconds: number): Decimal {
  return milliseconds % HUNDREDTH_HOUR_MS === 0
    ? decimal(milliseconds / HUNDREDTH_HOUR_MS).times(HUNDREDTH)
    : exact(decimal(milliseconds).div(HOUR_MS));
}

/** @throws RangeError for a value of a later OCPI. */
export function taxModeOf({ tax_included }: PricingTariff, notes: Notes): TaxMode {
  if (tax_included === 'YES' || tax_included === 'NO' || tax_included === 'N/A') return tax_included;
  if (tax_included !== undefined) throw new RangeError(`not a value of tax_included: ${tax_included}`);
  notes.add('tax_included_missing');
  return 'NO';
}

/** What one price amounts to. */
export function lineOf(consumption: Consumption, mode: TaxMode, taxName: string, notes: Notes): PriceLine {
  const { component, dimension, count, energy, milliseconds, billedEnergy, billedMilliseconds } = consumption;
  const { elementIndex, tariff } = component;
  const price = decimal(component.price);
  const vat = component.vat === undefined || mode === 'N/A' ? undefined : decimal(component.vat);
  let unit: LineUnit;
  let quantity: Decimal;
  let measuredQuantity: Decimal;
  let stated: Decimal;
  if (component.type === 'ENERGY') {
    unit = 'kWh';
    quantity = kwhOf(billedEnergy);
    measuredQuantity = billedEnergy === energy ? quantity : kwhOf(energy);
    stated = exact(price.times(quantity));
  } else if (component.type === 'FLAT') {
    unit = 'once';
    quantity = decimal(count);
    measuredQuantity = quantity;
    stated = price;
  } else {
    unit = 'h';
    quantity = hours(billedMilliseconds);
    measuredQuantity = billedMilliseconds === milliseconds ? quantity : hours(milliseconds);
    // Not price x quantity where the hours of one third of an hour are already cut off.
    stated =
      billedMilliseconds % HUNDREDTH_HOUR_MS === 0
        ? exact(price.times(quantity))
        : exact(price.times(billedMilliseconds).div(HOUR_MS));
  }
  if (mode !== 'N/A' && vat === undefined && !stated.isZero()) notes.add('no_vat_known', undefined, dimension);
  return {
    dimension,
    unit,
    quantity,
    measuredQuantity,
    price,
    vat,
    tariffId: tariff.id,
    elementIndex,
    ...taxed(stated, vat, mode, taxName),
  };
}

/** A session whose costs per dimension, the sums of their lines, are reckoned when somebody looks at them. */
export function withDimensions(priced: Omit<PricedSession, 'dimensions'>): PricedSession {
  let dimensions: PricedSession['dimensions'] | undefined;
  return {
    ...priced,
    get dimensions() {
      dimensions ??= dimensionsOf(priced.lines, priced.measured);
      return dimensions;
    },
  };
}

function dimensionsOf(lines: readonly PriceLine[], measured: PricedSession['measured']): PricedSession['dimensions'] {
  const one = (dimension: CostDimension): DimensionCost => {
    const own = lines.filter((line) => line.dimension === dimension);
    const counted = dimension === 'reservation' ? own.filter((line) => line.unit === 'h') : own;
    return {
      ...measured[dimension],
      billedQuantity: sum(counted.map((line) => line.quantity)),
      ...addUp(own),
    };
  };
  return {
    energy: one('energy'),
    time: one('time'),
    parking: one('parking'),
    fixed: one('fixed'),
    reservation: one('reservation'),
  };
}
