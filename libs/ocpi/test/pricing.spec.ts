import { describe, expect, it } from '@jest/globals';
import type { PricedSession } from '../src/pricing/index.js';
import { priceSession } from '../src/pricing/index.js';
import { component, element, session, tariff } from './pricing-sessions.js';

const MINUTES = 60;
const HOURS = 3600;

/** `energy 5.5 kWh at 0.27 = 1.485`, hours and kWh as billed. */
function linesOf(priced: PricedSession): string[] {
  return priced.lines.map(
    ({ dimension, quantity, unit, price, beforeTaxes }) =>
      `${dimension} ${quantity.toDecimalPlaces(6)} ${unit} at ${price} = ${beforeTaxes.toDecimalPlaces(6)}`,
  );
}

function totalOf(priced: PricedSession): [string, string] {
  return [priced.totals.beforeTaxes.toFixed(4), priced.totals.afterTaxes.toFixed(4)];
}

function codesOf(priced: PricedSession): string[] {
  return priced.notes.map(({ code }) => code);
}

describe('Elements and restrictions', () => {
  it('take each dimension from the first matching element that has it, and bill nothing twice (PRC-01, PRC-02)', () => {
    const day = tariff([
      element([component('ENERGY', 0.2)], { max_kwh: 10 }),
      element([component('ENERGY', 0.4), component('TIME', 6)]),
      element([component('TIME', 60), component('FLAT', 1)]),
      element([component('FLAT', 9)]),
    ]);
    // 15 kWh in 30 min: 10 at 0.20, 5 at 0.40, half an hour at 6, once 1.
    const priced = priceSession(session(day, '2026-03-02T09:00:00Z', [{ seconds: 30 * MINUTES, kwh: 15 }]));
    expect(linesOf(priced)).toEqual([
      'fixed 1 once at 1 = 1',
      'energy 10 kWh at 0.2 = 2',
      'energy 5 kWh at 0.4 = 2',
      'time 0.5 h at 6 = 3',
    ]);
    expect(totalOf(priced)[0]).toBe('8.0000');
  });

  it('cost nothing where no component matches (PRC-03)', () => {
    const onlyTime = tariff([element([component('TIME', 2)])]);
    const priced = priceSession(
      session(onlyTime, '2026-03-02T09:00:00Z', [
        { seconds: HOURS, kwh: 9 },
        { seconds: 5 * HOURS, parked: true },
      ]),
    );
    expect(linesOf(priced)).toEqual(['time 1 h at 2 = 2']);
    expect(priced.dimensions.parking.quantity.toString()).toBe('5');
  });

  it('cut time at the minute of a price change, across midnight (PRC-05, PRC-07)', () => {
    const night = tariff([
      element([component('TIME', 1)], { start_time: '22:00', end_time: '06:00' }),
      element([component('TIME', 3)]),
    ]);
    // 21:00 to 07:00 in Amsterdam (UTC+1): 1 h + 8 h + 1 h.
    const priced = priceSession(session(night, '2026-01-12T20:00:00Z', [{ seconds: 10 * HOURS, kwh: 30 }]));
    expect(linesOf(priced)).toEqual(['time 2 h at 3 = 6', 'time 8 h at 1 = 8']);
  });

  it.each([
    ['the night with 25 hours', '2026-10-24T22:00:00Z', 25],
    ['the night with 23 hours', '2026-03-28T23:00:00Z', 23],
  ])('bill %s by elapsed time', (_name, midnight, hours) => {
    // From 00:00 local to 24:00 local; 02:00-04:00 is cheap: 3 elapsed hours in October, 1 in March.
    const cheapAtTwo = tariff([
      element([component('TIME', 1)], { start_time: '02:00', end_time: '04:00' }),
      element([component('TIME', 10)]),
    ]);
    const priced = priceSession(session(cheapAtTwo, midnight, [{ seconds: hours * HOURS, kwh: 50 }]));
    const cheap = hours === 25 ? 3 : 1;
    expect(totalOf(priced)[0]).toBe((cheap + 22 * 10).toFixed(4));
  });

  it('find a cheap half hour twice in the night that has it twice (PRC-06)', () => {
    const halfHour = tariff([
      element([component('TIME', 1)], { start_time: '02:15', end_time: '02:45' }),
      element([component('TIME', 0)]),
    ]);
    const priced = priceSession(session(halfHour, '2026-10-24T22:00:00Z', [{ seconds: 6 * HOURS, kwh: 50 }]));
    expect(totalOf(priced)[0]).toBe('1.0000');
  });

  it('repeat a daily window within dates and on weekdays (PRC-04, PRC-09)', () => {
    const weekend = tariff([
      element([component('TIME', 1)], {
        start_date: '2026-01-10',
        end_date: '2026-01-12',
        start_time: '12:00',
        end_time: '00:00',
        day_of_week: ['SATURDAY', 'SUNDAY'],
      }),
    ]);
    // Friday 9 January 00:00 to Tuesday 13 January 00:00: Saturday and Sunday afternoon, 24 h.
    const priced = priceSession(session(weekend, '2026-01-08T23:00:00Z', [{ seconds: 96 * HOURS, kwh: 50 }]));
    expect(linesOf(priced)).toEqual(['time 24 h at 1 = 24']);
  });

  it('take equal start and end times for the whole day (PRC-08)', () => {
    const always = tariff([element([component('TIME', 1)], { start_time: '08:00', end_time: '08:00' })]);
    const priced = priceSession(session(always, '2026-01-12T00:00:00Z', [{ seconds: 24 * HOURS, kwh: 1 }]));
    expect(totalOf(priced)[0]).toBe('24.0000');
  });

  it('count durations from the start of the session (PRC-12)', () => {
    const overstay = tariff([
      element([component('PARKING_TIME', 6)], { min_duration: 2 * HOURS }),
      element([component('ENERGY', 0.5)]),
    ]);
    const priced = priceSession(
      session(overstay, '2026-01-12T08:00:00Z', [
        { seconds: HOURS, kwh: 20 },
        { seconds: 2 * HOURS, parked: true },
      ]),
    );
    expect(linesOf(priced)).toEqual(['energy 20 kWh at 0.5 = 10', 'parking 1 h at 6 = 6']);
  });

  it('look at power and current of the period, and apply no element whose quantity is unknown (PRC-11)', () => {
    const byPower = tariff([
      element([component('ENERGY', 0.6)], { min_power: 50 }),
      element([component('TIME', 1)], { max_current: 32 }),
      element([component('ENERGY', 0.3)]),
    ]);
    const priced = priceSession(
      session(byPower, '2026-01-12T08:00:00Z', [
        { seconds: HOURS, kwh: 50, also: { MAX_POWER: 50 } },
        { seconds: HOURS, kwh: 10, also: { MAX_POWER: 49.9, MAX_CURRENT: 31.9 } },
        { seconds: HOURS, kwh: 5 },
      ]),
    );
    expect(linesOf(priced)).toEqual(['energy 50 kWh at 0.6 = 30', 'energy 15 kWh at 0.3 = 4.5', 'time 1 h at 1 = 1']);
    expect(codesOf(priced)).toEqual(expect.arrayContaining(['power_derived', 'current_unknown']));
  });

  it('price energy that met an unrecorded price change at the rate of its start, and say so (PRC-31)', () => {
    const peak = tariff([
      element([component('ENERGY', 0.6)], { start_time: '17:00', end_time: '20:00' }),
      element([component('ENERGY', 0.3)]),
    ]);
    const spanning = priceSession(session(peak, '2026-01-12T15:30:00Z', [{ seconds: HOURS, kwh: 10 }]));
    expect(totalOf(spanning)[0]).toBe('3.0000');
    expect(spanning.notes).toContainEqual({
      code: 'period_spans_price_change',
      dimension: 'energy',
      periodStart: '2026-01-12T15:30:00.000Z',
    });
    const recorded = priceSession(
      session(peak, '2026-01-12T15:30:00Z', [
        { seconds: HOURS / 2, kwh: 4 },
        { seconds: HOURS / 2, kwh: 6 },
      ]),
    );
    expect(totalOf(recorded)[0]).toBe('4.8000');
    expect(codesOf(recorded)).not.toContain('period_spans_price_change');
  });

  it('begin at a minute that the clock skips when the clock jumps over it', () => {
    // 29 March 2026: 02:00 becomes 03:00, so that 02:30-03:30 is half an hour.
    const skipped = tariff([element([component('TIME', 1)], { start_time: '02:30', end_time: '03:30' })]);
    const priced = priceSession(session(skipped, '2026-03-28T23:00:00Z', [{ seconds: 6 * HOURS, kwh: 5 }]));
    expect(linesOf(priced)).toEqual(['time 0.5 h at 1 = 0.5']);
  });

  it.each([
    ['max_power', { max_power: 16 }],
    ['max_current', { max_current: 25 }],
    ['max_kwh', { max_kwh: 5 }],
    ['max_duration', { max_duration: HOURS }],
    ['end_date', { end_date: '2026-01-12' }],
    ['end_time', { end_time: '10:00' }],
  ])('no longer match at their %s itself', (_name, restrictions) => {
    const until = tariff([element([component('ENERGY', 1)], restrictions), element([component('ENERGY', 2)])]);
    const also = { MAX_POWER: 16, MAX_CURRENT: 25 };
    const priced = priceSession(
      session(until, '2026-01-12T08:00:00Z', [
        { seconds: HOURS, kwh: 5, also: { MAX_POWER: 15, MAX_CURRENT: 24 } },
        { seconds: HOURS, kwh: 7, also },
      ]),
    );
    expect(linesOf(priced)).toContain(
      `energy ${'end_date' in restrictions ? 12 : 7} kWh at 2 = ${'end_date' in restrictions ? 24 : 14}`,
    );
  });

  it('see no power in a parked vehicle, whatever the period drew before', () => {
    const idle = tariff([
      element([component('PARKING_TIME', 4)], { max_power: 1 }),
      element([component('PARKING_TIME', 9)]),
    ]);
    const parked = { seconds: HOURS, parked: true, also: { MAX_POWER: 50 } };
    expect(linesOf(priceSession(session(idle, '2026-01-12T08:00:00Z', [parked])))).toEqual(['parking 1 h at 4 = 4']);
  });

  it('charge one FLAT a session, the one that is active first (PRC-14)', () => {
    const fees = tariff([
      element([component('FLAT', 2)], { start_time: '18:00', end_time: '22:00' }),
      element([component('FLAT', 1)]),
    ]);
    const priced = priceSession(session(fees, '2026-01-12T16:00:00Z', [{ seconds: 4 * HOURS, kwh: 10 }]));
    expect(linesOf(priced)).toEqual(['fixed 1 once at 1 = 1']);
  });
});

