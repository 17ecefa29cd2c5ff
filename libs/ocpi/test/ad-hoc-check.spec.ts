import { describe, expect, it } from '@jest/globals';
import { aTariff } from '@voltap/ocpi/testkit';
import { type Tariff, tariffElementSchema } from '../src/model/index.js';
import { adHocFindings, adHocTariffs, connectorTariffFindings } from '../src/pricing/index.js';
import { component, element, type Restrictions } from './pricing-sessions.js';

const NOW = new Date('2026-03-02T10:00:00Z');
const good = aTariff({
  tax_included: 'YES',
  tariff_alt_text: [
    { language: 'en', text: 'Pay by card' },
    { language: 'de', text: 'Mit Karte zahlen' },
  ],
});

function codesOf(changes: Partial<Tariff>, place: { languages?: string[]; maxPowerKw?: number } = {}): string[] {
  return adHocFindings({ ...good, ...changes }, { now: NOW, ...place }).map(
    ({ severity, code, pointer }) => `${severity} ${code} ${pointer}`,
  );
}

type Priced = readonly [type: string, price?: number, step?: number];

/** One element for each list of components, with its restrictions. */
function priced(...elements: readonly (readonly [readonly Priced[], Restrictions?])[]): Pick<Tariff, 'elements'> {
  const read = elements.map(([components, restrictions]) =>
    tariffElementSchema.parse(
      element(
        components.map(([type, price = 1, step = 1]) => component(type, price, step, 19)),
        restrictions,
      ),
    ),
  );
  return { elements: read };
}

describe('A tariff for payment terminals', () => {
  it('has nothing to be found when it is complete', () => {
    expect(codesOf({}, { languages: ['en', 'DE'], maxPowerKw: 150 })).toEqual([]);
    expect(codesOf({ type: undefined })).toEqual([]);
  });

  it('is for terminals, and valid (TAR-08)', () => {
    expect(codesOf({ type: 'REGULAR' })).toEqual(['error not_for_terminals /type']);
    expect(codesOf({ end_date_time: '2026-03-02T10:00:00Z' })).toEqual(['error no_longer_valid /end_date_time']);
    expect(codesOf({ start_date_time: '2026-03-03T00:00:00Z' })).toEqual(['hint not_valid_yet /start_date_time']);
  });

  it('names an amount to reserve that covers what a session costs at least (TAR-09)', () => {
    expect(codesOf({ preauthorize_amount: undefined })).toEqual(['error no_amount_to_reserve /preauthorize_amount']);
    expect(codesOf({ min_price: { before_taxes: 50, after_taxes: 59.5 } })).toEqual([
      'error reserves_less_than_minimum /preauthorize_amount',
    ]);
    expect(codesOf({ max_price: { before_taxes: 20, after_taxes: 23.8 } })).toEqual([
      'hint reserves_more_than_maximum /preauthorize_amount',
    ]);
  });

  it('states prices as drivers pay them, with the VAT that a receipt has to name', () => {
    expect(codesOf({ tax_included: 'NO' })).toEqual(['warning prices_without_taxes /tax_included']);
    const untaxed = { elements: [tariffElementSchema.parse(element([component('ENERGY', 0.5)]))] };
    expect(codesOf(untaxed)).toEqual(['error no_vat /elements/0/price_components/0/vat']);
    expect(codesOf({ ...untaxed, tax_included: 'N/A' })).toEqual([]);
  });

  it('prices every dimension at every moment, and nothing in vain (TAR-15)', () => {
    const night = { start_time: '22:00', end_time: '06:00' };
    expect(codesOf(priced([[['TIME']], night], [[['ENERGY']]]))).toEqual(['warning no_fallback /elements/0']);
    expect(codesOf(priced([[['ENERGY']]], [[['ENERGY']], night]))).toEqual(['warning never_used /elements/1']);
    expect(codesOf(priced([[['ENERGY']], { min_kwh: 20, max_kwh: 10 }], [[['ENERGY']]]))).toEqual([
      'warning never_matches /elements/0/restrictions',
    ]);
  });

  it('has one price for each component that a terminal shows', () => {
    const bands = priced([[['ENERGY', 0.4]], { max_kwh: 20 }], [[['ENERGY', 0.6]]]);
    expect(codesOf(bands)).toEqual(['warning price_varies /elements']);
    expect(codesOf(priced([[['TIME', 1, 900]]]))).toEqual(['hint in_blocks /elements/0/price_components/0/step_size']);
    expect(codesOf(priced([[['ENERGY']]], [[['TIME']], { reservation: 'RESERVATION' }]))).toEqual([
      'hint prices_reservation /elements/1',
    ]);
  });

  it('is per kWh where charging is fast', () => {
    expect(codesOf(priced([[['TIME']]]), { maxPowerKw: 50 })).toEqual(['error no_price_per_kwh /elements']);
    expect(codesOf(priced([[['TIME']]]), { maxPowerKw: 22 })).toEqual([]);
    expect(codesOf(priced([[['ENERGY'], ['FLAT']]]), { maxPowerKw: 50 })).toEqual(['warning fee_of_session /elements']);
  });

  it('that is free says so in the one way that there is (TAR-12)', () => {
    expect(codesOf({ ...priced([[['FLAT', 0]]]), preauthorize_amount: undefined })).toEqual([]);
    expect(codesOf(priced([[['ENERGY', 0]]]))).toEqual(['warning free_otherwise /elements']);
  });

  it('has a text in each language that drivers are to find, which repeats no price (TAR-11, TAR-19)', () => {
    expect(codesOf({}, { languages: ['en', 'fr'] })).toEqual(['warning language_missing /tariff_alt_text']);
    expect(codesOf({ tariff_alt_text: undefined })).toEqual(['warning no_text /tariff_alt_text']);
    const text = 'Only 0.49 per kWh';
    expect(
      codesOf({
        tariff_alt_text: [
          { language: 'en', text },
          { language: 'EN', text: 'Hello' },
        ],
      }),
    ).toEqual(['hint price_in_text /tariff_alt_text/0/text', 'warning language_twice /tariff_alt_text/1']);
  });
});

