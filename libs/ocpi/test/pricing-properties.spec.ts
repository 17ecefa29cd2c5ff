import { describe, expect, it } from '@jest/globals';
import { type Decimal, decimal } from '@voltap/kernel';
import fc from 'fast-check';
import type { Amounts, PricedSession, PricingTariff } from '../src/pricing/index.js';
import { priceSession, roundPriced, totalsForCdr } from '../src/pricing/index.js';
import { component, element, type Restrictions, type Stretch, session, tariff } from './pricing-sessions.js';

const zones = fc.constantFrom('Europe/Amsterdam', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata', 'UTC');
/** Around every kind of clock change, and any other day. */
const starts = fc
  .tuple(
    fc.constantFrom(
      '2026-03-28T12:00:00Z',
      '2026-10-24T12:00:00Z',
      '2026-03-07T20:00:00Z',
      '2026-04-04T10:00:00Z',
      '2026-07-01T00:00:00Z',
    ),
    fc.integer({ min: 0, max: 24 * 3600 }),
  )
  .map(([day, seconds]) => new Date(Date.parse(day) + seconds * 1000).toISOString());

const prices = fc.integer({ min: 0, max: 20_000 }).map((price) => price / 10_000);
const vats = fc.constantFrom(undefined, 0, 5.2, 10, 19, 21);
const steps = fc.constantFrom(0, 1, 60, 300, 900);
const localTimes = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.constantFrom('00', '15', '30', '59'))
  .map(([hour, minute]) => `${String(hour).padStart(2, '0')}:${minute}`);
const timesOfDay: fc.Arbitrary<Restrictions> = fc.record(
  {
    start_time: localTimes,
    end_time: localTimes,
    day_of_week: fc.subarray(['SATURDAY', 'SUNDAY', 'MONDAY'], { minLength: 1 }),
    min_duration: fc.integer({ min: 0, max: 20_000 }),
    max_duration: fc.integer({ min: 1, max: 40_000 }),
  },
  { requiredKeys: [] },
);
const energyBands: fc.Arbitrary<Restrictions> = fc.record(
  {
    min_kwh: fc.integer({ min: 0, max: 400 }).map((tenths) => tenths / 10),
    max_kwh: fc.integer({ min: 1, max: 400 }).map((tenths) => tenths / 10),
  },
  { requiredKeys: [] },
);
const limits = fc
  .tuple(fc.integer({ min: 0, max: 4000 }), fc.integer({ min: 0, max: 500 }))
  .map(([before, tax]) => ({ before_taxes: before / 100, after_taxes: (before + tax) / 100 }));

/** Prices per hour that follow the clock, and per kWh that follow the energy, with fallbacks. */
function tariffs(
  step: fc.Arbitrary<number>,
  vat: fc.Arbitrary<number | undefined> = vats,
): fc.Arbitrary<PricingTariff> {
  const priced = (type: string) =>
    fc.tuple(prices, step, vat).map(([price, size, rate]) => component(type, price, size, rate));
  const perHour = fc.tuple(priced('TIME'), priced('PARKING_TIME'), priced('FLAT'));
  return fc
    .record({
      clocked: fc.array(fc.tuple(perHour, timesOfDay), { maxLength: 3 }),
      banded: fc.array(fc.tuple(priced('ENERGY'), energyBands), { maxLength: 3 }),
      fallback: fc.tuple(perHour, priced('ENERGY')),
      rest: fc.record(
        { tax_included: fc.constantFrom('YES', 'NO', 'N/A'), max_price: limits, min_price: limits },
        { requiredKeys: ['tax_included'] },
      ),
    })
    .map(({ clocked, banded, fallback, rest }) =>
      tariff(
        [
          ...clocked.map(([components, when]) => element(components, when)),
          ...banded.map(([energy, band]) => element([energy], band)),
          element([...fallback[0], fallback[1]]),
        ],
        rest,
      ),
    );
}

const wattHours = fc.integer({ min: 0, max: 30_000 });
const stretches: fc.Arbitrary<Stretch[]> = fc.array(
  fc.oneof(
    fc.record({ seconds: fc.integer({ min: 1, max: 30_000 }), kwh: wattHours.map((wh) => wh / 1000) }),
    fc.record({ seconds: fc.integer({ min: 1, max: 30_000 }), parked: fc.constant(true) }),
  ),
  { minLength: 1, maxLength: 6 },
);

function total(values: readonly Decimal[]): string {
  return values.reduce((result, value) => result.plus(value), decimal(0)).toString();
}

function expectToAddUp(amounts: Amounts): void {
  expect(total([amounts.beforeTaxes, ...amounts.taxes.map((tax) => tax.amount)])).toBe(amounts.afterTaxes.toString());
}

function expectPartsToAddUp(priced: PricedSession): void {
  for (const amounts of [priced.totals, ...Object.values(priced.dimensions), ...priced.lines]) expectToAddUp(amounts);
  for (const field of ['beforeTaxes', 'afterTaxes'] as const) {
    expect(total(priced.lines.map((line) => line[field]))).toBe(priced.totals[field].toString());
    const unlimited = priced.lines.filter(({ dimension }) => dimension !== 'limit');
    expect(total(Object.values(priced.dimensions).map((cost) => cost[field]))).toBe(
      total(unlimited.map((line) => line[field])),
    );
  }
}

