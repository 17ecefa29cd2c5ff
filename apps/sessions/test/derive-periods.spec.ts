import { describe, expect, it } from '@jest/globals';
import { decimal } from '@voltap/kernel';
import type { ChargingPeriod } from '@voltap/ocpi/model';
import { priceSession } from '@voltap/ocpi/pricing';
import fc from 'fast-check';
import { derivePeriods } from '../src/domain/derive-periods.js';

const START = '2026-03-02T10:00:00Z';
const HOUR_MS = 3_600_000;

/** Steps of a charge: milliseconds since the report before, and milliwatt-hours meanwhile. */
const steps = fc.array(
  fc.record({
    after: fc.integer({ min: 0, max: 2 * HOUR_MS }),
    mwh: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 30_000_000 })),
    stated: fc.boolean(),
  }),
  { maxLength: 12 },
);

function charge(taken: typeof steps extends fc.Arbitrary<infer Steps> ? Steps : never, lateMs: number) {
  const history: ChargingPeriod[][] = [[]];
  let at = Date.parse(START);
  let kwh = decimal(0);
  for (const { after, mwh, stated } of taken) {
    at += after;
    kwh = kwh.plus(decimal(mwh).div(1_000_000));
    const report = { status: 'ACTIVE', start_date_time: START, kwh: kwh.toNumber() };
    history.push(derivePeriods(history.at(-1) ?? [], report, { at: new Date(at).toISOString(), stated }));
  }
  const end_date_time = new Date(Math.max(Date.parse(START), at - lateMs)).toISOString();
  const last = { status: 'COMPLETED', start_date_time: START, end_date_time, kwh: kwh.toNumber() };
  const periods = derivePeriods(history.at(-1) ?? [], last, { at: end_date_time, stated: true });
  return { history, periods, end_date_time, kwh, last };
}

function sum(periods: readonly ChargingPeriod[], ...types: string[]) {
  return periods
    .flatMap(({ dimensions }) => dimensions)
    .filter(({ type }) => types.includes(type))
    .reduce((total, { volume }) => total.plus(decimal(volume)), decimal(0));
}

describe('derived periods', () => {
  it('hold all the energy, no more time than the session lasted, and are only appended to', () => {
    fc.assert(
      fc.property(steps, fc.constantFrom(0, 0, 1500, 90_000), (taken, lateMs) => {
        const { history, periods, end_date_time, kwh, last } = charge(taken, lateMs);
        history.slice(1).forEach((after, index) => {
          const before = history[index] ?? [];
          expect(after.slice(0, before.length)).toEqual(before);
        });
        if (lateMs === 0) expect(periods.slice(0, history.at(-1)?.length)).toEqual(history.at(-1));
        expect(sum(periods, 'ENERGY').toString()).toBe(kwh.toDecimalPlaces(4).toString());
        const starts = periods.map(({ start_date_time }) => Date.parse(start_date_time));
        expect(starts).toEqual(starts.toSorted((one, other) => one - other));
        expect(starts[0] ?? Date.parse(START)).toBe(Date.parse(START));
        expect(periods.every(({ dimensions }) => dimensions.every(({ volume }) => volume >= 0))).toBe(true);
        expect(derivePeriods(periods, last, { at: end_date_time, stated: true })).toEqual(periods);

        const component = { price: 1, step_size: 0 };
        const elements = [
          {
            price_components: [
              { ...component, type: 'TIME' },
              { ...component, type: 'PARKING_TIME' },
            ],
          },
        ];
        const tariff = { id: 'T', currency: 'EUR', tax_included: 'N/A', elements };
        const input = { tariff, periods, startedAt: START, endedAt: end_date_time, timeZone: 'UTC' };
        const { dimensions } = priceSession(input);
        const billed = dimensions.time.quantity.plus(dimensions.parking.quantity).times(HOUR_MS);
        const lasted = Date.parse(end_date_time) - Date.parse(START);
        expect(billed.lessThanOrEqualTo(lasted + 1e-6)).toBe(true);
        expect(billed.greaterThan(lasted - 1000 - 1e-6)).toBe(true);
      }),
      { numRuns: 400 },
    );
  });
});
