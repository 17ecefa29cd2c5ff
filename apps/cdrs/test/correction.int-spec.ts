import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CdrView } from '@voltap/contracts/back-office';
import type { Cdr, ChargingPeriod } from '@voltap/ocpi/model';
import { aTariff } from '@voltap/ocpi/testkit';
import { waitUntil } from '@voltap/platform/testing';
import { anEnd, aPartner, type CdrsBench, cdrsBench, endEvent, partnerEvent } from './cdrs-bench.js';

interface Outcome {
  readonly credit: CdrView;
  readonly corrected: CdrView | null;
  readonly detail?: string;
}

describe('the correction of a CDR', () => {
  let bench: CdrsBench;

  beforeAll(async () => {
    bench = await cdrsBench();
    await bench.platform.publish(partnerEvent(aPartner('partner-1')));
  });

  afterAll(() => bench?.platform.close());

  const billed = async (session: string): Promise<Cdr> => {
    await bench.platform.publish(endEvent(anEnd({ id: session, authorization_reference: `REF-${session}` })));
    return (await bench.until(session)).cdr;
  };
  const correct = (id: string, correction?: object) =>
    bench.operator<Outcome>('POST', `/api/v1/cdrs/DE/VLT/${id}/correction`, {
      reason: 'wrong tariff',
      by: 'Ada',
      ...(correction === undefined ? {} : { correction }),
    });

  it('is a credit CDR with all of the old one, only its total below zero, then a new one (CDR-07, CDR-08, CDR-09)', async () => {
    const original = await billed('WRONG');
    const cheaper = aTariff({
      id: 'T-CHEAP',
      elements: [{ price_components: [{ type: 'ENERGY', price: 0.4, vat: 19, step_size: 1 }] }],
    });
    const { status, body } = await correct(original.id.toLowerCase(), { tariff: cheaper, timeZone: 'Europe/Berlin' });
    expect(status).toBe(200);
    const { last_updated: _, ...rest } = original;
    expect(body.credit.cdr).toMatchObject({
      ...rest,
      id: `${original.id}-CR`,
      credit: true,
      credit_reference_id: original.id,
      total_cost: { before_taxes: -6.25, taxes: [{ amount: -1.19 }] },
    });
    expect(body.credit.cdr.id.length).toBeLessThanOrEqual(39);
    expect(body.corrected?.cdr).toMatchObject({
      session_id: 'WRONG',
      authorization_reference: 'REF-WRONG',
      total_cost: { before_taxes: 5, taxes: [{ amount: 0.95 }] },
      tariffs: [{ id: 'T-CHEAP' }],
      total_energy: original.total_energy,
      cdr_token: original.cdr_token,
    });
    expect(body.corrected?.cdr).not.toHaveProperty('credit');
    expect(body.corrected?.cdr.id).not.toBe(original.id);
    // The partner is told of both, and finds all three.
    await waitUntil(() => bench.createdFor('WRONG').length === 3, { describe: 'both to be told' });
    // Each has a key of its own, so they are heard in any order.
    const told = bench.createdFor('WRONG').map(({ totalWithTaxes, partnerId }) => `${totalWithTaxes} ${partnerId}`);
    expect(told.sort()).toEqual(['-7.44 partner-1', '5.95 partner-1', '7.44 partner-1']);
    expect((await bench.read(original.id)).cdr).toEqual(original);
    const seen = (await bench.seenBy('partner-1')).body.data.filter(({ session_id }) => session_id === 'WRONG');
    expect(seen).toHaveLength(3);
  });

  it('happens once, however often it is asked for, also at the same time, and the session has no further CDR', async () => {
    const original = await billed('TWICE');
    const outcomes = await Promise.all([correct(original.id), correct(original.id), correct(original.id)]);
    expect(outcomes.map(({ status }) => status)).toEqual([200, 200, 200]);
    for (const { body } of outcomes) expect(body).toEqual(outcomes[0]?.body);
    expect(outcomes[0]?.body.corrected).toBeNull();
    await bench.platform.publish(endEvent(anEnd({ id: 'TWICE' })), endEvent(anEnd({ id: 'AFTER' })));
    await bench.until('AFTER');
    expect(bench.createdFor('TWICE')).toHaveLength(2);
  });

  it('can itself be corrected, a credit cannot', async () => {
    const original = await billed('AGAIN');
    const periods = [{ start_date_time: original.start_date_time, dimensions: [{ type: 'ENERGY', volume: 10 }] }];
    const first = await correct(original.id, { charging_periods: periods, timeZone: 'Europe/Berlin' });
    expect(first.body.corrected?.cdr).toMatchObject({ total_energy: 10, total_cost: { before_taxes: 5 } });
    const second = await correct(first.body.corrected?.cdr.id ?? '', {
      charging_periods: original.charging_periods,
      timeZone: 'Europe/Berlin',
    });
    expect(second.body.corrected?.cdr.total_cost).toEqual(original.total_cost);
    expect(second.body.corrected?.cdr.charging_periods).toEqual(original.charging_periods);
    expect((await correct(first.body.credit.cdr.id)).status).toBe(409);
    expect((await correct('NOTHING')).status).toBe(404);
    const wrong = await correct(original.id, { timeZone: 'Berlin' });
    expect([wrong.status, wrong.body.detail]).toEqual([422, expect.stringContaining('/correction/timeZone')]);
  });

  it('credits reserved time, but does not price it again', async () => {
    const start_date_time = '2026-03-02T10:00:00Z';
    const charging_periods: ChargingPeriod[] = [
      { start_date_time, dimensions: [{ type: 'RESERVATION_TIME', volume: 0.5 }] },
      { start_date_time: '2026-03-02T10:30:00Z', dimensions: [{ type: 'ENERGY', volume: 5 }] },
    ];
    await bench.platform.publish(endEvent(anEnd({ id: 'RESERVED', start_date_time, charging_periods })));
    const { cdr } = await bench.until('RESERVED');
    const refused = await correct(cdr.id, { timeZone: 'Europe/Berlin' });
    expect([refused.status, refused.body.detail]).toEqual([409, expect.stringContaining('credit it in full')]);
    expect((await correct(cdr.id)).body.credit.cdr.credit_reference_id).toBe(cdr.id);
  });
});
