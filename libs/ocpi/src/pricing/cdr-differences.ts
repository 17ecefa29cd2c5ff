import { currency, type Decimal, decimal, minorUnits } from '@voltap/kernel';
import type { CdrTotals, OcpiPrice } from './ocpi-price.js';
import type { StatedCdr } from './price-request.js';

/** A field of a CDR that says something else than its tariff and periods. Decimal texts. */
export interface CdrDifference {
  readonly pointer: string;
  /** Null: the CDR does not say. */
  readonly stated: string | null;
  /** Null: the tariff has no price for it. */
  readonly calculated: string | null;
  /** Stated less calculated. */
  readonly difference: string;
}

const COSTS = [
  'total_cost',
  'total_fixed_cost',
  'total_energy_cost',
  'total_time_cost',
  'total_parking_cost',
  'total_reservation_cost',
] as const;
/** Hours and kWh have four decimals. */
const QUANTITIES = ['total_energy', 'total_time', 'total_parking_time'] as const;
const QUANTITY_TOLERANCE = decimal('0.001');

interface StatedPrice {
  readonly before_taxes: number;
  readonly taxes?: readonly { readonly amount: number }[] | undefined;
}

function taxesOf({ taxes = [] }: StatedPrice): Decimal {
  return taxes.reduce((sum, { amount }) => sum.plus(decimal(amount)), decimal(0));
}

/**
 * Where a CDR says something else than what its tariff and periods cost. Amounts that are the same once rounded agree; a
 * partial cost that the CDR leaves out says nothing.
 */
export function cdrDifferences(cdr: StatedCdr, calculated: CdrTotals): CdrDifference[] {
  const tolerance = decimal(10)
    .pow(-minorUnits(currency(calculated.currency)))
    .div(2);
  const result: CdrDifference[] = [];
  const compare = (pointer: string, stated: Decimal, ours: Decimal, most: Decimal): void => {
    const off = stated.minus(ours);
    if (off.abs().lessThanOrEqualTo(most)) return;
    result.push({
      pointer,
      stated: stated.toString(),
      calculated: ours.toString(),
      difference: off.toString(),
    });
  };
  const none: OcpiPrice = { before_taxes: 0, taxes: [] };
  for (const field of COSTS) {
    const stated: StatedPrice | undefined = cdr[field];
    const ours = calculated[field] ?? none;
    if (stated === undefined) {
      if (field === 'total_cost') {
        result.push({
          pointer: '/cdr/total_cost',
          stated: null,
          calculated: decimal(ours.before_taxes).plus(taxesOf(ours)).toString(),
          difference: '0',
        });
      }
      continue;
    }
    compare(`/cdr/${field}/before_taxes`, decimal(stated.before_taxes), decimal(ours.before_taxes), tolerance);
    compare(`/cdr/${field}/taxes`, taxesOf(stated), taxesOf(ours), tolerance);
  }
  for (const field of QUANTITIES) {
    const stated = cdr[field];
    if (stated !== undefined)
      compare(`/cdr/${field}`, decimal(stated), decimal(calculated[field] ?? 0), QUANTITY_TOLERANCE);
  }
  return result;
}
