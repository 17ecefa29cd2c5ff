import { describe, expect, it } from '@jest/globals';
import { chargingPeriodSchema, tariffSchema } from '../src/model/index.js';
import type { PricedSession, PricingPeriod } from '../src/pricing/index.js';
import { priceSession, totalsForCdr } from '../src/pricing/index.js';
import { component, element, session, tariff } from './pricing-sessions.js';

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

describe('Imperfect sessions', () => {
  const perHour = tariff([element([component('TIME', 6), component('PARKING_TIME', 12)])]);
  const at = '2026-01-12T09:00:00Z';

  function withDimensions(...dimensions: PricingPeriod['dimensions']): PricedSession {
    const periods = [{ start_date_time: at, dimensions }];
    return priceSession({ tariff: perHour, periods, startedAt: at, now: '2026-01-12T10:00:00Z', timeZone: 'UTC' });
  }

  it('count the length of a period with energy but without times as charging, and say so', () => {
    const priced = withDimensions({ type: 'ENERGY', volume: 5 });
    expect(totalOf(priced)[0]).toBe('6.0000');
    expect(codesOf(priced)).toContain('time_inferred');
  });

  it('bill the whole second that was meant, whatever the number of decimals that its hours are written with', () => {
    for (const decimals of [4, 5, 6, 7, 8]) {
      for (let seconds = 1; seconds <= 200; seconds += 1) {
        const volume = Number((seconds / HOURS).toFixed(decimals));
        const { time } = withDimensions({ type: 'TIME', volume }).dimensions;
        expect(time.billedQuantity.times(HOURS).toDecimalPlaces(6).toNumber()).toBe(seconds);
      }
    }
  });

  it('bill no time that nobody measured', () => {
    const priced = withDimensions({ type: 'ENERGY', volume: 0 });
    expect(totalOf(priced)[0]).toBe('0.0000');
    expect(codesOf(priced)).toContain('time_unknown');
  });

  it('bill a period with both times by what each says', () => {
    const priced = withDimensions({ type: 'TIME', volume: 0.25 }, { type: 'PARKING_TIME', volume: 0.75 });
    expect(totalOf(priced)[0]).toBe('10.5000');
  });

  it('pay energy that is fed back, without quantising it', () => {
    const v2g = tariff([
      element([component('ENERGY', 0.3, 1000, 20)], { max_kwh: 5 }),
      element([component('ENERGY', 0.5, 1000, 20)]),
    ]);
    const priced = priceSession(
      session(v2g, at, [
        { seconds: HOURS, kwh: 6 },
        { seconds: HOURS, kwh: -8.5 },
      ]),
    );
    // Up: 5 at 0.30 and 1 at 0.50; down: 1 at 0.50 and 7.5 at 0.30. Balance -2.5 at 0.30.
    expect(totalOf(priced)).toEqual(['-0.7500', '-0.9000']);
    expect(codesOf(priced)).toContain('energy_negative');
  });

  it('are priced whatever order their periods come in, and name a foreign tariff', () => {
    const sorted = session(perHour, at, [
      { seconds: HOURS, kwh: 6 },
      { seconds: HOURS, parked: true },
    ]);
    const periods = sorted.periods.map((period) => ({ ...period, tariff_id: 'T2' })).reverse();
    const priced = priceSession({ ...sorted, periods });
    expect(totalOf(priced)[0]).toBe('18.0000');
    expect(codesOf(priced)).toContain('other_tariff_named');
  });

  it('are refused with an unknown time zone or no moment', () => {
    const night = tariff([element([component('TIME', 1)], { start_time: '22:00', end_time: '06:00' })]);
    const used = session(night, at, [{ seconds: HOURS, kwh: 6 }]);
    expect(() => priceSession({ ...used, timeZone: 'Mars/Olympus' })).toThrow(RangeError);
    expect(() => priceSession({ ...used, startedAt: 'yesterday' })).toThrow(RangeError);
  });

  it('are read from import and export where the energy itself is not given', () => {
    const perKwh = tariff([element([component('ENERGY', 1)])]);
    const dimensions = [
      { type: 'ENERGY_IMPORT', volume: 7 },
      { type: 'ENERGY_EXPORT', volume: 2.5 },
    ];
    const periods = [{ start_date_time: at, dimensions }];
    const priced = priceSession({
      tariff: perKwh,
      periods,
      startedAt: at,
      now: '2026-01-12T10:00:00Z',
      timeZone: 'UTC',
    });
    expect(totalOf(priced)[0]).toBe('4.5000');
  });

  it('fill the last block at the price of the band that feeding back ended in', () => {
    const bands = tariff([
      element([component('ENERGY', 0.3, 1000)], { max_kwh: 5 }),
      element([component('ENERGY', 0.5, 1000)]),
    ]);
    const priced = priceSession(
      session(bands, at, [
        { seconds: HOURS, kwh: 6 },
        { seconds: HOURS, kwh: -2.5 },
      ]),
    );
    // 3.5 kWh at 0.30, and half a kWh more to fill the block.
    expect(totalOf(priced)[0]).toBe('1.2000');
  });
});

