import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CdrView } from '@voltap/contracts/back-office';
import type { SessionEnded } from '@voltap/contracts/events';
import { decimal } from '@voltap/kernel';
import { cdrSchema } from '@voltap/ocpi/model';
import { aSession, aTariff } from '@voltap/ocpi/testkit';
import { waitUntil } from '@voltap/platform/testing';
import {
  aNeverStarted,
  anEnd,
  aPartner,
  type CdrsBench,
  cdrsBench,
  deliveredEvent,
  endEvent,
  partnerEvent,
} from './cdrs-bench.js';

describe('the cdrs service', () => {
  let bench: CdrsBench;

  beforeAll(async () => {
    bench = await cdrsBench();
    await bench.platform.publish(
      partnerEvent(aPartner('partner-1')),
      partnerEvent(aPartner('partner-2', { zeroCdrWhenNeverStarted: false, invoiceCreator: 'PTP' })),
      partnerEvent(aPartner('partner-3', {}, 'spec')),
    );
  });

  afterAll(() => bench?.platform.close());

  const madeOf = async (ended: SessionEnded) => {
    await bench.platform.publish(endEvent(ended));
    return bench.until(ended.session.id);
  };

  it('makes a whole CDR of what was frozen with the session, and explains every cent (CDR-02, CDR-11, CDR-12, CDR-13, CDR-14, CDR-17, CDR-20, CDR-23, CDR-27, CDR-07, CDR-18, CDR-22)', async () => {
    const tariff = aTariff({
      elements: [
        {
          price_components: [
            { type: 'ENERGY', price: 0.5, vat: 19, step_size: 1 },
            { type: 'FLAT', price: 1, vat: 7, step_size: 1 },
            { type: 'PARKING_TIME', price: 3, vat: 19, step_size: 1 },
          ],
        },
      ],
    });
    const charging_periods = [
      {
        start_date_time: '2026-03-02T10:00:00Z',
        tariff_id: 'T1',
        dimensions: [
          { type: 'ENERGY' as const, volume: 12.5 },
          { type: 'TIME' as const, volume: 0.5 },
          { type: 'POWER' as const, volume: 25 },
          { type: 'STATE_OF_CHARGE' as const, volume: 80 },
        ],
      },
      {
        start_date_time: '2026-03-02T10:30:00Z',
        tariff_id: 'T1',
        dimensions: [{ type: 'PARKING_TIME' as const, volume: 0.5 }],
      },
    ];
    const signed_data = {
      encoding_method: 'OCMF',
      vendor_field: 'kept',
      signed_values: [{ nature: 'Start', plain_data: '{"a": 1.0}', signed_data: 'OCMF|{"a": 1.0}|{"SD":"ä"}' }],
    };
    const ended = anEnd({ id: 'WHOLE', charging_periods }, { signed_data, tariff: { revision: 4, tariff } });
    const { cdr, lines, totalWithTaxes, timeZone, partnerId } = await madeOf(ended);

    expect(cdrSchema.safeParse(cdr).success).toBe(true);
    expect(cdr.id).toMatch(/^.{1,36}$/);
    expect(cdr).toMatchObject({
      session_id: 'WHOLE',
      authorization_reference: 'AUTH-0001',
      auth_method: 'COMMAND',
      cdr_token: aSession().cdr_token,
      cdr_location: ended.location,
      tariffs: [tariff],
      invoice_reference_id: expect.stringMatching(/^.{1,39}$/),
      total_cost: {
        before_taxes: 8.75,
        taxes: expect.arrayContaining([
          { name: 'VAT', percentage: 7, amount: 0.07 },
          { name: 'VAT', percentage: 19, amount: 1.47 },
        ]),
      },
      total_energy: 12.5,
      total_energy_cost: { before_taxes: 6.25 },
      total_fixed_cost: { before_taxes: 1 },
      total_parking_time: 0.5,
      total_parking_cost: { before_taxes: 1.5 },
      total_time: 1,
    });
    expect(cdr).not.toHaveProperty('remark');
    expect(cdr.signed_data).toEqual(signed_data);
    expect(cdr.charging_periods.map(({ dimensions }) => dimensions.map(({ type }) => type))).toEqual([
      ['ENERGY', 'TIME'],
      ['PARKING_TIME'],
    ]);
    expect([partnerId, timeZone, totalWithTaxes]).toEqual(['partner-1', 'Europe/Berlin', '10.29']);
    const sum = lines.reduce((total, line) => total.plus(decimal(line.afterTaxes)), decimal(0));
    expect(sum.toString()).toBe(totalWithTaxes);
    expect(lines.find(({ dimension }) => dimension === 'energy')).toMatchObject({
      quantity: '12.5',
      unit: 'kWh',
      price: '0.5',
      vat: '19',
      beforeTaxes: '6.25',
    });
  });

  it('says so when a limit of the tariff makes the total (CDR-21)', async () => {
    const tariff = aTariff({ max_price: { before_taxes: 5, after_taxes: 5.95 } });
    const { cdr, totalWithTaxes } = await madeOf(anEnd({ id: 'LIMITED' }, { tariff: { revision: 1, tariff } }));
    expect([totalWithTaxes, cdr.total_energy_cost?.before_taxes]).toEqual(['5.95', 6.25]);
    expect(cdr.remark).toMatch(/maximum/);
  });

  it('makes none of a start that never became a charge, or one over zero, as the partner needs it (CDR-24, CDR-25, CDR-29, FMT-17)', async () => {
    await bench.platform.publish(
      endEvent(aNeverStarted('NEVER-2', 'partner-2')),
      endEvent(aNeverStarted('NEVER-3', 'partner-3')),
    );
    const { cdr, lines, totalWithTaxes } = await madeOf(aNeverStarted('NEVER-1', 'partner-1'));
    expect(cdrSchema.safeParse(cdr).success).toBe(true);
    expect(cdr).toMatchObject({ total_cost: { before_taxes: 0 }, total_energy: 0, remark: expect.any(String) });
    expect(cdr.charging_periods).toHaveLength(1);
    expect(JSON.stringify(cdr)).not.toMatch(/#NA|1970/);
    expect([totalWithTaxes, lines]).toEqual(['0', []]);

    const charged = await madeOf(anEnd({ id: 'CHARGED-2' }, { partnerId: 'partner-2' }));
    await madeOf(anEnd({ id: 'CHARGED-3' }, { partnerId: 'partner-3' }));
    expect(charged.cdr).not.toHaveProperty('invoice_reference_id');
    // An end is handled after those before it only on its own partition: an end of each key says that they are done.
    for (const never of ['NEVER-2', 'NEVER-3']) {
      const [partnerId] = [`partner-${never.at(-1)}`];
      await bench.platform.publish(endEvent(anEnd({ id: never }, { partnerId })));
      expect((await bench.until(never)).totalWithTaxes).toBe('7.44');
      expect(bench.createdFor(never)).toHaveLength(1);
    }
  });

  it('shows a partner its own CDRs alone, and those of nobody to none (CDR-10, TRN-08)', async () => {
    await madeOf(anEnd({ id: 'OWN' }, { partnerId: 'partner-2' }));
    await madeOf(anEnd({ id: 'NOBODYS', authorization_reference: undefined }, { partnerId: null, commandId: null }));
    const seen = async (partnerId: string) =>
      (await bench.seenBy(partnerId)).body.data.map(({ session_id }) => session_id);
    expect(await seen('partner-2')).toContain('OWN');
    expect(await seen('partner-1')).not.toContain('OWN');
    expect(await seen('stranger')).toEqual([]);
    for (const partner of ['partner-1', 'partner-2', 'partner-3']) expect(await seen(partner)).not.toContain('NOBODYS');
    const { body } = await bench.operator<{ items: CdrView[] }>('GET', '/api/v1/cdrs?limit=100');
    expect(body.items.find(({ cdr }) => cdr.session_id === 'NOBODYS')).toMatchObject({ partnerId: null });
  });

  it('shows the same bytes for ever, also after the partner has it, which is noted beside it once (CDR-04, CDR-05, CDR-26)', async () => {
    const { cdr } = await madeOf(anEnd({ id: 'BYTES' }));
    const bytes = async () => {
      const { data } = (await bench.seenBy('partner-1')).body;
      return JSON.stringify(data.find(({ id }) => id === cdr.id));
    };
    const before = await bytes();
    expect(JSON.parse(before)).toEqual(cdr);
    expect(await bench.read(cdr.id)).toMatchObject({ partnerId: 'partner-1', acceptedAt: null, location: null });

    await bench.platform.publish(
      deliveredEvent(cdr, { kind: 'session', at: '2026-03-02T10:00:00.000Z' }),
      deliveredEvent(cdr),
      deliveredEvent(cdr, { at: '2026-03-03T09:00:00.000Z', location: 'https://ptp.example/elsewhere' }),
    );
    const acceptances = () => bench.accepted.filter(({ payload }) => payload.cdrId === cdr.id);
    await waitUntil(() => acceptances().length > 0, { describe: 'cdr.accepted' });
    const { cdr: other } = await madeOf(anEnd({ id: 'AFTERWARDS' }));
    await bench.platform.publish(deliveredEvent(other, { location: null }));
    await waitUntil(() => bench.accepted.some(({ payload }) => payload.cdrId === other.id), { describe: 'the other' });

    expect(acceptances().map(({ payload }) => payload)).toEqual([
      {
        partnerId: 'partner-1',
        country_code: 'DE',
        party_id: 'VLT',
        cdrId: cdr.id,
        authorization_reference: 'AUTH-0001',
        location: 'https://ptp.example/ocpi/cdrs/1',
        acceptedAt: '2026-03-02T11:00:05.000Z',
      },
    ]);
    expect(await bench.read(cdr.id)).toMatchObject({
      acceptedAt: '2026-03-02T11:00:05.000Z',
      location: 'https://ptp.example/ocpi/cdrs/1',
    });
    expect((await bench.read(other.id)).location).toBeNull();
    expect(await bytes()).toBe(before);
  });

  it('pages through all CDRs of a partner without a gap, and by date (PAG-04, PAG-06, OFF-02)', async () => {
    const all = (await bench.seenBy('partner-1')).body.data;
    const paged: string[] = [];
    for (let offset = 0; offset < all.length; offset += 2) {
      const page = await bench.seenBy('partner-1', `?limit=2&offset=${offset}`);
      expect(Number(page.headers.get('x-total-count'))).toBe(all.length);
      paged.push(...page.body.data.map(({ id }) => id));
    }
    expect(paged).toEqual(all.map(({ id }) => id));
    const last = all.at(-1);
    const since = await bench.seenBy('partner-1', `?date_from=${last?.last_updated}`);
    expect(since.body.data.map(({ id }) => id)).toEqual([last?.id]);
    expect((await bench.operator('GET', '/api/v1/cdrs/DE/VLT/unheard')).status).toBe(404);
  });
});
