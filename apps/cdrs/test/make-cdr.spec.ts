import { describe, expect, it } from '@jest/globals';
import { type Decimal, decimal } from '@voltap/kernel';
import { cdrSchema, type Price, type Session, type Tariff, tariffSchema } from '@voltap/ocpi/model';
import { answerPriceRequest, cdrPeriods, priceSession, totalsForCdr } from '@voltap/ocpi/pricing';
import { aSession, aTariff } from '@voltap/ocpi/testkit';
import fc from 'fast-check';
import { type MadeCdr, makeCdr } from '../src/domain/make-cdr.js';
import { anEnd } from './cdrs-bench.js';

const SESSION_ONLY = ['CURRENT', 'ENERGY_EXPORT', 'ENERGY_IMPORT', 'POWER', 'STATE_OF_CHARGE'];
const ID = '0192d0a0-0000-7000-8000-000000000000';

type Element = Tariff['elements'][number];
type Restrictions = NonNullable<Element['restrictions']>;

const cents = (max: number) => fc.integer({ min: 0, max: max * 100 }).map((amount) => amount / 100);
const components = (...types: Element['price_components'][number]['type'][]) =>
  fc.tuple(
    ...types.map((type) =>
      fc.record(
        {
          type: fc.constant(type),
          price: fc.integer({ min: 0, max: 60_000 }).map((price) => price / 10_000),
          step_size: fc.constantFrom(0, 1, 60, 300, 1000),
          vat: fc.constantFrom(0, 7, 19, 21),
        },
        { requiredKeys: ['type', 'price', 'step_size'] },
      ),
    ),
  );
const restrictions: fc.Arbitrary<Restrictions> = fc.record(
  {
    start_time: fc.constantFrom('00:00', '02:00', '02:30', '22:00'),
    end_time: fc.constantFrom('02:00', '03:00', '06:00'),
    max_kwh: fc.integer({ min: 1, max: 30 }),
    max_power: fc.integer({ min: 1, max: 150 }),
    min_duration: fc.integer({ min: 0, max: 7200 }),
  },
  { requiredKeys: [] },
);
const limit = fc.tuple(cents(40), cents(8)).map(([before_taxes, tax]) => ({
  before_taxes,
  after_taxes: decimal(before_taxes).plus(tax).toNumber(),
}));
const tariffs: fc.Arbitrary<Tariff> = fc
  .record({
    special: fc.array(fc.tuple(components('ENERGY', 'TIME', 'FLAT'), restrictions), { maxLength: 2 }),
    rest: fc
      .subarray(['ENERGY', 'TIME', 'PARKING_TIME', 'FLAT'] as const, { minLength: 1 })
      .chain((types) => components(...types)),
    terms: fc.record(
      {
        tax_included: fc.constantFrom('YES' as const, 'NO' as const, 'N/A' as const),
        min_price: limit,
        max_price: limit,
      },
      { requiredKeys: ['tax_included'] },
    ),
  })
  .map(({ special, rest, terms }) =>
    aTariff({
      ...terms,
      elements: [
        ...special.map(([price_components, when]) => ({ price_components, restrictions: when })),
        { price_components: rest },
      ],
    }),
  );

const stretches = fc.array(
  fc.record({
    seconds: fc.integer({ min: 1, max: 9000 }),
    wh: fc.integer({ min: 0, max: 40_000 }),
    session: fc.subarray(['POWER', 'CURRENT', 'STATE_OF_CHARGE'] as const),
  }),
  { maxLength: 6 },
);
/** The nights in which the clocks of Berlin change, and one in which they do not. */
const starts = fc
  .tuple(fc.constantFrom('2026-10-24T21:00:00Z', '2026-03-28T21:00:00Z', '2026-06-01T21:00:00Z'), fc.nat(6 * 3600))
  .map(([night, seconds]) => Date.parse(night) + seconds * 1000);

