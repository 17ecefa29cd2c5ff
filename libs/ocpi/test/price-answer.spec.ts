import { describe, expect, it } from '@jest/globals';
import { type Decimal, decimal, VoltapError } from '@voltap/kernel';
import { aCdr, aTariff } from '@voltap/ocpi/testkit';
import { answerPriceRequest, answerPurchaseRequest } from '../src/pricing/index.js';
import { component, element } from './pricing-sessions.js';

const START = '2026-01-12T08:00:00Z';
const END = '2026-01-12T09:00:00Z';
const tariff = aTariff({
  tax_included: 'YES',
  elements: [{ price_components: [{ type: 'ENERGY', price: 0.37, vat: 19, step_size: 1 }] }],
});
const session = {
  start_date_time: START,
  end_date_time: END,
  kwh: 12.3,
  currency: 'EUR',
  status: 'COMPLETED',
  charging_periods: [
    {
      start_date_time: START,
      dimensions: [
        { type: 'ENERGY', volume: 12.3 },
        { type: 'TIME', volume: 0.5 },
      ],
    },
    { start_date_time: '2026-01-12T08:30:00Z', dimensions: [{ type: 'PARKING_TIME', volume: 0.5 }] },
  ],
};

/** `pointer: message` of everything that is wrong. */
function faultsOf(request: unknown, answer: (request: unknown) => unknown = answerPriceRequest): string[] {
  try {
    answer(request);
  } catch (error) {
    if (error instanceof VoltapError) return error.violations.map(({ pointer, message }) => `${pointer}: ${message}`);
    throw error;
  }
  return [];
}

function sumOf(texts: readonly string[]): Decimal {
  return texts.reduce((sum, text) => sum.plus(decimal(text)), decimal(0));
}

describe('The answer to what a session costs', () => {
  it('explains each amount in a sentence, and its lines add up to what is paid', () => {
    const priced = element([
      component('FLAT', 0.35, 1, 19),
      component('ENERGY', 0.373, 500, 19),
      component('PARKING_TIME', 1.7, 1, 7),
    ]);
    const { lines, totals, exact, currency, notes } = answerPriceRequest({
      tariffs: [{ ...tariff, elements: [priced] }],
      session,
      timeZone: 'Europe/Berlin',
    });
    expect(lines.map(({ text }) => text)).toEqual([
      'Fee: 0.29 EUR + VAT 19 % 0.06 = 0.35 EUR',
      'Energy: 12.5 kWh at 0.373 EUR (12.3 measured) = 3.92 EUR + VAT 19 % 0.74 = 4.66 EUR',
      'Parking time: 0.5 h at 1.7 EUR = 0.79 EUR + VAT 7 % 0.06 = 0.85 EUR',
    ]);
    expect([currency, totals.afterTaxes, exact.afterTaxes]).toEqual(['EUR', '5.86', '5.8625']);
    expect(sumOf(lines.map(({ afterTaxes }) => afterTaxes)).toFixed(2)).toBe(totals.afterTaxes);
    expect(sumOf([totals.beforeTaxes, ...totals.taxes.map(({ amount }) => amount)]).toFixed(2)).toBe(totals.afterTaxes);
    expect(notes).toEqual([]);
  });

  it('says what had to be assumed', () => {
    const codesOf = (changes: object) =>
      answerPriceRequest({ tariffs: [tariff], session: { ...session, ...changes } }).notes.map(({ code }) => code);
    expect(codesOf({ end_date_time: null, last_updated: END })).toEqual(['end_assumed']);
    expect(codesOf({ charging_periods: [] })).toEqual(['periods_missing']);
    expect(codesOf({ kwh: 14 })).toEqual(['energy_differs']);
    expect(codesOf({ kwh: 12_300, charging_periods: [] })).toEqual(['periods_missing', 'energy_implausible']);
    expect(codesOf({ status: 'INVALID' })).toEqual(['not_billed']);
  });

  it('says what its CDR says otherwise, and nothing where that agrees once it is rounded', () => {
    const cdr = aCdr();
    expect(answerPriceRequest({ cdr }).differences).toEqual([]);
    const dearer = {
      ...cdr,
      total_cost: { before_taxes: 6.5, taxes: [{ name: 'VAT', percentage: 19, amount: 1.19 }] },
    };
    expect(answerPriceRequest({ cdr: dearer }).differences).toEqual([
      { pointer: '/cdr/total_cost/before_taxes', stated: '6.5', calculated: '6.25', difference: '0.25' },
    ]);
    expect(
      answerPriceRequest({ tariffs: [{ ...cdr.tariffs?.[0], elements: tariff.elements }], cdr }).differences,
    ).not.toEqual([]);
  });
});

