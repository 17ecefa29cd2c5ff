import { describe, expect, it } from '@jest/globals';
import {
  type Cdr,
  cdrSchema,
  connectorTypeSchema,
  financialAdviceConfirmationSchema,
  type Location,
  locationSchema,
  type Price,
  parkingRestrictionSchema,
  sessionSchema,
  type Tariff,
  tariffSchema,
  terminalAnnouncementSchema,
  tokenTypeSchema,
} from '@voltap/ocpi/model';
import { aCdr, aConfirmation, aConnector, aLocation, anEvse, aSession, aTariff, aToken } from '@voltap/ocpi/testkit';
import { type ConversionPolicy, downgrade, upgrade } from '@voltap/ocpi/versions';
import fc from 'fast-check';
import { expectReturn } from './losses.js';

const amount = fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }).map((units) => units / 10_000);
const rate = fc.constantFrom(0, 7, 19, 20, 21, 5.5);
const tax = fc.record(
  { name: fc.constantFrom('VAT', 'QST'), percentage: rate, account_number: fc.constant('A1'), amount },
  { requiredKeys: ['name', 'amount'] },
);
const price: fc.Arbitrary<Price> = fc.record(
  { before_taxes: amount, taxes: fc.array(tax, { maxLength: 3 }) },
  { requiredKeys: ['before_taxes'] },
);
const limit = fc.record({ before_taxes: amount, after_taxes: amount }, { requiredKeys: ['before_taxes'] });
const component = fc.record(
  { type: fc.constantFrom('ENERGY' as const, 'TIME' as const), price: amount, vat: rate, step_size: fc.constant(1) },
  { requiredKeys: ['type', 'price', 'step_size'] },
);
const tariff: fc.Arbitrary<Tariff> = fc
  .record(
    {
      tax_included: fc.constantFrom('YES' as const, 'NO' as const, 'N/A' as const),
      elements: fc.array(fc.record({ price_components: fc.array(component, { minLength: 1, maxLength: 2 }) }), {
        minLength: 1,
        maxLength: 3,
      }),
      min_price: limit,
      max_price: limit,
      preauthorize_amount: amount.filter((value) => value > 0),
    },
    { requiredKeys: ['tax_included', 'elements'] },
  )
  .map((changes) => {
    const { preauthorize_amount: _, ...plain } = aTariff();
    return { ...plain, ...changes };
  });
const policy: fc.Arbitrary<ConversionPolicy> = fc.record({
  maxPriceAsPreauthorization: fc.boolean(),
  vatWhenUnstated: fc.constantFrom(null, 19),
});
const location: fc.Arbitrary<Location> = fc
  .array(
    fc.record(
      {
        connectors: fc.array(
          fc.record(
            {
              standard: fc.constantFrom(...connectorTypeSchema.known),
              capabilities: fc.constant<string[]>(['ISO_15118_2_PLUG_AND_CHARGE']),
            },
            { requiredKeys: ['standard'] },
          ),
          { minLength: 1, maxLength: 3 },
        ),
        parking_restrictions: fc.array(fc.constantFrom(...parkingRestrictionSchema.known)),
        accepted_service_providers: fc.constant<string[]>(['Provider']),
      },
      { requiredKeys: ['connectors'] },
    ),
    { maxLength: 3 },
  )
  .map((evses) =>
    aLocation({
      help_phone: '+4940123',
      evses: evses.map((evse, index) =>
        anEvse({ ...evse, uid: `E${index}`, connectors: evse.connectors.map((changes) => aConnector(changes)) }),
      ),
    }),
  );

