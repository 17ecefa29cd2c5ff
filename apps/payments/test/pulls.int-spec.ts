import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { PullView, TerminalView } from '@voltap/contracts/back-office';
import type { EgressRequest, EgressResult } from '@voltap/contracts/egress';
import { aConfirmation, aTerminal } from '@voltap/ocpi/testkit';
import { anOperator, callsTo, waitUntil } from '@voltap/platform/testing';
import { payments } from '../src/service.js';
import { page, pageNumber, success, unreachable } from './gateway-double.js';
import { locationEvent, OFFERS_PAYMENTS, type PaymentsBench, partnerEvent, paymentsBench } from './payments-bench.js';

type Listed = (call: EgressRequest) => EgressResult | Promise<EgressResult>;

describe('terminals and confirmations that are pulled', () => {
  let bench: PaymentsBench;

  beforeAll(async () => {
    bench = await paymentsBench();
    await bench.platform.publish(partnerEvent(), locationEvent());
    await waitUntil(async () => (await pull()).status !== 404, { describe: 'the partner to be known' });
  });

  afterAll(() => bench?.close());

  beforeEach(() => {
    bench.gateway.calls.length = 0;
    listing(() => success([]));
  });

  /** What the provider lists. */
  function listing(terminals: Listed, confirmations: Listed = () => success([])): void {
    bench.gateway.answer = (call) => {
      if (call.endpoint.endsWith('.listTerminals')) return terminals(call);
      return call.endpoint.endsWith('.listConfirmations') ? confirmations(call) : unreachable;
    };
  }
  const pull = (partnerId = 'partner-1') => bench.operator('POST', `/api/v1/terminals/pull/${partnerId}`);
  const aTerminalOf = (terminal_id: string) => aTerminal({ terminal_id });
  const recordOf = async (partnerId = 'partner-1') =>
    (await bench.operator<{ items: PullView[] }>('GET', '/api/v1/terminals/pulls')).body.items.find(
      (record) => record.partnerId === partnerId,
    );
  const missingSince = async (id: string) => (await bench.terminal(id)).missingSince;
  const callsOf = (partnerId: string, list: string) =>
    bench.gateway.calls.filter((call) => call.partnerId === partnerId && call.endpoint.endsWith(list));
  const assign = (id: string) =>
    bench.operator('PUT', `/api/v1/terminals/partner-1/${id}/assignment`, { location_ids: ['L1'] });

  it('are fetched page by page at registration and on demand (PAY-40, PAY-51)', async () => {
    listing(
      (call) => page([aTerminalOf(`PUL${pageNumber(call)}`)], pageNumber(call), 2),
      () => success([aConfirmation({ id: 'F-PUL', authorization_reference: 'PUL' })]),
    );
    const pulled = await pull();
    expect([pulled.status, pulled.body]).toEqual([200, { terminals: 2, confirmations: 1, invalid: 0, missing: 0 }]);
    expect((await bench.terminal('PUL2')).terminal.terminal_id).toBe('PUL2');
    expect(await bench.reconciliation('PUL')).toMatchObject({ confirmationId: 'F-PUL' });
    expect((await pull('nobody')).status).toBe(404);

    await bench.platform.publish(partnerEvent({ partnerId: 'partner-3', status: 'REGISTERED', ...OFFERS_PAYMENTS }));
    await waitUntil(async () => (await bench.terminal('PUL1', 'partner-3')).terminal !== undefined, {
      describe: 'the terminals of the newly registered partner',
    });
    await waitUntil(async () => (await recordOf('partner-3'))?.state === 'SUCCEEDED', { describe: 'its pull' });
    expect(await recordOf('partner-3')).toMatchObject({ mode: 'full', nextAt: expect.any(String), failures: 0 });
    // Asked for on demand only.
    expect(await recordOf()).toMatchObject({ state: 'SUCCEEDED', nextAt: null });
    const suspended = { partnerId: 'partner-3', status: 'SUSPENDED' as const, ...OFFERS_PAYMENTS };
    await bench.platform.publish(partnerEvent(suspended, 2));
    await waitUntil(async () => (await recordOf('partner-3'))?.nextAt === null, { describe: 'no pull any more' });
    const before = callsOf('partner-3', 'listTerminals').length;
    const resumed = { ...suspended, status: 'REGISTERED' as const };
    // New tokens say nothing of lists; a partner that is back, and one that changed, may list something else.
    await bench.platform.publish(
      ...[3, 4, 5].map((revision) => partnerEvent({ ...resumed, outboundToken: `sealed-${revision}` }, revision)),
    );
    const fullAgain = { describe: 'a full pull of the partner that is back' };
    await waitUntil(async () => callsOf('partner-3', 'listTerminals').length > before, fullAgain);
    expect(callsOf('partner-3', 'listTerminals').at(before)?.query).toEqual({});
    await waitUntil(async () => (await recordOf('partner-3'))?.state === 'SUCCEEDED', fullAgain);
    const nextAt = (await recordOf('partner-3'))?.nextAt;
    await bench.platform.publish(partnerEvent({ ...resumed, outboundToken: 'sealed-6' }, 6));
    await bench.platform.publish(partnerEvent({ ...resumed, version: '2.2.1' }, 7));
    await waitUntil(async () => (await recordOf('partner-3'))?.mode === 'changes', { describe: 'what changed since' });
    expect(Date.parse(nextAt ?? '')).toBeGreaterThan(Date.now() + 30 * 60_000);
  });

  it('count as out of use when a complete list lacks them, until they are told again (PAG-18)', async () => {
    for (const id of ['STAYS', 'GOES']) await bench.postTerminal(aTerminalOf(id));
    listing(() => success([aTerminalOf('STAYS')]));
    expect((await pull()).body).toMatchObject({ terminals: 1 });
    expect(await missingSince('STAYS')).toBeNull();
    const since = await missingSince('GOES');
    expect(since).toEqual(expect.any(String));
    expect((await assign('GOES')).status).toBe(409);
    expect(
      (await bench.operator<{ items: TerminalView[] }>('GET', '/api/v1/terminals?limit=500')).body.items,
    ).toContainEqual(expect.objectContaining({ missingSince: since }));
    await pull();
    expect(await missingSince('GOES')).toBe(since);
    await bench.postTerminal(aTerminalOf('GOES'));
    expect(await missingSince('GOES')).toBeNull();
    expect((await assign('GOES')).status).toBe(200);
  });

  const doubts: [string, Listed, string][] = [
    [
      'an element is invalid',
      () => page([aTerminalOf('SEEN')], 1, 1, { violations: [{ pointer: '/1/terminal_id', message: 'is missing' }] }),
      'an element of it is invalid',
    ],
    [
      'the total drops',
      (call) =>
        page([aTerminalOf(`SEEN${pageNumber(call)}`)], pageNumber(call), 2, { totalCount: 4 - pageNumber(call) }),
      'it became shorter while it was read',
    ],
    [
      'fewer elements come than are counted',
      () => page([aTerminalOf('SEEN')], 1, 1, { totalCount: 300 }),
      '1 elements came of the 300',
    ],
  ];
  it.each(doubts)('are not called missing by a list in which %s (PAG-18, PAG-16)', async (_, listed, reason) => {
    await bench.postTerminal(aTerminalOf('DOUBT'));
    listing(listed);
    expect((await pull()).body).toMatchObject({ missing: 0 });
    expect(await missingSince('DOUBT')).toBeNull();
    const record = await recordOf();
    expect(record?.remarks.at(-1)).toContain(`No terminal is called missing by this list: ${reason}`);
    if (reason.includes('invalid')) expect(record?.counts).toMatchObject({ terminals: 1, invalid: 1 });
  });

  it('are kept as far as they came when a page fails in the middle, and nothing is called missing (PAG-18)', async () => {
    await bench.postTerminal(aTerminalOf('BEFORE'));
    listing((call) => (pageNumber(call) === 1 ? page([aTerminalOf('CAME')], 1, 2) : unreachable));
    const failed = await pull();
    expect(failed.status).toBe(502);
    expect((await bench.terminal('CAME')).terminal.terminal_id).toBe('CAME');
    expect(await missingSince('BEFORE')).toBeNull();
    expect(await recordOf()).toMatchObject({
      state: 'FAILED',
      counts: { terminals: 1 },
      problem: expect.stringContaining('no answer within 10 s'),
    });
    expect(callsOf('partner-1', 'listConfirmations')).toEqual([]);
  });

  it('follow no Link to another origin', async () => {
    listing(() => ({ ...page([], 1, 2), next: 'https://elsewhere.example/list?offset=2' }) as EgressResult);
    expect((await pull()).status).toBe(502);
    expect(callsOf('partner-1', 'listTerminals')).toHaveLength(1);
  });

  it('do not replace what the provider told while its list was read', async () => {
    const asked = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    listing(
      async () => {
        asked.resolve();
        await gate.promise;
        return success([aTerminal({ terminal_id: 'MOVED', city: 'Bremen' })]);
      },
      () => success([aConfirmation({ id: 'F-OLD', authorization_reference: 'OLD', capture_status_code: 'FAILED' })]),
    );
    const pulled = pull();
    await asked.promise;
    await bench.postTerminal(aTerminal({ terminal_id: 'MOVED', city: 'Hamburg' }));
    await bench.confirm({ id: 'F-OLD', authorization_reference: 'OLD', last_updated: '2036-01-01T00:00:00Z' });
    const before = await bench.reconciliation('OLD');
    gate.resolve();
    expect((await pulled).status).toBe(200);
    expect((await bench.terminal('MOVED')).terminal.city).toBe('Hamburg');
    expect(await bench.reconciliation('OLD')).toEqual(before);
  });

  it('are asked for since the last time when the service starts again (OFF-03)', async () => {
    const partnerId = 'partner-4';
    await bench.platform.publish(partnerEvent({ partnerId, status: 'REGISTERED', ...OFFERS_PAYMENTS }));
    const first = await waitUntil(
      async () => {
        const record = await recordOf(partnerId);
        return record?.state === 'SUCCEEDED' ? record : null;
      },
      { describe: 'the first pull' },
    );
    expect(callsOf(partnerId, 'listTerminals').map(({ query }) => query ?? {})).toEqual([{}]);
    await bench.service.stop();

    const replicas = await Promise.all([bench.platform.start(payments), bench.platform.start(payments)]);
    const [again] = await waitUntil(
      () => {
        const calls = callsOf(partnerId, 'listTerminals').slice(1);
        return calls.length > 0 ? calls : null;
      },
      { describe: 'what was missed to be asked for' },
    );
    const from = Date.parse(first.syncedUntil ?? '') - 10 * 60_000;
    expect(again?.query).toEqual({ date_from: new Date(from).toISOString(), date_to: expect.any(String) });
    await waitUntil(() => callsOf(partnerId, 'listConfirmations').length > 1, { describe: 'confirmations too' });
    expect(callsOf(partnerId, 'listConfirmations')[1]?.query).toEqual(again?.query);
    const operator = callsTo(replicas[1] ?? bench.service, bench.platform.callerHeaders(anOperator()));
    const { body } = await operator<{ items: PullView[] }>('GET', '/api/v1/terminals/pulls');
    expect(body.items.map((record) => record.partnerId)).toContain(partnerId);
  });
});