/** The session as the back-end told it, with dimensions that no CDR holds, and its cost by the engine. */
const ends = fc.tuple(tariffs, starts, stretches).map(([tariff, start, taken]) => {
  let at = start;
  const charging_periods = taken.map(({ seconds, wh, session }) => {
    const hours = Number((seconds / 3600).toFixed(4));
    const start_date_time = new Date(at).toISOString();
    at += seconds * 1000;
    const dimensions = [
      ...(wh === 0
        ? [{ type: 'PARKING_TIME' as const, volume: hours }]
        : [
            { type: 'ENERGY' as const, volume: wh / 1000 },
            { type: 'TIME' as const, volume: hours },
          ]),
      ...session.map((type) => ({ type, volume: 50 })),
    ];
    return { start_date_time, dimensions };
  });
  const kwh = taken.reduce((sum, { wh }) => sum.plus(decimal(wh).div(1000)), decimal(0)).toNumber();
  const [start_date_time, end_date_time] = [new Date(start).toISOString(), new Date(at).toISOString()];
  const measured = { start_date_time, end_date_time, kwh, charging_periods };
  return anEnd({ ...measured, total_cost: costOf(tariff, measured) }, { tariff: { revision: 1, tariff } });
});

/** As sessions compute it. */
function costOf(
  tariff: Tariff,
  measured: Pick<Session, 'start_date_time' | 'kwh' | 'charging_periods'> & { end_date_time: string },
): Price {
  const { start_date_time: startedAt, end_date_time: endedAt } = measured;
  const input = { tariff, periods: cdrPeriods(measured), startedAt, endedAt, timeZone: 'Europe/Berlin' };
  return totalsForCdr(priceSession(input)).total_cost;
}

function paid(price: Price | undefined): Decimal {
  const { before_taxes = 0, taxes = [] } = price ?? {};
  return taxes.reduce((sum, { amount }) => sum.plus(decimal(amount)), decimal(before_taxes));
}

function linesOf({ lines }: MadeCdr): Decimal {
  return lines.reduce((sum, { afterTaxes }) => sum.plus(decimal(afterTaxes)), decimal(0));
}