describe('For every tariff and session', () => {
  it('lines, dimensions, taxes and totals add up, exactly and rounded, within the limits', () => {
    fc.assert(
      fc.property(tariffs(steps), starts, stretches, zones, (pricedBy, start, used, zone) => {
        const exact = priceSession(session(pricedBy, start, used, zone));
        const rounded = roundPriced(exact);
        expectPartsToAddUp(exact);
        expectPartsToAddUp(rounded);
        expect(roundPriced(rounded)).toBe(rounded);
        rounded.lines.forEach((line, index) => {
          const off = line.afterTaxes.minus(exact.lines[index]?.afterTaxes ?? 0).abs();
          if (line.dimension !== 'limit') expect(off.lessThan(0.01)).toBe(true);
        });
        const { max_price } = pricedBy;
        if (max_price?.after_taxes !== undefined) {
          expect(exact.totals.afterTaxes.lessThanOrEqualTo(max_price.after_taxes)).toBe(true);
        }
        const wire = totalsForCdr(exact);
        const paid = wire.total_cost.taxes.reduce(
          (sum, tax) => sum.plus(decimal(tax.amount)),
          decimal(wire.total_cost.before_taxes),
        );
        expect(paid.toFixed(2)).toBe(rounded.totals.afterTaxes.toFixed(2));
      }),
    );
  });

  it('splitting a period changes nothing', () => {
    const fractions = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        tariffs(steps),
        starts,
        stretches,
        zones,
        fractions,
        fractions,
        (pricedBy, start, used, zone, when, part) => {
          const index = Math.floor(when * (used.length - 1));
          const chosen = used[index];
          if (!chosen) return;
          const seconds = Math.floor(chosen.seconds * part);
          const wh = Math.round((chosen.kwh ?? 0) * 1000);
          const early = Math.floor(wh * when);
          const halves = [
            { ...chosen, seconds, ...(chosen.kwh !== undefined && { kwh: early / 1000 }) },
            {
              ...chosen,
              seconds: chosen.seconds - seconds,
              ...(chosen.kwh !== undefined && { kwh: (wh - early) / 1000 }),
            },
          ];
          const whole = priceSession(session(pricedBy, start, used, zone));
          const split = priceSession(session(pricedBy, start, used.toSpliced(index, 1, ...halves), zone));
          expect(total([split.totals.beforeTaxes])).toBe(whole.totals.beforeTaxes.toString());
          expect(total([split.totals.afterTaxes])).toBe(whole.totals.afterTaxes.toString());
        },
      ),
    );
  });

  it('the cost never falls while a session grows, where blocks are not larger than what is measured', () => {
    fc.assert(
      fc.property(tariffs(fc.constantFrom(0, 1)), starts, stretches, zones, (pricedBy, start, used, zone) => {
        let before = decimal(0);
        let after = decimal(0);
        let paid = decimal(0);
        used.forEach((stretch, index) => {
          for (const part of [0.3, 0.7, 1]) {
            const seconds = Math.max(1, Math.floor(stretch.seconds * part));
            const kwh = stretch.kwh === undefined ? undefined : Math.floor(stretch.kwh * 1000 * part) / 1000;
            const grown = priceSession(
              session(pricedBy, start, [...used.slice(0, index), { ...stretch, seconds, kwh }], zone),
            );
            const receipt = roundPriced(grown).totals.afterTaxes;
            expect(grown.totals.beforeTaxes.greaterThanOrEqualTo(before)).toBe(true);
            expect(grown.totals.afterTaxes.greaterThanOrEqualTo(after)).toBe(true);
            expect(receipt.greaterThanOrEqualTo(paid)).toBe(true);
            before = grown.totals.beforeTaxes;
            after = grown.totals.afterTaxes;
            paid = receipt;
          }
        });
      }),
    );
  });

  it('a daily window is billed for the minutes that a clock on the wall would count', () => {
    fc.assert(
      fc.property(
        starts,
        zones,
        localTimes,
        localTimes,
        fc.integer({ min: 1, max: 1800 }),
        (start, zone, from, to, minutes) => {
          const window = tariff([element([component('TIME', 60)], { start_time: from, end_time: to })]);
          const begin = Math.floor(Date.parse(start) / 60_000) * 60_000;
          const wall = new Intl.DateTimeFormat('en-GB', {
            timeZone: zone,
            hour: '2-digit',
            minute: '2-digit',
            hourCycle: 'h23',
          });
          let counted = 0;
          for (let minute = 0; minute < minutes; minute++) {
            const time = wall.format(begin + minute * 60_000);
            const end = to === '00:00' ? '24:00' : to;
            if (from === to || (from < end ? time >= from && time < end : time >= from || time < end)) counted++;
          }
          const used = [{ seconds: minutes * 60, kwh: 1 }];
          expect(
            priceSession(session(window, new Date(begin).toISOString(), used, zone)).totals.beforeTaxes.toNumber(),
          ).toBe(counted);
        },
      ),
    );
  });
});
