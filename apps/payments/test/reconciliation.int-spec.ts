import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ReconciliationView } from '@voltap/contracts/back-office';
import type { DomainEvent } from '@voltap/kernel';
import { aConfirmation } from '@voltap/ocpi/testkit';
import type { ConsumptionModes } from '@voltap/platform/messaging';
import { waitUntil } from '@voltap/platform/testing';
import { chargeEvents, type Envelope, type PaymentsBench, paymentsBench, permutations } from './payments-bench.js';

/** What must not depend on the order of arrival: everything but when it was written. */
function essence({ updatedAt: _, authorization_reference: __, ...view }: ReconciliationView): object {
  const text = JSON.stringify(view).replaceAll(/(cmd|S|C|F)-[A-Z0-9-]+/g, '$1');
  return JSON.parse(text) as object;
}

const FINAL = {
  partnerId: 'partner-1',
  state: 'MATCHED',
  differences: [],
  party: 'DE*VLT',
  commandId: 'cmd',
  startedAt: '2026-03-02T09:59:00.000Z',
  startResult: 'ACCEPTED',
  sessionId: 'S',
  sessionStatus: 'COMPLETED',
  cdrId: 'C',
  cdrTotal: '7.44',
  cdrAcceptedAt: '2026-03-02T11:00:05.000Z',
  confirmationId: 'F',
  captured: '7.44',
  currency: 'EUR',
  location_id: 'L1',
  evse_uid: 'E1',
  cardLastFour: ['1234'],
  paidOut: null,
  writtenOff: null,
  dueAt: null,
};

const complete = (view: ReconciliationView) =>
  view.state === 'MATCHED' &&
  view.startResult !== null &&
  view.startedAt !== null &&
  view.sessionStatus === 'COMPLETED' &&
  view.cdrAcceptedAt !== null;