describe('A connector at a terminal', () => {
  const NOON = new Date('2026-03-02T12:00:00Z');
  const codes = (ids: string[], known: Tariff[]) =>
    connectorTariffFindings(ids, known, NOON).map(({ code, pointer }) => `${code} ${pointer}`);

  it('has one tariff for payment there: the one that says so, else the one for all (TAR-08)', () => {
    const [adHoc, all, regular] = [
      { ...good, id: 'A' },
      { ...good, id: 'B', type: undefined },
      { ...good, id: 'C', type: 'REGULAR' as const },
    ];
    expect(codes(['A', 'B', 'C'], [adHoc, all, regular])).toEqual([]);
    expect(codes(['b', 'C'], [all, regular])).toEqual([]);
    expect(codes(['C'], [regular])).toEqual(['no_tariff_for_terminals /tariff_ids']);
    expect(codes(['A', 'D'], [adHoc, { ...adHoc, id: 'D' }])).toEqual(['several_tariffs_for_terminals /tariff_ids']);
    expect(codes(['A', 'X'], [adHoc])).toEqual(['unknown_tariff /tariff_ids/1']);
    expect(codes([], [])).toEqual(['no_tariff_for_terminals /tariff_ids']);
  });

  it('changes its tariff at the moment at which one ends and its successor begins (TAR-16, TAR-17)', () => {
    const before = { ...good, id: 'A', end_date_time: '2026-03-02T12:00:00Z' };
    const after = { ...good, id: 'B', start_date_time: '2026-03-02T12:00:00Z' };
    expect(codes(['A', 'B'], [before, after])).toEqual([]);
    expect(adHocTariffs([before, after], NOON).map(({ id }) => id)).toEqual(['B']);
    expect(adHocTariffs([before, after], new Date(NOON.getTime() - 1)).map(({ id }) => id)).toEqual(['A']);
    expect(codes(['A'], [before])).toEqual(['no_valid_tariff /tariff_ids']);
    const [{ message = '' } = {}] = connectorTariffFindings(['A'], [before], NOON);
    expect(message).toContain('A is valid until 2026-03-02T12:00:00Z');
    const all = { ...good, id: 'C', type: undefined };
    expect(adHocTariffs([before, all], NOON).map(({ id }) => id)).toEqual(['C']);
  });
});