describe('a CDR', () => {
  it('costs what its session did, to the cent, line by line and dimension by dimension, whatever the tariff (SES-17, TAR-18)', () => {
    fc.assert(
      fc.property(ends, (ended) => {
        const made = makeCdr(ended, { id: ID, invoiceReference: ID });
        const { cdr } = made;
        expect(tariffSchema.safeParse(ended.tariff?.tariff).success).toBe(true);
        expect(cdrSchema.safeParse(cdr)).toMatchObject({ success: true });
        expect(cdr.total_cost).toEqual(ended.session.total_cost);
        expect(made.totalWithTaxes).toBe(paid(cdr.total_cost).toString());
        expect(linesOf(made).toString()).toBe(made.totalWithTaxes);
        const partial = [
          cdr.total_fixed_cost,
          cdr.total_energy_cost,
          cdr.total_time_cost,
          cdr.total_parking_cost,
          cdr.total_reservation_cost,
        ].reduce((sum, price) => sum.plus(paid(price)), decimal(0));
        if (cdr.remark === undefined) expect(partial.toString()).toBe(made.totalWithTaxes);
        const maximum = ended.tariff?.tariff.max_price?.after_taxes;
        if (maximum !== undefined && ended.tariff?.tariff.tax_included === 'NO') {
          expect(paid(cdr.total_cost).lessThanOrEqualTo(maximum)).toBe(true);
        }

        const types = cdr.charging_periods.flatMap(({ dimensions }) => dimensions.map(({ type }) => type));
        expect(types.filter((type) => SESSION_ONLY.includes(type))).toEqual([]);
        expect(cdr.charging_periods.every(({ tariff_id }) => tariff_id === 'T1')).toBe(true);
        expect(cdr.charging_periods[0]?.start_date_time).toBe(cdr.start_date_time);
        expect(cdr.total_energy).toBe(ended.session.kwh);
      }),
      { numRuns: 500 },
    );
  });

  it('of a session without periods is of one with all its energy', () => {
    const { cdr, totalWithTaxes } = makeCdr(anEnd({ charging_periods: [] }), { id: ID, invoiceReference: null });
    expect([totalWithTaxes, cdr.total_energy]).toEqual(['7.44', 12.5]);
    expect(cdr.charging_periods).toEqual([
      { start_date_time: aSession().start_date_time, dimensions: [{ type: 'ENERGY', volume: 12.5 }], tariff_id: 'T1' },
    ]);
  });

  it.each([
    ['twice in the autumn night', '2026-10-24T22:00:00Z', '2026-10-25T03:00:00Z', 5, '12'],
    ['never in the spring night', '2026-03-28T23:00:00Z', '2026-03-29T03:00:00Z', 4, '0'],
    ['once in any other', '2026-06-01T22:00:00Z', '2026-06-02T03:00:00Z', 5, '6'],
  ])('bills the hour from 2 to 3 in Berlin %s', (_, start_date_time, end_date_time, hours, total) => {
    const tariff = aTariff({
      tax_included: 'N/A',
      elements: [
        {
          price_components: [{ type: 'TIME', price: 6, step_size: 60 }],
          restrictions: { start_time: '02:00', end_time: '03:00' },
        },
      ],
    });
    const dimensions = [
      { type: 'ENERGY' as const, volume: 20 },
      { type: 'TIME' as const, volume: hours },
    ];
    const session = { start_date_time, end_date_time, kwh: 20, charging_periods: [{ start_date_time, dimensions }] };
    const made = makeCdr(anEnd(session, { tariff: { revision: 1, tariff } }), { id: ID, invoiceReference: null });
    expect([made.totalWithTaxes, made.cdr.total_time]).toEqual([total, hours]);
    expect(linesOf(made).toString()).toBe(total);
  });

  it('keeps import less export as the energy, to the last decimal', () => {
    const dimensions = [
      { type: 'ENERGY_IMPORT' as const, volume: 5.1 },
      { type: 'ENERGY_EXPORT' as const, volume: 0.3 },
    ];
    const charging_periods = [{ start_date_time: '2026-03-02T10:00:00Z', dimensions }];
    const { cdr } = makeCdr(anEnd({ kwh: 4.8, charging_periods }), { id: ID, invoiceReference: null });
    expect(cdr.charging_periods[0]?.dimensions).toEqual([{ type: 'ENERGY', volume: 4.8 }]);
  });
});

describe('the CDR of a reservation', () => {
  const priced = (type: 'ENERGY' | 'TIME', price: number) => ({ type, price, vat: 0, step_size: 1 });
  const tariff = aTariff({
    tax_included: 'YES',
    elements: [
      { price_components: [priced('TIME', 3)], restrictions: { reservation: 'RESERVATION' } },
      { price_components: [priced('ENERGY', 0.5)] },
    ],
  });
  const end = anEnd({});
  const { start_date_time } = end.session;
  const from = new Date(Date.parse(start_date_time) - 1_200_000).toISOString();
  const reservation = { from, until: start_date_time, expired: false, used: true };
  const madeOf = (changes: Partial<typeof reservation>) =>
    makeCdr(
      { ...end, tariff: { tariff }, reservation: { ...reservation, ...changes } },
      { id: ID, invoiceReference: null },
    ).cdr;

  it('begins with it, prices it apart from the charge, and is priced the same by whoever reads it', () => {
    const cdr = madeOf({});
    expect(cdr.start_date_time).toBe(from);
    expect(cdr.charging_periods[0]?.dimensions).toEqual([{ type: 'RESERVATION_TIME', volume: 0.3333 }]);
    expect(cdr.total_reservation_cost?.before_taxes).toBe(1);
    expect(cdr.total_energy_cost?.before_taxes).toBeGreaterThan(0);
    expect(answerPriceRequest({ cdr }).differences).toEqual([]);
  });

  it('that nobody used has nothing of a charge', () => {
    const cdr = madeOf({ used: false });
    expect(cdr.charging_periods).toHaveLength(1);
    expect([cdr.total_cost.before_taxes, cdr.total_energy, cdr.total_time]).toEqual([1, 0, 0]);
    expect(cdrSchema.safeParse(cdr).success).toBe(true);
    expect(answerPriceRequest({ cdr }).differences).toEqual([]);
  });
});
