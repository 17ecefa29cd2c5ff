import { describe, expect, it } from '@jest/globals';
import { priceSession } from '@voltap/ocpi/pricing';
import { aTariff } from '@voltap/ocpi/testkit';
import { component, element, session, tariff } from './pricing-sessions.js';

const HOURS = 3600;
const START = '2026-01-12T08:00:00Z';

function linesOf(input: Parameters<typeof priceSession>[0]): string[] {
  return priceSession(input).lines.map(
    ({ dimension, quantity, price }) => `${dimension} ${quantity.toString()} at ${price}`,
  );
}

describe('A price', () => {
  it('changes at the kilowatt-hour that the tariff names, which is the first of the next band (PRC-10)', () => {
    const bands = tariff([
      element([component('ENERGY', 0.2)], { max_kwh: 20 }),
      element([component('ENERGY', 0.5)], { min_kwh: 20 }),
    ]);
    const priced = (kwh: number) => linesOf(session(bands, START, [{ seconds: HOURS, kwh }]));
    expect(priced(20)).toEqual(['energy 20 at 0.2']);
    expect(priced(25)).toEqual(['energy 20 at 0.2', 'energy 5 at 0.5']);
  });

  it('of time is for charging, that of parking for not charging (PRC-15)', () => {
    const stretches = [
      { seconds: HOURS, kwh: 10 },
      { seconds: 2 * HOURS, parked: true },
    ];
    const timeOnly = tariff([element([component('TIME', 2)])]);
    expect(linesOf(session(timeOnly, START, stretches))).toEqual(['time 1 at 2']);
    const both = tariff([element([component('TIME', 2), component('PARKING_TIME', 5)])]);
    expect(linesOf(session(both, START, stretches))).toEqual(['time 1 at 2', 'parking 2 at 5']);
  });

  it('is for what was taken, to the last watt-hour and second, where step_size is 0 (PRC-21)', () => {
    const exact = tariff([element([component('ENERGY', 1, 0), component('TIME', 3600, 0)])]);
    expect(linesOf(session(exact, START, [{ seconds: 36, kwh: 1.2345 }]))).toEqual([
      'energy 1.2345 at 1',
      'time 0.01 at 3600',
    ]);
  });

  it('does not know what is reserved on the card (PRC-30)', () => {
    const costs = [undefined, 1, 500].map((preauthorize_amount) => {
      const { totals } = priceSession({
        ...session(tariff([]), START, [{ seconds: HOURS, kwh: 30 }]),
        tariff: aTariff({ preauthorize_amount }),
      });
      return totals.afterTaxes.toString();
    });
    expect(new Set(costs).size).toBe(1);
    expect(Number(costs[0])).toBeGreaterThan(1);
  });
});
