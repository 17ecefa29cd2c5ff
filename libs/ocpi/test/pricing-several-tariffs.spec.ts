import { describe, expect, it } from '@jest/globals';
import { decimal } from '@voltap/kernel';
import fc from 'fast-check';
import { chargingPeriodSchema } from '../src/model/index.js';
import type { PricedSession, PriceSessionInput, PricingTariff } from '../src/pricing/index.js';
import { cdrPeriods, priceSession, roundPriced, totalsForCdr } from '../src/pricing/index.js';
import { component, element, session, tariff } from './pricing-sessions.js';

const HOURS = 3600;
const START = '2026-01-12T08:00:00Z';

function linesOf(priced: PricedSession): string[] {
  return priced.lines.map(
    ({ tariffId, dimension, quantity, price }) => `${tariffId} ${dimension} ${quantity} at ${price}`,
  );
}

function codesOf(priced: PricedSession): string[] {
  return priced.notes.map(({ code }) => code);
}

/** Two hours under T1, then as many as there are names under those. */
function under(
  names: readonly (string | undefined)[],
  tariffs: [PricingTariff, ...PricingTariff[]],
): PriceSessionInput {
  const [main, ...otherTariffs] = tariffs;
  const used = session(
    main,
    START,
    names.map(() => ({ seconds: HOURS, kwh: 10 })),
  );
  const periods = used.periods.map((period, index) => ({ ...period, tariff_id: names[index] }));
  return { ...used, periods, otherTariffs };
}

describe('A session under several tariffs', () => {
  const day = tariff([element([component('FLAT', 1), component('ENERGY', 0.5, 1, 10)])], { id: 'DAY' });
  const night = tariff([element([component('FLAT', 5), component('ENERGY', 0.2, 1, 20)])], {
    id: 'NIGHT',
    tax_included: 'YES',
  });

  it('is charged each period by the tariff that it names, with its taxes, and one fee', () => {
    const priced = priceSession(under(['DAY', 'night'], [day, night]));
    expect(linesOf(priced)).toEqual(['DAY fixed 1 at 1', 'DAY energy 10 at 0.5', 'NIGHT energy 10 at 0.2']);
    // 1 + 5 + 0.5 of tax, and 2 with tax.
    expect(priced.totals.afterTaxes.toString()).toBe('8.5');
    expect(codesOf(priced)).toContain('several_tariffs');
  });

  it('goes on under the tariff before where a period names none, or one that was not given, and says so', () => {
    const priced = priceSession(under(['DAY', 'NIGHT', undefined, 'OTHER'], [day, night]));
    expect(linesOf(priced)).toContain('NIGHT energy 30 at 0.2');
    expect(codesOf(priced)).toEqual(expect.arrayContaining(['tariff_not_named', 'other_tariff_named']));
  });

  it('is rounded up to blocks once, by the last price of all (PRC-20)', () => {
    const blocks = (id: string, price: number) => tariff([element([component('ENERGY', price, 12_000)])], { id });
    const priced = priceSession(under(['A', 'B'], [blocks('A', 1), blocks('B', 2)]));
    expect(linesOf(priced)).toEqual(['A energy 10 at 1', 'B energy 14 at 2']);
  });

  it('is bounded by each for what was charged under it', () => {
    const least = { ...day, min_price: { before_taxes: 10, after_taxes: 11 } };
    const most = { ...night, max_price: { before_taxes: 1, after_taxes: 1.2 } };
    const priced = priceSession(under(['DAY', 'NIGHT'], [least, most]));
    expect([priced.totals.beforeTaxes, priced.totals.afterTaxes].map(String)).toEqual(['11', '12.2']);
    expect(priced.notes).toContainEqual({ code: 'limit_applied', limit: 'max_price', tariffId: 'NIGHT' });
    const { lines, totals } = roundPriced(priced);
    const sum = lines.reduce((total, { afterTaxes }) => total.plus(afterTaxes), decimal(0));
    expect(sum.toString()).toBe(totals.afterTaxes.toString());
  });

  it('adds up, taxes and lines and totals, whatever the tariffs and their limits', () => {
    const amounts = fc.integer({ min: 0, max: 3000 }).map((cents) => cents / 100);
    const limit = fc
      .tuple(amounts, amounts)
      .map(([before, tax]) => ({ before_taxes: before, after_taxes: before + tax }));
    const priced = fc
      .record({
        price: amounts,
        vat: fc.constantFrom(undefined, 0, 7, 19, 21),
        step: fc.constantFrom(0, 1, 700),
        rest: fc.record(
          { tax_included: fc.constantFrom('YES', 'NO', 'N/A'), min_price: limit, max_price: limit },
          { requiredKeys: ['tax_included'] },
        ),
      })
      .map(({ price, vat, step, rest }) => (id: string) => {
        const parts = [
          component('ENERGY', price, step, vat),
          component('TIME', price, step, vat),
          component('FLAT', 1),
        ];
        return tariff([element(parts)], { ...rest, id });
      });
    fc.assert(
      fc.property(
        priced,
        priced,
        fc.array(fc.constantFrom('A', 'B', undefined), { minLength: 1, maxLength: 5 }),
        (first, second, names) => {
          const exact = priceSession(under(names, [first('A'), second('B')]));
          for (const { totals, lines } of [exact, roundPriced(exact)]) {
            for (const { beforeTaxes, afterTaxes, taxes } of [totals, ...lines]) {
              const sum = taxes.reduce((total, { amount }) => total.plus(amount), beforeTaxes);
              expect(sum.toString()).toBe(afterTaxes.toString());
            }
            for (const field of ['beforeTaxes', 'afterTaxes'] as const) {
              const sum = lines.reduce((total, line) => total.plus(line[field]), decimal(0));
              expect(sum.toString()).toBe(totals[field].toString());
            }
          }
        },
      ),
    );
  });
});