describe('Reservations', () => {
  const fees = tariff([
    element([component('FLAT', 3)], { reservation: 'RESERVATION_EXPIRES' }),
    element([component('FLAT', 2), component('TIME', 4, 600)], { reservation: 'RESERVATION' }),
    element([component('FLAT', 1), component('ENERGY', 0.5), component('TIME', 60)]),
  ]);
  const from = '2026-01-12T08:38:00Z';
  const until = '2026-01-12T09:00:00Z';

  it('cost their own fee and blocks of time, apart from those of the session', () => {
    const used = session(fees, until, [{ seconds: 60, kwh: 4 }]);
    const priced = priceSession({ ...used, reservation: { from, until, expired: false } });
    expect(linesOf(priced)).toEqual([
      'reservation 1 once at 2 = 2',
      'reservation 0.5 h at 4 = 2',
      'fixed 1 once at 1 = 1',
      'energy 4 kWh at 0.5 = 2',
      'time 0.016667 h at 60 = 1',
    ]);
    expect(priced.dimensions.reservation.billedQuantity.toString()).toBe('0.5');
    expect(totalsForCdr(priced).total_reservation_cost).toEqual({ before_taxes: 4, taxes: [] });
  });

  it('that run out cost the fee for that too, and nothing of a session', () => {
    const expired = {
      tariff: fees,
      periods: [],
      endedAt: until,
      timeZone: 'UTC',
      reservation: { from, until, expired: true },
    };
    expect(linesOf(priceSession(expired))).toEqual([
      'reservation 1 once at 2 = 2',
      'reservation 1 once at 3 = 3',
      'reservation 0.5 h at 4 = 2',
    ]);
  });

  it('take the hourly price of an expired reservation only when they expire', () => {
    const hourly = tariff([
      element([component('TIME', 6)], { reservation: 'RESERVATION_EXPIRES' }),
      element([component('TIME', 3)], { reservation: 'RESERVATION' }),
    ]);
    const cost = (expired: boolean): string =>
      totalOf(
        priceSession({
          tariff: hourly,
          periods: [],
          endedAt: until,
          timeZone: 'UTC',
          reservation: { from, until, expired },
        }),
      )[0];
    expect([cost(true), cost(false)]).toEqual(['2.2000', '1.1000']);
  });

  it('in the periods of a CDR are before its charge, or instead of it', () => {
    const reserved = { start_date_time: from, dimensions: [{ type: 'RESERVATION_TIME', volume: 0.5 }] };
    const charged = { start_date_time: until, dimensions: [{ type: 'ENERGY', volume: 4 }] };
    const late = tariff([
      element([component('TIME', 4)], { reservation: 'RESERVATION' }),
      element([component('ENERGY', 9)], { min_duration: 600 }),
      element([component('ENERGY', 0.5), component('FLAT', 1)]),
    ]);
    const facts = { tariff: { ...late, min_price: { before_taxes: 10 } }, startedAt: from, timeZone: 'UTC' };
    const both = priceSession({ ...facts, periods: [reserved, charged], endedAt: '2026-01-12T09:05:00Z' });
    expect(linesOf(both).slice(0, 3)).toEqual([
      'reservation 0.5 h at 4 = 2',
      'fixed 1 once at 1 = 1',
      'energy 4 kWh at 0.5 = 2',
    ]);
    expect(totalOf(both)[0]).toBe('10.0000');
    const unused = priceSession({ ...facts, periods: [reserved], endedAt: until });
    expect([linesOf(unused), unused.duration.toString()]).toEqual([['reservation 0.5 h at 4 = 2'], '0']);
  });

  it('read RESERVATION_TIME of a period where the reservation itself is not known', () => {
    const reserved = tariff([
      element([component('TIME', 4)], { reservation: 'RESERVATION' }),
      element([component('ENERGY', 0.5)]),
    ]);
    const periods = [
      { start_date_time: '2026-01-12T08:30:00Z', dimensions: [{ type: 'RESERVATION_TIME', volume: 0.5 }] },
      { start_date_time: until, dimensions: [{ type: 'ENERGY', volume: 4 }] },
    ];
    const priced = priceSession({
      tariff: reserved,
      periods,
      startedAt: until,
      endedAt: '2026-01-12T10:00:00Z',
      timeZone: 'UTC',
    });
    expect(linesOf(priced)).toEqual(['reservation 0.5 h at 4 = 2', 'energy 4 kWh at 0.5 = 2']);
  });
});

it('The engine reads the canonical Tariff and ChargingPeriod as they are', () => {
  const read = tariffSchema.parse({
    country_code: 'NL',
    party_id: 'VTP',
    id: 'T1',
    currency: 'EUR',
    tax_included: 'YES',
    elements: [{ price_components: [{ type: 'ENERGY', price: 0.5, vat: null, step_size: 1 }], restrictions: null }],
    last_updated: '2026-01-12T09:00:00Z',
  });
  const startedAt = '2026-01-12T09:00:00';
  const period = chargingPeriodSchema.parse({
    start_date_time: startedAt,
    dimensions: [{ type: 'ENERGY', volume: 2 }],
  });
  const priced = priceSession({
    tariff: read,
    periods: [period],
    startedAt,
    now: '2026-01-12T10:00:00Z',
    timeZone: 'UTC',
  });
  expect(totalOf(priced)[1]).toBe('1.0000');
});
