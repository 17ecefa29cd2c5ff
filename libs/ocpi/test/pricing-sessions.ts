import type { PriceSessionInput, PricingPeriod, PricingTariff } from '../src/pricing/index.js';

export type Component = PricingTariff['elements'][number]['price_components'][number];
export type Restrictions = NonNullable<PricingTariff['elements'][number]['restrictions']>;

export function component(type: string, price: number, step_size = 1, vat?: number): Component {
  return { type, price, step_size, ...(vat !== undefined && { vat }) };
}

export function element(price_components: readonly Component[], restrictions?: Restrictions) {
  return { price_components, ...(restrictions && { restrictions }) };
}

export function tariff(elements: PricingTariff['elements'], rest: Partial<PricingTariff> = {}): PricingTariff {
  return { id: 'T1', currency: 'EUR', tax_included: 'NO', elements, ...rest };
}

/** A period: seconds charging or parked, and the energy meanwhile. Hours are written with `decimals` decimals. */
export interface Stretch {
  readonly seconds: number;
  readonly parked?: boolean | undefined;
  readonly kwh?: number | undefined;
  readonly also?: Readonly<Record<string, number>> | undefined;
}

export function session(
  pricedBy: PricingTariff,
  startedAt: string,
  stretches: readonly Stretch[],
  timeZone = 'Europe/Amsterdam',
): PriceSessionInput {
  let instant = Date.parse(startedAt);
  const periods: PricingPeriod[] = stretches.map(({ seconds, parked, kwh, also }) => {
    const volumes: Record<string, number> = { ...also };
    volumes[parked ? 'PARKING_TIME' : 'TIME'] = Number((seconds / 3600).toFixed(4));
    if (kwh !== undefined) volumes.ENERGY = kwh;
    const start_date_time = new Date(instant).toISOString();
    instant += seconds * 1000;
    return { start_date_time, dimensions: Object.entries(volumes).map(([type, volume]) => ({ type, volume })) };
  });
  return { tariff: pricedBy, periods, startedAt, endedAt: new Date(instant), timeZone };
}
