import { describe, expect, it } from '@jest/globals';
import { decimal } from '@voltap/kernel';
import type { PricedSession } from '../src/pricing/index.js';
import { priceSession, roundPriced, totalsForCdr, whatWillThisBuy } from '../src/pricing/index.js';
import { component, element, session, tariff } from './pricing-sessions.js';

const HOURS = 3600;

function totalOf(priced: PricedSession): [string, string] {
  return [priced.totals.beforeTaxes.toFixed(4), priced.totals.afterTaxes.toFixed(4)];
}

describe('Taxes and limits', () => {
  const mixed = [component('FLAT', 1.2, 1, 20), component('ENERGY', 0.55, 1, 10)];

  it('come on top of net prices, are taken out of gross ones, and are left away where none apply (PRC-22, PRC-23)', () => {
    const used = [{ seconds: HOURS, kwh: 20 }] as const;
    const cost = (tax_included: string): [string, string, string] => {
      const priced = priceSession(session(tariff([element(mixed)], { tax_included }), '2026-01-12T09:00:00Z', used));
      return [...totalOf(priced), priced.totals.taxes.map((tax) => `${tax.percentage}% ${tax.amount}`).join(', ')];
    };
    // Net 1.20 + 11.00; gross: 1.20/1.2 + 11/1.1.
    expect(cost('NO')).toEqual(['12.2000', '13.5400', '20% 0.24, 10% 1.1']);
    expect(cost('YES')).toEqual(['11.0000', '12.2000', '20% 0.2, 10% 1']);
    expect(cost('N/A')).toEqual(['12.2000', '12.2000', '']);
  });

  it('say when the tariff knows no VAT', () => {
    const unknown = tariff([element([component('ENERGY', 0.5), component('TIME', 0)])]);
    const priced = priceSession(session(unknown, '2026-01-12T09:00:00Z', [{ seconds: HOURS, kwh: 20 }]));
    expect(priced.notes).toEqual([{ code: 'no_vat_known', dimension: 'energy' }]);
    expect(priced.totals.taxes).toEqual([]);
  });

  it('scale with a total that max_price lowers, while partial costs stay as they are (PRC-25, PRC-26)', () => {
    const capped = tariff([element(mixed)], { max_price: { before_taxes: 10, after_taxes: 11 } });
    const priced = priceSession(session(capped, '2026-01-12T09:00:00Z', [{ seconds: HOURS, kwh: 20 }]));
    expect(totalOf(priced)).toEqual(['10.0000', '11.0000']);
    // 1 euro of tax in the proportion 0.24 : 1.10.
    expect(priced.totals.taxes.map((tax) => tax.amount.toFixed(4))).toEqual(['0.1791', '0.8209']);
    expect(priced.dimensions.energy.beforeTaxes.toString()).toBe('11');
    expect(priced.lines.at(-1)).toMatchObject({ dimension: 'limit' });
    expect(priced.notes).toContainEqual({ code: 'limit_applied', limit: 'max_price' });
  });

  it('follow a limit that is stated without taxes only', () => {
    const capped = tariff([element([component('ENERGY', 0.5, 1, 10)])], { max_price: { before_taxes: 5 } });
    const priced = priceSession(session(capped, '2026-01-12T09:00:00Z', [{ seconds: HOURS, kwh: 20 }]));
    expect(totalOf(priced)).toEqual(['5.0000', '5.5000']);
  });

  it('stay within the stricter limit when the one with taxes is below the one without', () => {
    const odd = tariff([element([component('ENERGY', 0.5, 1, 10)])], {
      max_price: { before_taxes: 8, after_taxes: 7 },
    });
    const priced = priceSession(session(odd, '2026-01-12T09:00:00Z', [{ seconds: HOURS, kwh: 20 }]));
    expect(totalOf(priced)).toEqual(['7.0000', '7.0000']);
    expect(priced.notes).toContainEqual({ code: 'limit_inconsistent', limit: 'max_price' });
  });

  it('bound a gross price without known VAT by the gross limit', () => {
    const gross = tariff([element([component('ENERGY', 0.6)])], {
      tax_included: 'YES',
      max_price: { before_taxes: 10, after_taxes: 11 },
    });
    const priced = priceSession(session(gross, '2026-01-12T09:00:00Z', [{ seconds: HOURS, kwh: 20 }]));
    expect(totalOf(priced)).toEqual(['11.0000', '11.0000']);
  });

  it('are those of the tariff when min_price raises a session without any use', () => {
    const least = tariff([element([component('ENERGY', 0.5, 1, 19)])], { min_price: { before_taxes: 1 } });
    const priced = priceSession({
      tariff: least,
      periods: [],
      startedAt: '2026-01-12T09:00:00Z',
      now: '2026-01-12T09:00:05Z',
      timeZone: 'Europe/Berlin',
    });
    expect(totalOf(priced)).toEqual(['1.0000', '1.1900']);
    expect(priced.totals.taxes).toMatchObject([{ name: 'VAT', percentage: decimal(19), amount: decimal(0.19) }]);
  });

  it('round once, so that lines, dimensions and totals add up to the cent (PRC-27)', () => {
    // 3 x 0.335 gross at 19 %: 1.005 -> 1.01; tax 0.160462 -> 0.16; net 0.85. Each line by itself would give 0.34.
    const thirds = tariff(
      [element([component('FLAT', 0.335, 1, 19), component('ENERGY', 0.335, 1, 19), component('TIME', 0.335, 1, 19)])],
      { tax_included: 'YES' },
    );
    const rounded = roundPriced(priceSession(session(thirds, '2026-01-12T09:00:00Z', [{ seconds: HOURS, kwh: 1 }])));
    expect(rounded.lines.map((line) => line.afterTaxes.toFixed(2))).toEqual(['0.34', '0.34', '0.33']);
    expect(totalsForCdr(rounded)).toEqual({
      currency: 'EUR',
      total_cost: { before_taxes: 0.85, taxes: [{ name: 'VAT', percentage: 19, amount: 0.16 }] },
      total_fixed_cost: { before_taxes: 0.28, taxes: [{ name: 'VAT', percentage: 19, amount: 0.06 }] },
      total_energy: 1,
      total_energy_cost: { before_taxes: 0.29, taxes: [{ name: 'VAT', percentage: 19, amount: 0.05 }] },
      total_time: 1,
      total_time_cost: { before_taxes: 0.28, taxes: [{ name: 'VAT', percentage: 19, amount: 0.05 }] },
    });
  });

  it('round to whole yen', () => {
    const yen = tariff([element([component('ENERGY', 33.3, 1, 10)])], { currency: 'JPY', tax_included: 'YES' });
    const rounded = roundPriced(priceSession(session(yen, '2026-01-12T09:00:00Z', [{ seconds: HOURS, kwh: 5 }])));
    expect([rounded.totals.beforeTaxes, rounded.totals.afterTaxes].map(String)).toEqual(['152', '167']);
  });
});