describe('Energy over a change of its price', () => {
  const peak = tariff([
    element([component('ENERGY', 0.6)], { start_time: '17:00', end_time: '20:00' }),
    element([component('ENERGY', 0.3)]),
  ]);

  it('is split by time where the period says that its power was one (PRC-31)', () => {
    const even = { MIN_POWER: 10, MAX_POWER: 10 };
    const priced = priceSession(session(peak, '2026-01-12T15:30:00Z', [{ seconds: HOURS, kwh: 10, also: even }]));
    expect(priced.totals.beforeTaxes.toString()).toBe('4.5');
    expect(codesOf(priced)).toContain('energy_split_by_time');
    expect(codesOf(priced)).not.toContain('period_spans_price_change');
    const uneven = { MIN_POWER: 9, MAX_POWER: 11 };
    const guessed = priceSession(session(peak, '2026-01-12T15:30:00Z', [{ seconds: HOURS, kwh: 10, also: uneven }]));
    expect(guessed.totals.beforeTaxes.toString()).toBe('3');
    expect(codesOf(guessed)).toContain('period_spans_price_change');
  });

  it('costs the same split by its power as split by a meter that agrees', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1799 }), fc.integer({ min: 1, max: 150 }), (early, power) => {
        const even = { MIN_POWER: power, MAX_POWER: power };
        const start = new Date(Date.parse('2026-01-12T16:00:00Z') - early * 1000).toISOString();
        const whole = session(peak, start, [{ seconds: HOURS, kwh: power, also: even }]);
        const parts = [early, HOURS - early].map((seconds) => ({
          seconds,
          kwh: (power * seconds) / HOURS,
          also: even,
        }));
        const cost = (input: PriceSessionInput) => priceSession(input).totals.beforeTaxes.toFixed(6);
        expect(cost(whole)).toBe(cost(session(peak, start, parts)));
      }),
    );
  });
});

it('The running cost at the end is the cost of the CDR, by the periods that a CDR may hold (SES-17)', () => {
  const volumes = fc.record(
    {
      ENERGY_IMPORT: fc.integer({ min: 0, max: 20_000 }),
      ENERGY_EXPORT: fc.integer({ min: 0, max: 100 }),
      TIME: fc.integer({ min: 0, max: 3600 }),
      POWER: fc.integer({ min: 0, max: 50 }),
    },
    { requiredKeys: ['ENERGY_IMPORT'] },
  );
  const pricedBy = tariff(
    [
      element([component('ENERGY', 0.61, 10, 19)], { max_kwh: 12 }),
      element([component('TIME', 3, 60, 19)], { start_time: '09:30' }),
      element([component('ENERGY', 0.43, 10, 19), component('FLAT', 0.35, 1, 19)]),
    ],
    { tax_included: 'YES', max_price: { before_taxes: 20, after_taxes: 23.8 } },
  );
  fc.assert(
    fc.property(fc.array(volumes, { minLength: 1, maxLength: 6 }), (measured) => {
      const charging_periods = measured.map((volume, index) =>
        chargingPeriodSchema.parse({
          start_date_time: new Date(Date.parse(START) + index * HOURS * 1000).toISOString(),
          dimensions: Object.entries(volume).map(([type, amount]) => ({
            type,
            volume: type === 'TIME' ? Number((amount / HOURS).toFixed(4)) : type === 'POWER' ? amount : amount / 1000,
          })),
        }),
      );
      const end = new Date(Date.parse(START) + measured.length * HOURS * 1000).toISOString();
      const facts = { tariff: pricedBy, startedAt: START, timeZone: 'Europe/Berlin' };
      const periods = cdrPeriods({ start_date_time: START, kwh: 0, charging_periods });
      const running = totalsForCdr(priceSession({ ...facts, periods, now: end }));
      const cdr = totalsForCdr(
        priceSession({
          ...facts,
          periods: cdrPeriods({ start_date_time: START, kwh: 0, charging_periods: periods }),
          endedAt: end,
        }),
      );
      expect(running).toEqual(cdr);
    }),
  );
});
