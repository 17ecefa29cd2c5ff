import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { PullView, TokenRecord } from '@voltap/contracts/back-office';
import type { EgressRequest, EgressResult } from '@voltap/contracts/egress';
import { type PartnerState, partnerRegistered, type TokenChanged, tokenChanged } from '@voltap/contracts/events';
import { type DomainEvent, type EventMessage, event } from '@voltap/kernel';
import type { Token } from '@voltap/ocpi/model';
import { aPartnerCaller, aToken } from '@voltap/ocpi/testkit';
import { anOperator, type Call, callsTo, type TestPlatform, testPlatform, waitUntil } from '@voltap/platform/testing';
import { tokens } from '../src/service.js';
import { type GatewayDouble, gatewayDouble } from './gateway-double.js';

const LIST = 'https://emsp.example/tokens';

describe('tokens that are pulled', () => {
  let gateway: GatewayDouble;
  let platform: TestPlatform;
  let partner: Call;
  let operator: Call;
  let changed: readonly EventMessage<TokenChanged>[];

  beforeAll(async () => {
    gateway = await gatewayDouble();
    platform = await testPlatform({ services: ['tokens'], addresses: { gateway: gateway.url } });
    const service = await platform.start(tokens);
    partner = callsTo(service, platform.callerHeaders(aPartnerCaller()));
    operator = callsTo(service, platform.callerHeaders(anOperator()));
    changed = await platform.observe(tokenChanged);
    gateway.answer = paged([card('P1'), card('P2')], [card('P3')], [card('P4', { valid: false })]);
    await platform.publish(registered('partner-1', SENDER), registered('without', []));
    await waitUntil(
      async () => {
        const record = await recordOf('partner-1');
        return record?.state === 'SUCCEEDED';
      },
      { describe: 'the tokens of the newly registered partner' },
    );
  });

  afterAll(async () => {
    await platform?.close();
    await gateway?.close();
  });

  const registered = (partnerId: string, endpoints: PartnerState['endpoints']): DomainEvent => {
    const state = {
      ...{ partnerId, name: 'Provider', status: 'REGISTERED', profile: 'spec', settings: {}, customerReferences: [] },
      ...{ parties: [], versions: ['2.3.0'], version: '2.3.0', endpoints, inboundTokens: [], outboundToken: null },
      roles: [{ role: 'EMSP', country_code: 'NL', party_id: 'PTP', business_details: { name: 'Provider' } }],
    } as PartnerState;
    return event(partnerRegistered, { key: partnerId, revision: 1, payload: state }) as DomainEvent;
  };
  const SENDER: PartnerState['endpoints'] = [{ identifier: 'tokens', role: 'SENDER', url: LIST }];
  const card = (uid: string, changes: Partial<Token> = {}) => aToken({ uid, type: 'RFID', ...changes });
  /** A page of the list by the number in its URL, from 1. */
  const paged =
    (...pages: readonly (readonly unknown[])[]) =>
    ({ url = `${LIST}?offset=1` }: EgressRequest): EgressResult => {
      const number = Number(new URL(url).searchParams.get('offset'));
      const next = number < pages.length ? { next: `${LIST}?offset=${number + 1}` } : {};
      return { outcome: 'success', httpStatus: 200, statusCode: 1000, value: pages[number - 1], url, ...next };
    };
  const pull = () => operator('POST', '/api/v1/tokens/pull/partner-1');
  const recordOf = async (partnerId: string) =>
    (await operator<{ items: PullView[] }>('GET', '/api/v1/tokens/pulls')).body.items.find(
      (record) => record.partnerId === partnerId,
    );
  const stored = async (uid: string) =>
    (await operator<{ items: TokenRecord[] }>('GET', '/api/v1/tokens?limit=500')).body.items.find(
      ({ token }) => token.uid === uid,
    );

  it('are all stored when the partner registers, and told once (TOK-08)', async () => {
    const record = await recordOf('partner-1');
    expect(record).toMatchObject({ mode: 'full', counts: { tokens: 4, foreign: 0, missing: 0 }, remarks: [] });
    for (const uid of ['P1', 'P2', 'P3', 'P4'])
      expect(await stored(uid)).toMatchObject({ partnerId: 'partner-1', missingSince: null, revision: 1 });
    expect((await pull()).body).toMatchObject({ tokens: 4 });
    expect((await stored('P4'))?.revision).toBe(1);
    await waitUntil(() => new Set(changed.map(({ key }) => key)).size >= 4, { describe: 'all of them on the bus' });
    expect(gateway.calls.filter(({ partnerId }) => partnerId === 'without')).toEqual([]);
    expect((await recordOf('without'))?.nextAt ?? null).toBeNull();
  });

  it('update what is older, and do not replace what is newer (TOK-08)', async () => {
    await partner(
      'PUT',
      '/ocpi/cpo/2.3.0/tokens/NL/PTP/newer',
      card('newer', { last_updated: '2036-01-01T00:00:00Z' }),
    );
    await partner(
      'PUT',
      '/ocpi/cpo/2.3.0/tokens/NL/PTP/older',
      card('older', { last_updated: '2016-01-01T00:00:00Z' }),
    );
    gateway.answer = paged([card('newer', { valid: false }), card('older', { valid: false })]);
    await pull();
    expect((await stored('newer'))?.token.valid).toBe(true);
    expect((await stored('older'))?.token.valid).toBe(false);
  });

  it('of a party that is no role of the partner are refused, with a report and no error (COO-08)', async () => {
    gateway.answer = paged([card('OWN'), card('ALIEN', { country_code: 'FR', party_id: 'XYZ' })]);
    const { status, body } = await pull();
    expect([status, body]).toMatchObject([200, { tokens: 1, foreign: 1 }]);
    expect(await stored('ALIEN')).toBeUndefined();
    expect((await recordOf('partner-1'))?.remarks).toEqual([expect.stringContaining('FR*XYZ')]);
    expect(await stored('OWN')).toBeDefined();
  });

  it('count as no longer valid when a complete list lacks them, until they are told again (PAG-18)', async () => {
    gateway.answer = paged([card('HERE'), card('AWAY')]);
    await pull();
    gateway.answer = paged([card('HERE')], [{ ...card('X'), uid: undefined }]);
    const broken = { pointer: '/0/uid', message: 'is missing' };
    const lame = gateway.answer;
    gateway.answer = (call) => ({
      ...lame(call),
      ...(call.url === undefined ? {} : { value: [], violations: [broken] }),
    });
    expect((await pull()).body).toMatchObject({ invalid: 1, missing: 0 });
    expect((await stored('AWAY'))?.missingSince).toBeNull();

    gateway.answer = paged([card('HERE')]);
    await pull();
    expect((await stored('HERE'))?.missingSince).toBeNull();
    expect((await stored('AWAY'))?.missingSince).toEqual(expect.any(String));
    const patch = { valid: false, last_updated: '2026-09-01T00:00:00Z' };
    await partner('PATCH', '/ocpi/cpo/2.3.0/tokens/NL/PTP/AWAY', patch);
    expect((await stored('AWAY'))?.missingSince).toBeNull();
  });

  it('are not asked for of a partner that does not exist', async () => {
    expect((await operator('POST', '/api/v1/tokens/pull/nobody')).status).toBe(404);
  });
});