describe('What an amount buys', () => {
  const start = '2026-01-12T15:30:00Z';

  it('is found to the watt-hour, across a price change', () => {
    const peak = tariff([
      element([component('ENERGY', 0.6, 1)], { start_time: '17:00', end_time: '20:00' }),
      element([component('ENERGY', 0.3, 1), component('FLAT', 1)]),
    ]);
    // At 20 kW: 10 kWh by 17:00 for 3 euro and the fee; 6 euro more buy 10 kWh, and half a cent is given by rounding.
    const bought = whatWillThisBuy({
      tariff: peak,
      amount: decimal(10),
      powerKw: 20,
      startedAt: start,
      timeZone: 'Europe/Berlin',
    });
    expect(bought.limitedBy).toBe('amount');
    expect(bought.kwh.toString()).toBe('20.008');
    expect(bought.cost.totals.afterTaxes.toFixed(2)).toBe('10.00');
  });

  it('has no end under a max_price within the amount, and is nothing when it is used up', () => {
    const capped = tariff([element([component('ENERGY', 0.5)])], { max_price: { before_taxes: 30 } });
    const query = { tariff: capped, powerKw: 50, startedAt: start, timeZone: 'Europe/Berlin' };
    expect(whatWillThisBuy({ ...query, amount: decimal(30) }).limitedBy).toBe('horizon');
    const periods = [{ start_date_time: start, dimensions: [{ type: 'ENERGY', volume: 20 }] }];
    const now = '2026-01-12T16:00:00Z';
    expect(whatWillThisBuy({ ...query, amount: decimal(9), periods, now }).limitedBy).toBe('already_exceeded');
    expect(whatWillThisBuy({ ...query, amount: decimal(15), periods, now }).kwh.toString()).toBe('10.009');
  });
});
