import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Terminal } from '@voltap/ocpi/model';
import { aConfirmation, aTerminal } from '@voltap/ocpi/testkit';
import { type Envelope, paymentsBench } from './payments-bench.js';

const TERMINALS = '/ocpi/cpo/2.3.0/payments/terminals';

describe('what a provider sends', () => {
  let bench: Awaited<ReturnType<typeof paymentsBench>>;

  beforeAll(async () => {
    bench = await paymentsBench();
  });

  afterAll(() => bench?.close());

  it('changes a terminal by telling it again (PAY-06)', async () => {
    expect((await bench.postTerminal(aTerminal({ terminal_id: 'TWICE' }))).status).toBe(201);
    const moved = aTerminal({ terminal_id: 'twice', address: 'Straße 2', last_updated: '2026-03-03T00:00:00Z' });
    expect((await bench.postTerminal(moved)).status).toBe(200);
    const { body } = await bench.partner<Envelope<Terminal>>('GET', `${TERMINALS}/TWICE`);
    expect(body.data).toMatchObject({ address: 'Straße 2', last_updated: '2026-03-03T00:00:00Z' });
  });

  it('claims no party by half of its name (PAY-10)', async () => {
    const half = aTerminal({ terminal_id: 'HALF', customer_reference: undefined, party_id: 'VLT' });
    expect((await bench.postTerminal(half)).body.status_code).toBe(1000);
    expect((await bench.terminal('HALF')).party).toBeNull();
  });

  it('may be a confirmation that we do not need, as the provider makes the receipt (PAY-33)', async () => {
    await bench.postTerminal(aTerminal({ terminal_id: 'THEIRS', invoice_creator: 'PTP' }));
    const sent = await bench.confirm({ id: 'F-THEIRS', authorization_reference: 'THEIRS' });
    expect([sent.status, sent.body.status_code]).toEqual([201, 1000]);
  });

  it('is no confirmation without card lines, or with a state that nobody knows (PAY-25, PAY-27)', async () => {
    const sent = async (changes: object) => {
      const body = { ...aConfirmation({ id: 'F-WIRE', authorization_reference: 'WIRE' }), ...changes };
      const url = '/ocpi/cpo/2.3.0/payments/financial-advice-confirmations';
      return (await bench.partner<Envelope>('POST', url, body)).body;
    };
    expect(await sent({ eft_data: [] })).toMatchObject({
      status_code: 2001,
      status_message: expect.stringMatching('/eft_data'),
    });
    expect(await sent({ capture_status_code: 'REFUNDED' })).toMatchObject({ status_code: 2001 });
    expect(await sent({ eft_data: ['b', 'a'] })).toMatchObject({ status_code: 1000 });
    const url = '/ocpi/cpo/2.3.0/payments/financial-advice-confirmations/F-WIRE';
    const stored = await bench.partner<Envelope<{ eft_data: string[] }>>('GET', url);
    expect(stored.body.data.eft_data).toEqual(['b', 'a']);
  });
});