describe('A question about prices that cannot be answered', () => {
  const change = (fields: object) => ({ tariffs: [{ ...tariff, ...fields }], session });

  it('is refused naming each field, and why', () => {
    expect(
      faultsOf(
        change({ currency: 'euro', elements: [{ price_components: [{ ...component('ENERGY', 1), price: 'x' }] }] }),
      ),
    ).toEqual([
      '/tariffs/0/currency: must be an ISO 4217 code',
      expect.stringMatching(/^\/tariffs\/0\/elements\/0\/price_components\/0\/price: /),
    ]);
    expect(faultsOf({ tariffs: [tariff] })).toEqual(['/session: either a session or a CDR is needed']);
    expect(faultsOf({ session })).toEqual(['/tariffs: at least one tariff is needed']);
    expect(faultsOf({ tariffs: [tariff], session: { ...session, kwh: undefined } })).toEqual([
      '/session/kwh: is missing: it is a number',
    ]);
  });

  it.each<[string, object, string]>([
    [
      'a currency that is not that of the tariff (TAR-18)',
      { currency: 'SEK' },
      '/session/currency: is SEK, but tariff T1 is in EUR',
    ],
    [
      'an end before the start',
      { end_date_time: '2026-01-12T07:00:00Z', charging_periods: [] },
      '/session/end_date_time: is before start_date_time',
    ],
    [
      'a year of charging',
      { end_date_time: '2028-01-12T07:00:00Z' },
      '/session/end_date_time: is more than 366 days after start_date_time',
    ],
    [
      'no moment until which to price',
      { end_date_time: undefined },
      '/session/end_date_time: is missing, as is the moment until which to price',
    ],
    [
      'periods that go backwards',
      { charging_periods: [...session.charging_periods].reverse() },
      '/session/charging_periods/1/start_date_time: is before that of the period before',
    ],
    [
      'a dimension that is there twice',
      {
        charging_periods: [
          {
            start_date_time: START,
            dimensions: [
              { type: 'ENERGY', volume: 1 },
              { type: 'ENERGY', volume: 2 },
            ],
          },
        ],
      },
      '/session/charging_periods/0/dimensions/1/type: is there twice in its period',
    ],
    [
      'a negative time',
      { charging_periods: [{ start_date_time: START, dimensions: [{ type: 'TIME', volume: -1 }] }] },
      '/session/charging_periods/0/dimensions/0/volume: must not be negative',
    ],
  ])('is one about %s', (_what, changes, fault) => {
    expect(faultsOf({ tariffs: [tariff], session: { ...session, ...changes } })).toContain(fault);
  });

  it.each<[string, object, string]>([
    [
      'a day that there is not',
      { elements: [element([component('ENERGY', 1)], { start_date: '2026-02-31' })] },
      '/tariffs/0/elements/0/restrictions/start_date: is no day that there is',
    ],
    [
      'the clock of a place without its zone',
      { elements: [element([component('ENERGY', 1)], { start_time: '08:00' })] },
      '/timeZone: is needed: element 0 of tariff T1 follows the clock of the location',
    ],
    [
      'a limit of OCPI 2.2.1',
      { min_price: { excl_vat: 1, incl_vat: 1.2 } },
      '/tariffs/0/min_price/before_taxes: is missing; {excl_vat, incl_vat} is how OCPI 2.2.1 writes it, 2.3.0 writes before_taxes and after_taxes or taxes',
    ],
    [
      'a negative VAT',
      { elements: [element([component('ENERGY', 1, 1, -100)])] },
      '/tariffs/0/elements/0/price_components/0/vat: must not be negative',
    ],
  ])('is one with %s', (_what, changes, fault) => {
    expect(faultsOf(change(changes))).toContain(fault);
  });

  it('is one in a zone that there is not, or with two tariffs of one name or of two currencies', () => {
    expect(faultsOf({ tariffs: [tariff], session, timeZone: 'Mars/Olympus' })).toEqual([
      '/timeZone: Mars/Olympus is no name of a zone, like Europe/Berlin',
    ]);
    expect(faultsOf({ tariffs: [tariff, { ...tariff, currency: 'SEK' }], session })).toEqual([
      '/tariffs/1/id: is that of /tariffs/0 too',
      '/tariffs/1/currency: is SEK, that of /tariffs/0 is EUR',
    ]);
  });
});

describe('The answer to what an amount buys', () => {
  const query = { tariff, powerKw: 50, startedAt: START };

  it('is in whole watt-hours, of the amount to reserve where no other is named', () => {
    expect(answerPurchaseRequest({ ...query, amount: 20 })).toMatchObject({
      limitedBy: 'amount',
      kwh: '54.067',
      afterTaxes: '20.00',
      text: '20.00 EUR buy 54.067 kWh: 1.0813 h at 50 kW, for 20.00 EUR.',
    });
    expect(answerPurchaseRequest(query).amount).toBe('50.00');
  });

  it('names what is missing', () => {
    const unnamed = { ...query, tariff: { ...tariff, preauthorize_amount: undefined } };
    expect(faultsOf(unnamed, answerPurchaseRequest)).toEqual([
      '/amount: is needed, since the tariff has no preauthorize_amount',
    ]);
  });
});