describe('the reconciliation of a charge', () => {
  let bench: PaymentsBench;

  beforeAll(async () => {
    bench = await paymentsBench();
  });

  afterAll(() => bench?.close());

  it('ends the same for every order in which events and confirmation arrive (PAY-22)', async () => {
    const steps = ['accepted', 'session', 'cdr', 'cdrAccepted', 'confirmation'] as const;
    const orders = [...permutations(steps)];
    expect(orders).toHaveLength(120);
    const views = await Promise.all(
      orders.map(async (order, index) => {
        const reference = `ORDER-${index}`;
        const events = chargeEvents(reference);
        const arrive = {
          accepted: () => bench.platform.publish(events.accepted, events.completed),
          session: () => bench.platform.publish(events.ended, events.running),
          cdr: () => bench.platform.publish(events.cdr),
          cdrAccepted: () => bench.platform.publish(events.cdrAccepted),
          confirmation: () => bench.confirm({ id: `F-${index}`, authorization_reference: reference }),
        };
        for (const step of order) await arrive[step]();
        return bench.settled(reference, complete);
      }),
    );
    for (const view of views) expect(essence(view)).toEqual(FINAL);
  });

  it('passes its states one after the other, each told with a rising revision', async () => {
    const events = chargeEvents('STATES');
    const steps: [DomainEvent, string][] = [
      [events.accepted, 'AUTHORISED'],
      [events.running, 'STARTED'],
      [events.ended, 'ENDED'],
      [events.cdr, 'CDR_SENT'],
      [events.cdrAccepted, 'CDR_ACCEPTED'],
    ];
    for (const [step, state] of steps) {
      await bench.platform.publish(step);
      await bench.settled('STATES', (view) => view.state === state);
    }
    await bench.confirm({ id: 'F-STATES', authorization_reference: 'states' });
    await bench.settled('STATES', ({ state }) => state === 'MATCHED');
    const told = () => bench.reconciliations.filter(({ key }) => key === 'partner-1*STATES');
    await waitUntil(() => told().length === 6, { describe: 'six states told' });
    expect(told().map(({ revision }) => revision)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(told().map(({ payload }) => payload.state)).toEqual([...steps.map(([, state]) => state), 'MATCHED']);
  });

  it('takes both price shapes, and a confirmation twice as one (PAY-20, PAY-21, PAY-24)', async () => {
    for (const [reference, total_costs] of [
      ['NEW-SHAPE', aConfirmation().total_costs],
      ['OLD-SHAPE', { excl_vat: 6.25, incl_vat: 7.44 }],
    ] as const) {
      await bench.platform.publish(chargeEvents(reference).cdr);
      const body = { ...aConfirmation({ id: `F-${reference}`, authorization_reference: reference }), total_costs };
      const post = () =>
        bench.partner<Envelope>('POST', '/ocpi/cpo/2.3.0/payments/financial-advice-confirmations/', body);
      const [first, second] = [await post(), await post()];
      expect([first.status, second.status]).toEqual([201, 200]);
      expect([first.body.status_code, second.body.status_code]).toEqual([1000, 1000]);
      expect(await bench.settled(reference, ({ state }) => state === 'MATCHED')).toMatchObject({ captured: '7.44' });
    }
    const concurrent = await Promise.all(
      Array.from({ length: 6 }, () => bench.confirm({ id: 'F-TWIN', authorization_reference: 'TWIN' })),
    );
    expect(concurrent.filter(({ status }) => status === 201)).toHaveLength(1);
    const stored = await bench.partner<Envelope>(
      'GET',
      '/ocpi/cpo/2.3.0/payments/financial-advice-confirmations/f-twin',
    );
    expect(stored.body.data).toMatchObject({ id: 'F-TWIN', eft_data: aConfirmation().eft_data });
    const foreign = await bench.stranger('GET', '/ocpi/cpo/2.3.0/payments/financial-advice-confirmations/F-TWIN');
    expect(foreign.status).toBe(404);
  });

  it('flags what does not agree, in words, and forgets the flag when it is put right (PAY-26, PAY-28, PAY-29, PAY-30)', async () => {
    const different = async (reference: string, changes: Parameters<PaymentsBench['confirm']>[0]) => {
      await bench.platform.publish(chargeEvents(reference).cdr);
      await bench.settled(reference, ({ cdrTotal }) => cdrTotal !== null);
      await bench.confirm({ id: `F-${reference}`, authorization_reference: reference, ...changes });
      const view = await bench.reconciliation(reference);
      return [view.state, view.differences.map(({ code }) => code)];
    };
    const price = (before_taxes: number) => ({ total_costs: { before_taxes } });
    expect(await different('CENT', price(7.45))).toEqual(['DIFFERENT', ['amount_differs']]);
    expect(await different('NET', price(6.25))).toEqual(['DIFFERENT', ['taxes_missing']]);
    expect(await different('CURRENCY', { ...price(7.44), currency: 'CHF' })).toEqual([
      'DIFFERENT',
      ['currency_differs'],
    ]);
    expect(await different('PART', { ...price(5), capture_status_code: 'PARTIAL_SUCCESS' })).toEqual([
      'DIFFERENT',
      ['partial_capture'],
    ]);
    const failed = {
      ...price(0),
      capture_status_code: 'FAILED',
      eft_data: undefined,
      capture_status_message: 'card expired',
    } as const;
    expect(await different('FAIL', failed)).toEqual(['FAILED', ['capture_failed']]);
    expect((await bench.reconciliation('FAIL')).differences[0]?.message).toContain('card expired');

    await bench.confirm({ id: 'F-CENT', authorization_reference: 'CENT', last_updated: '2026-03-02T12:00:00Z' });
    expect(await bench.reconciliation('CENT')).toMatchObject({ state: 'MATCHED', differences: [] });
    const retried = { id: 'F-FAIL-2', authorization_reference: 'FAIL', last_updated: '2026-03-02T12:00:00Z' };
    await bench.confirm(retried);
    expect(await bench.reconciliation('FAIL')).toMatchObject({ state: 'MATCHED', confirmationId: 'F-FAIL-2' });
    await bench.confirm({
      id: 'F-FAIL',
      authorization_reference: 'FAIL',
      ...failed,
      capture_status_message: 'told late',
    });
    expect(await bench.reconciliation('FAIL')).toMatchObject({ state: 'MATCHED', confirmationId: 'F-FAIL-2' });
  });

  it('keeps money for a reference that no charge has, until one comes (PAY-23)', async () => {
    expect((await bench.confirm({ id: 'F-EARLY', authorization_reference: 'EARLY' })).status).toBe(201);
    expect(await bench.reconciliation('EARLY')).toMatchObject({
      state: 'DIFFERENT',
      differences: [expect.objectContaining({ code: 'unknown_reference' })],
    });
    await bench.platform.publish(chargeEvents('EARLY').running);
    await bench.settled('EARLY', ({ differences }) => differences[0]?.code === 'confirmation_before_cdr');
    await bench.platform.publish(chargeEvents('EARLY').cdr);
    await bench.settled('EARLY', ({ state }) => state === 'MATCHED');
  });

  it('lists by state, latest change first, page by page, and refuses what is no confirmation', async () => {
    const references: string[] = [];
    let cursor = '';
    do {
      const page: { body: { items: ReconciliationView[]; next: string | null } } = await bench.operator(
        'GET',
        `/api/v1/reconciliation?limit=9&state=MATCHED${cursor && `&cursor=${cursor}`}`,
      );
      references.push(...page.body.items.map(({ authorization_reference }) => authorization_reference));
      cursor = page.body.next ?? '';
    } while (cursor !== '');
    expect(references).toHaveLength(new Set(references).size);
    expect(references.length).toBeGreaterThanOrEqual(120);
    expect(references[0]).toBe('EARLY');
    expect((await bench.operator('GET', '/api/v1/reconciliation?cursor=e30')).status).toBe(422);
    expect((await bench.operator('GET', '/api/v1/reconciliation/NOTHING')).status).toBe(404);
    const wrong = await bench.confirm({ eft_data: [], capture_status_code: 'SUCCESS' });
    expect(wrong.body).toMatchObject({ status_code: 2001, status_message: expect.stringContaining('/eft_data') });
  });
});

describe.each<[string, ConsumptionModes]>([
  ['everything is delivered twice', { deliverTwice: true }],
  ['every first handling fails', { failFirst: true }],
  ['the order across keys is permuted', { permuteSeed: 7 }],
  ['all of it at once', { deliverTwice: true, failFirst: true, permuteSeed: 99 }],
])('when %s', (_, modes) => {
  let bench: PaymentsBench;

  beforeAll(async () => {
    bench = await paymentsBench(modes);
  });

  afterAll(() => bench?.close());

  it('charges end the same, with gapless receipt numbers', async () => {
    const references = Array.from({ length: 12 }, (_, index) => `CHARGE-${index}`);
    const charges = references.map((reference) => chargeEvents(reference));
    await bench.platform.publish(...charges.flatMap((charge) => Object.values(charge).toReversed()));
    // A provider repeats what a busy platform did not take.
    const accepted = async (id: string, authorization_reference: string): Promise<true> => {
      const { body } = await bench.confirm({ id, authorization_reference });
      if (body.status_code === 1000) return true;
      throw new Error(JSON.stringify(body));
    };
    await Promise.all(
      references.map((reference, index) =>
        waitUntil(() => accepted(`F-${index}`, reference), { describe: `the confirmation of ${reference}` }),
      ),
    );
    const views = await Promise.all(references.map((reference) => bench.settled(reference, complete)));
    for (const view of views) expect(essence(view)).toEqual(FINAL);
    const numbers = await Promise.all(
      references.map(
        async (reference) =>
          (await bench.operator<{ number: string }>('GET', `/api/v1/receipts/${reference}`)).body.number,
      ),
    );
    expect(numbers.sort()).toEqual(references.map((_, index) => `DEVLT-${String(index + 1).padStart(8, '0')}`));
  });
});
