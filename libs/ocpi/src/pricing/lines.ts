import { type Decimal, decimal } from '@voltap/kernel';
import { addUp, exact, sum, type TaxMode, taxed } from './amounts.js';
import { kwhOf } from './energy.js';
import type { PricingTariff } from './input.js';
import type { Consumption } from './meter.js';
import type { Notes } from './notes.js';
import type { CostDimension, DimensionCost, LineUnit, PriceLine } from './priced.js';
import { HOUR_MS } from './usage.js';

export function hours(milliseconds: number): Decimal {
  return exact(decimal(milliseconds).div(HOUR_MS));
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
    // Not price x quantity: the hours of one third of an hour are already cut off.
    stated = exact(price.times(billedMilliseconds).div(HOUR_MS));
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

/** Cost per dimension as the sum of its lines. */
export function dimensionsOf(
  lines: readonly PriceLine[],
  measured: Readonly<Record<CostDimension, { readonly priced: boolean; readonly quantity: Decimal }>>,
): Record<CostDimension, DimensionCost> {
  const one = (dimension: CostDimension): DimensionCost => {
    const own = lines.filter((line) => line.dimension === dimension);
    const counted = dimension === 'reservation' ? own.filter((line) => line.unit === 'h') : own;
    const { priced, quantity } = measured[dimension];
    return { priced, quantity, billedQuantity: sum(counted.map((line) => line.quantity)), ...addUp(own) };
  };
  return {
    energy: one('energy'),
    time: one('time'),
    parking: one('parking'),
    fixed: one('fixed'),
    reservation: one('reservation'),
  };
}
