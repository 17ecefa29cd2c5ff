import { toJsonNumber } from '@voltap/kernel';
import type { Amounts, DimensionCost, PricedSession } from './priced.js';
import { roundPriced } from './round.js';

/** The canonical (2.3.0) Price. */
export type OcpiPrice = {
  before_taxes: number;
  taxes: { name: string; percentage?: number; amount: number }[];
};

/** The cost fields of a CDR; those of dimensions that the tariff does not price are left out. */
export type CdrTotals = {
  currency: string;
  total_cost: OcpiPrice;
  total_fixed_cost?: OcpiPrice;
  /** kWh, as measured. */
  total_energy: number;
  total_energy_cost?: OcpiPrice;
  /** Hours from start to end (CDR-18). */
  total_time: number;
  total_time_cost?: OcpiPrice;
  /** Hours without energy transfer, as measured. */
  total_parking_time?: number;
  total_parking_cost?: OcpiPrice;
  total_reservation_cost?: OcpiPrice;
};

/** Amounts as they are, at most 4 decimals on the wire: pass rounded ones. */
export function toOcpiPrice(amounts: Amounts): OcpiPrice {
  return {
    before_taxes: toJsonNumber(amounts.beforeTaxes),
    taxes: amounts.taxes.map(({ name, percentage, amount }) => ({
      name,
      ...(percentage && { percentage: toJsonNumber(percentage) }),
      amount: toJsonNumber(amount),
    })),
  };
}

/** Session.total_cost and every cost field of the CDR, rounded by `roundPriced` (CDR-18, CDR-20, CDR-21, PRC-33). */
export function totalsForCdr(priced: PricedSession): CdrTotals {
  const { currency, totals, dimensions, duration } = roundPriced(priced);
  const cost = (dimension: DimensionCost): OcpiPrice | undefined =>
    dimension.priced ? toOcpiPrice(dimension) : undefined;
  const fixed = cost(dimensions.fixed);
  const energy = cost(dimensions.energy);
  const time = cost(dimensions.time);
  const parking = cost(dimensions.parking);
  const reservation = cost(dimensions.reservation);
  return {
    currency,
    total_cost: toOcpiPrice(totals),
    ...(fixed && { total_fixed_cost: fixed }),
    total_energy: toJsonNumber(dimensions.energy.quantity),
    ...(energy && { total_energy_cost: energy }),
    total_time: toJsonNumber(duration),
    ...(time && { total_time_cost: time }),
    ...((parking || !dimensions.parking.quantity.isZero()) && {
      total_parking_time: toJsonNumber(dimensions.parking.quantity),
    }),
    ...(parking && { total_parking_cost: parking }),
    ...(reservation && { total_reservation_cost: reservation }),
  };
}
