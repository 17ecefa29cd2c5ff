import { describe, expect, it } from '@jest/globals';
import type { Cdr, Tariff } from '@voltap/ocpi/model';
import { aTariff } from '@voltap/ocpi/testkit';
import { compareCdr, type StatedCdr } from '../src/domain/compare-cdr.js';
import { makeCdr } from '../src/domain/make-cdr.js';
import { anEnd } from './cdrs-bench.js';

const ZONE = 'Europe/Berlin';

describe("a back-end's own CDR", () => {
  const [element] = aTariff().elements;
  if (element === undefined) throw new Error('a tariff has an element');
  const terms = { id: 'C1', invoiceReference: null };
  /** Ours: an hour, 12.5 kWh. */
  const ours = (tariff: Tariff = aTariff()): Cdr =>
    makeCdr(anEnd({ id: 'S1' }, { tariff: { revision: 1, tariff } }), terms).cdr;
  const price = (before_taxes: number, tax: number | null) => ({
    before_taxes,
    taxes: tax === null ? [] : [{ name: 'VAT', percentage: 19, amount: tax }],
  });
  const verdict = (stated: StatedCdr, cdr: Cdr | null = ours(), zone: string | null = ZONE) => {
    const { state, cause, repriced } = compareCdr(stated, cdr, zone);
    return [state, cause, repriced];
  };

  it('agrees to the cent, whatever it leaves out', () => {
    expect(ours().total_cost).toEqual({ before_taxes: 6.25, taxes: [{ name: 'VAT', percentage: 19, amount: 1.19 }] });
    expect(verdict({ total_cost: price(6.25, 1.19) })).toEqual(['AGREES', null, null]);
    expect(verdict({ total_cost: price(6.2512, 1.1877), total_energy: 12.5, currency: 'eur' })).toEqual([
      'AGREES',
      null,
      null,
    ]);
    expect(verdict(ours())).toEqual(['AGREES', null, '7.44']);
    expect(compareCdr(ours(), ours(), ZONE).differences).toEqual([]);
  });

  it('is told apart by what it says of the charge', () => {
    expect(verdict({ total_cost: price(6.25, 1.19), currency: 'CHF' })).toEqual([
      'DIFFERENT',
      'currency_differs',
      null,
    ]);
    expect(verdict({ total_cost: price(6.5, 1.24), total_energy: 13 })).toEqual(['DIFFERENT', 'energy_differs', null]);
    const later = { end_date_time: '2026-03-02T11:10:00Z' };
    expect(verdict({ total_cost: price(7, 1.33), ...later })).toEqual(['DIFFERENT', 'duration_differs', null]);
    expect(verdict({ total_cost: price(7, 1.33), total_time: 1.2 })).toEqual(['DIFFERENT', 'duration_differs', null]);
    const dearer = aTariff({
      elements: [{ price_components: [{ type: 'ENERGY', price: 0.6, vat: 19, step_size: 1 }] }],
    });
    const byOther = compareCdr({ total_cost: price(7.5, 1.43), tariffs: [dearer] }, ours(), ZONE);
    expect(byOther).toMatchObject({ cause: 'tariff_differs', repriced: '8.93' });
    expect(byOther.message).toContain('it costs 8.93, as it says');
    expect(byOther.differences).toEqual([
      { pointer: '/cdr/total_cost/before_taxes', stated: '7.5', calculated: '6.25', difference: '1.25' },
      { pointer: '/cdr/total_cost/taxes', stated: '1.43', calculated: '1.19', difference: '0.24' },
    ]);
    const untaxed = makeCdr(anEnd({ id: 'S1' }, { tariff: null }), terms).cdr;
    expect(verdict({ total_cost: price(1, 0.19) }, untaxed)).toEqual(['DIFFERENT', 'not_priced_here', null]);
    expect(verdict({ total_cost: price(1, 0.19) }, null)).toEqual(['DIFFERENT', 'credited_here', null]);
    expect(verdict({ total_cost: price(0, null) }, null)).toEqual(['AGREES', null, null]);
  });

  it('is told apart by how it may have come to its total', () => {
    const cause = (stated: StatedCdr, cdr = ours(), zone: string | null = ZONE) => verdict(stated, cdr, zone)[1];
    expect(cause({ total_cost: price(6.25, null) })).toBe('taxes_missing');
    expect(cause({ total_cost: price(5.25, 1) })).toBe('taxes_missing');
    expect(cause({ total_cost: price(6.25, 0.44) })).toBe('taxes_differ');
    expect(cause({ total_cost: price(6.25, 1.19), total_energy_cost: price(6, 1.14) })).toBe('parts_differ');
    expect(cause({ total_cost: price(9, 1.71) })).toBe('amount_differs');

    const capped = ours(aTariff({ max_price: { before_taxes: 5 } }));
    expect(capped.total_cost.before_taxes).toBe(5);
    expect(cause({ total_cost: price(6.25, 1.19) }, capped)).toBe('limit_not_applied');
    expect(cause({ total_cost: price(6.25, 1.19) }, capped, null)).toBe('amount_differs');
    const stepped = ours(
      aTariff({ elements: [{ price_components: [{ type: 'ENERGY', price: 0.5, vat: 19, step_size: 10_000 }] }] }),
    );
    expect(stepped.total_cost.before_taxes).toBe(10);
    expect(cause({ total_cost: price(6.25, 1.19) }, stepped)).toBe('step_size_not_applied');

    const two = ours(
      aTariff({
        elements: [
          {
            price_components: [
              { type: 'FLAT', price: 0.333, vat: 19, step_size: 1 },
              { type: 'ENERGY', price: 0.5, vat: 19, step_size: 1 },
            ],
          },
        ],
      }),
    );
    expect(two.total_cost).toMatchObject({ before_taxes: 6.58, taxes: [{ amount: 1.25 }] });
    expect(cause({ total_cost: price(6.59, 1.25) }, two)).toBe('rounded_by_line');
  });

  it('is told apart by its periods, and from what it cannot have come to itself', () => {
    const [first] = element.price_components;
    if (first === undefined) throw new Error('an element has a component');
    const late = { price_components: [{ ...first, price: 0.5 }], restrictions: { start_time: '11:30' } };
    const tariff = aTariff({ elements: [late, { price_components: [{ ...first, price: 0.1 }] }] });
    const mine = ours(tariff);
    expect(mine.total_cost.before_taxes).toBe(1.25);
    const charging_periods = [
      { start_date_time: mine.start_date_time, dimensions: [{ type: 'ENERGY' as const, volume: 2.5 }] },
      { start_date_time: '2026-03-02T10:30:00Z', dimensions: [{ type: 'ENERGY' as const, volume: 10 }] },
    ];
    const stated = { charging_periods, total_energy: 12.5 };
    expect(verdict({ ...stated, total_cost: price(5.25, 1) }, mine)).toEqual(['DIFFERENT', 'periods_differ', '6.25']);
    expect(verdict({ ...stated, total_cost: price(11, 2.09) }, mine)).toEqual([
      'DIFFERENT',
      'not_by_its_own_tariff',
      '6.25',
    ]);
  });

  it('is refused where it contradicts itself, by the field', () => {
    const backwards = [
      { start_date_time: '2026-03-02T10:30:00Z', dimensions: [{ type: 'ENERGY' as const, volume: 1 }] },
      { start_date_time: '2026-03-02T10:10:00Z', dimensions: [{ type: 'ENERGY' as const, volume: 1 }] },
    ];
    expect(() => compareCdr({ total_cost: price(1, 0), charging_periods: backwards }, ours(), ZONE)).toThrow(
      /\/cdr\/charging_periods\/1\/start_date_time/,
    );
  });
});