describe('2.2.1 as a delta to 2.3.0', () => {
  it('brings back of a session and a confirmation what it does not list as lost', () => {
    fc.assert(
      fc.property(price, fc.constantFrom(...tokenTypeSchema.known), (total, type) => {
        const session = aSession({ total_cost: total });
        expectReturn('Session', sessionSchema, { ...session, cdr_token: { ...session.cdr_token, type } });
        expectReturn(
          'FinancialAdviceConfirmation',
          financialAdviceConfirmationSchema,
          aConfirmation({ total_costs: total }),
        );
      }),
    );
  });

  it('brings back of a tariff what it does not list as lost', () => {
    fc.assert(fc.property(tariff, policy, (value, agreed) => expectReturn('Tariff', tariffSchema, value, agreed)));
  });

  it('brings back of a CDR with its tariffs what it does not list as lost', () => {
    const cdr: fc.Arbitrary<Cdr> = fc
      .record({ total_cost: price, total_energy_cost: price, tariffs: fc.array(tariff, { maxLength: 2 }) })
      .map((changes) => aCdr(changes));
    fc.assert(fc.property(cdr, policy, (value, agreed) => expectReturn('CDR', cdrSchema, value, agreed)));
  });

  it('brings back of a location what it does not list as lost', () => {
    fc.assert(fc.property(location, (value) => expectReturn('Location', locationSchema, value)));
  });

  it('states what the consumer pays wherever taxes are stated', () => {
    const { value, losses } = downgrade('CDR', '2.2.1', aCdr());
    expect(value).toMatchObject({ total_cost: { excl_vat: 6.25, incl_vat: 7.44 } });
    expect(losses.map(({ pointer }) => pointer)).toContain('/total_cost/taxes');
    const untaxed = downgrade('Session', '2.2.1', aSession({ total_cost: { before_taxes: 3 } })).value;
    expect(untaxed).toMatchObject({ total_cost: { excl_vat: 3 } });
    expect((untaxed as { total_cost: object }).total_cost).not.toHaveProperty('incl_vat');
  });

  it('takes the tax out of prices that include it, and withholds a tariff whose tax nobody stated', () => {
    const component = { type: 'ENERGY' as const, price: 0.595, step_size: 1 };
    const included = (vat?: number) =>
      aTariff({ tax_included: 'YES', elements: [{ price_components: [{ ...component, ...(vat ? { vat } : {}) }] }] });
    expect(downgrade('Tariff', '2.2.1', included(19)).value).toMatchObject({
      elements: [{ price_components: [{ price: 0.5, vat: 19 }] }],
    });
    expect(downgrade('Tariff', '2.2.1', included()).value).toBeUndefined();
    expect(downgrade('Tariff', '2.2.1', included(), { vatWhenUnstated: 19 }).value).toMatchObject({
      elements: [{ price_components: [{ price: 0.5, vat: 19 }] }],
    });
    // The CDR still goes out, without the tariff it cannot show.
    expect(downgrade('CDR', '2.2.1', aCdr({ tariffs: [included()] })).value).toMatchObject({ tariffs: [] });
  });

  it('carries the amount to reserve as max_price by agreement only, and a lower cap on the bill stays', () => {
    const agreed = { maxPriceAsPreauthorization: true };
    expect(downgrade('Tariff', '2.2.1', aTariff()).value).not.toHaveProperty('max_price');
    const sent = downgrade('Tariff', '2.2.1', aTariff(), agreed);
    expect(sent.value).toMatchObject({ max_price: { excl_vat: 42.0168, incl_vat: 50 } });
    expect(sent.value).not.toHaveProperty('preauthorize_amount');
    expect(upgrade('Tariff', '2.2.1', sent.value, agreed).value).toMatchObject({ preauthorize_amount: 50 });
    const capped = aTariff({ max_price: { before_taxes: 20, after_taxes: 23.8 } });
    expect(downgrade('Tariff', '2.2.1', capped, agreed).value).toMatchObject({
      max_price: { excl_vat: 20, incl_vat: 23.8 },
    });
  });

  it('accepts a confirmation with either shape of price in both versions', () => {
    const { total_costs: _, ...rest } = aConfirmation();
    const old = { ...rest, total_costs: { excl_vat: 6.25, incl_vat: 7.44 } };
    for (const version of ['2.2.1', '2.3.0'] as const) {
      for (const sent of [old, aConfirmation()]) {
        const { value } = upgrade('FinancialAdviceConfirmation', version, sent);
        expect(financialAdviceConfirmationSchema.parse(value).total_costs).toMatchObject({
          before_taxes: 6.25,
          taxes: [{ name: 'VAT', amount: 1.19 }],
        });
      }
    }
  });

  it('reads a terminal as the unreleased chapter of 2.2.1 spells it, and keeps what it does not know (PAY-13, PAY-67)', () => {
    const draft = { terminal_id: 'PT-1', 'customer reference': 'C-1', serial_number: '42' };
    for (const version of ['2.2.1', '2.3.0'] as const) {
      const { value } = upgrade('Terminal', version, draft);
      expect(terminalAnnouncementSchema.parse(value)).toEqual({
        terminal_id: 'PT-1',
        customer_reference: 'C-1',
        serial_number: '42',
      });
    }
  });

  it('keeps old prices inside 2.3.0 for a partner that asks for them', () => {
    const { value } = downgrade('Session', '2.3.0', aSession(), { pricesOf221In230: true });
    expect(value).toMatchObject({ total_cost: { excl_vat: 6.25, incl_vat: 7.44 } });
  });

  it('leaves out an EVSE that would keep no connector, and names it', () => {
    const megawatt = anEvse({ connectors: [aConnector({ standard: 'MCS' })] });
    const { value, losses } = downgrade('Location', '2.2.1', aLocation({ evses: [megawatt, anEvse({ uid: 'E2' })] }));
    expect(value).toMatchObject({ evses: [{ uid: 'E2' }] });
    expect(losses.map(({ pointer }) => pointer)).toContain('/evses/0');
    expect(downgrade('EVSE', '2.2.1', megawatt).value).toBeUndefined();
  });

  it('sends no undocumented fields to 2.2.1, whose implementations refuse them, and names each', () => {
    const location = { ...aLocation({ evses: [{ ...anEvse(), roof: 'glass' }] }), heliport: { pads: 2 } };
    const { value, losses } = downgrade('Location', '2.2.1', location);
    expect(JSON.stringify(value)).not.toMatch(/glass|heliport/);
    expect(losses.map(({ pointer }) => pointer).sort()).toEqual(['/evses/0/roof', '/heliport']);
    expect(downgrade('Location', '2.3.0', location).value).toBe(location);
  });

  it('names a hub by hub_party_id in 2.3.0 and by a role in 2.2.1', () => {
    const roles = [{ role: 'HUB', country_code: 'NL', party_id: 'HUB', business_details: { name: 'Hub' } }];
    const { value } = upgrade('Credentials', '2.2.1', { token: 't', url: 'https://hub.example', roles });
    expect(value).toMatchObject({ hub_party_id: 'NLHUB' });
    expect(downgrade('Credentials', '2.2.1', value)).toEqual({
      value: { token: 't', url: 'https://hub.example', roles },
      losses: [],
    });
  });

  it('leaves wrong shapes for validation to name', () => {
    for (const wrong of [null, 7, [], { total_cost: 'much', tariffs: 3, evses: [4], elements: {}, roles: null }]) {
      for (const object of ['CDR', 'Location', 'Tariff', 'Credentials', 'Token'] as const) {
        expect(() => upgrade(object, '2.2.1', wrong)).not.toThrow();
        expect(() => downgrade(object, '2.2.1', wrong)).not.toThrow();
      }
    }
    expect(upgrade('Token', '2.2.1', aToken()).value).toEqual(aToken());
  });
});