describe('step_size', () => {
  it('rounds energy once per session, in the last period (4.3 + 1.1 kWh, step 500 Wh) (PRC-16, PRC-17, PRC-18)', () => {
    const stepped = tariff([
      element([component('ENERGY', 0.27, 500)], { start_time: '17:00' }),
      element([component('ENERGY', 0.2, 500)]),
    ]);
    const priced = priceSession(
      session(stepped, '2026-01-12T15:00:00Z', [
        { seconds: HOURS, kwh: 4.3 },
        { seconds: HOURS, kwh: 1.1 },
      ]),
    );
    expect(linesOf(priced)).toEqual(['energy 4.3 kWh at 0.2 = 0.86', 'energy 1.2 kWh at 0.27 = 0.324']);
    expect(priced.dimensions.energy.quantity.toString()).toBe('5.4');
    expect(priced.dimensions.energy.billedQuantity.toString()).toBe('5.5');
  });

  it('rounds 6 + 22 minutes to 30, billing 24 in the last period', () => {
    const stepped = tariff([
      element([component('TIME', 7, 600)], { start_time: '17:00' }),
      element([component('TIME', 5, 600)]),
    ]);
    const priced = priceSession(session(stepped, '2026-01-12T15:54:00Z', [{ seconds: 28 * MINUTES, kwh: 1 }]));
    expect(linesOf(priced)).toEqual(['time 0.1 h at 5 = 0.5', 'time 0.4 h at 7 = 2.8']);
  });

  it.each([
    [21, 7, 300, 10],
    [21, 16, 600, 20],
    [10, 45, 900, 45],
  ])(
    'leaves %d min charging alone and rounds %d min parking (step %d s) to %d, whichever came first',
    (charged, parked, step, billed) => {
      const both = tariff([element([component('TIME', 60, step), component('PARKING_TIME', 120, step)])]);
      const charging = { seconds: charged * MINUTES, kwh: 3 };
      const parking = { seconds: parked * MINUTES, parked: true };
      for (const order of [
        [charging, parking],
        [parking, charging],
      ]) {
        const priced = priceSession(session(both, '2026-01-12T09:00:00Z', order));
        expect(priced.dimensions.time.beforeTaxes.toString()).toBe(String(charged));
        expect(priced.dimensions.parking.beforeTaxes.toString()).toBe(String(2 * billed));
      }
    },
  );

  it.each([
    [1, '0.029'],
    [25, '0.03125'],
    [500, '0.125'],
    [0, '0.0288'],
  ])('of %d Wh bills 115.2 Wh at 0.25 as %s', (step, cost) => {
    const stepped = tariff([element([component('ENERGY', 0.25, step)])]);
    const priced = priceSession(session(stepped, '2026-01-12T09:00:00Z', [{ seconds: 60, kwh: 0.1152 }]));
    expect(priced.totals.beforeTaxes.toString()).toBe(cost);
  });

  it('counts the session, not the element (3 + 3 + 3 kWh at 2 / 5 / 2, step 10 kWh: 29)', () => {
    const prices = tariff([
      element([component('ENERGY', 5, 10_000)], { start_time: '12:00', end_time: '13:00' }),
      element([component('ENERGY', 2, 10_000)]),
    ]);
    const hour = { seconds: HOURS, kwh: 3 };
    const priced = priceSession(session(prices, '2026-01-12T10:00:00Z', [hour, hour, hour]));
    expect(totalOf(priced)[0]).toBe('29.0000');
  });

  it('does not take the fourth decimal of 40 minutes (0.6667 h) for a begun second', () => {
    const perSecond = tariff([element([component('TIME', 3, 600)])]);
    const priced = priceSession(session(perSecond, '2026-01-12T10:00:00Z', [{ seconds: 40 * MINUTES, kwh: 3 }]));
    expect(totalOf(priced)[0]).toBe('2.0000');
  });
});
