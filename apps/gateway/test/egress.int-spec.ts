import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EgressClient } from '@voltap/contracts/egress';
import { payments, tokens, versions } from '@voltap/ocpi/endpoints';
import { CallerSignature } from '@voltap/platform/security';
import { GatewayBench } from './gateway-bench.js';
import { envelope, ServiceDouble, sendJson } from './service-double.js';

describe('the egress', () => {
  let bench: GatewayBench;
  /** Calls partners as in production: https only, no private addresses. */
  let guarded: GatewayBench;
  let partner: ServiceDouble;
  const client = (of: GatewayBench, caller: object = { kind: 'service', service: 'payments' }) =>
    new EgressClient({ gatewayUrl: of.service.url, headers: of.platform.callerHeaders(caller) });
  const post = (body: string, headers: Record<string, string>) =>
    fetch(`${bench.service.url}/egress`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
  const service = () => bench.platform.callerHeaders({ kind: 'service', service: 'payments' });

  beforeAll(async () => {
    bench = await GatewayBench.start({ VOLTAP_EGRESS_ALLOW_INSECURE: 'true' });
    guarded = await GatewayBench.start();
    partner = new ServiceDouble(new CallerSignature('a partner knows no secret of the platform'));
    await partner.start();
    for (const each of [bench, guarded]) {
      const endpoints = [{ identifier: 'payments', role: 'SENDER' as const, url: `${partner.url}/ptp/payments` }];
      await each.admit(each.partner('payter', { endpoints, outboundToken: each.seal('token-for-payter') }));
      await each.admit(each.partner('new', { status: 'PENDING', version: null, roles: [] }));
    }
  });

  afterAll(async () => {
    await bench?.close();
    await guarded?.close();
    await partner?.stop();
  });

  it('calls a registered partner with its token, routing and ids, and hands over what it checked', async () => {
    partner.reset();
    partner.answer = (_arrived, response) => sendJson(response, 200, envelope([]), { 'x-total-count': '0' });
    const result = await client(bench).call(payments.sender.listTerminals, {
      partnerId: 'payter',
      query: { limit: 5 },
    });
    expect(result).toMatchObject({ outcome: 'success', httpStatus: 200, statusCode: 1000, value: [] });
    const [arrived] = partner.arrived;
    expect(arrived?.path).toContain('/ptp/payments/terminals?limit=5');
    expect(arrived?.headers).toMatchObject({
      authorization: `Token ${Buffer.from('token-for-payter').toString('base64')}`,
      'ocpi-from-country-code': 'DE',
      'ocpi-from-party-id': 'VLT',
      'ocpi-to-country-code': 'NL',
      'ocpi-to-party-id': 'PTP',
    });
    expect(arrived?.headers['x-request-id']).toBeDefined();
    expect(arrived?.headers['voltap-caller']).toBeUndefined();
    expect(JSON.stringify(result)).not.toContain('token-for-payter');
  });

  it('walks the pages of a list as the client does: further ahead when it shrinks, and nowhere else (PAG-14, PAG-15, PAG-16)', async () => {
    partner.reset();
    const terminal = { terminal_id: 'T', last_updated: '2026-01-01T00:00:00Z' };
    const link = (offset: number) =>
      `<${partner.url}/ptp/payments/terminals?date_to=2026-02-01T00:00:00Z&offset=${offset}>`;
    const answers = [
      { data: [terminal, terminal], headers: { 'x-total-count': '6', link: `${link(2)}; rel="next"` } },
      { data: [terminal, { city: 'no id' }], headers: { 'x-total-count': '5', link: `${link(4)}; rel="next"` } },
      { data: [terminal, terminal], headers: { 'x-total-count': '5', link: `${link(3)}; rel="next"` } },
      { data: [terminal], headers: { 'x-total-count': '5', link: '<https://elsewhere.example/x>; rel="next"' } },
    ];
    partner.answer = (_arrived, response) => {
      const { data, headers } = answers.shift() ?? { data: [], headers: {} };
      sendJson(response, 200, envelope(data), headers);
    };
    const query = { date_to: '2026-02-01T00:00:00Z' };
    const pages = [];
    for await (const each of client(bench).pages(payments.sender.listTerminals, { partnerId: 'payter', query }))
      pages.push(each);
    const offsets = partner.arrived.map(({ path }) => new URL(path, partner.url).searchParams.get('offset'));
    expect(offsets).toEqual([null, '2', '1', '3']);
    expect(pages.map(({ outcome }) => outcome)).toEqual([...Array(4).fill('success'), 'unreachable']);
    expect(pages[1]).toMatchObject({
      violations: expect.arrayContaining([expect.objectContaining({ pointer: '/1/terminal_id' })]),
    });
    expect(pages[4]).toMatchObject({ reason: 'blocked', message: expect.stringContaining('another origin') });
  });

  it('calls an explicit URL with an explicit token while credentials are being exchanged', async () => {
    partner.reset();
    const list = [{ version: '2.3.0', url: 'https://ptp.example/2.3.0' }];
    partner.answer = (_arrived, response) => sendJson(response, 200, envelope(list));
    const result = await client(bench, { kind: 'service', service: 'credentials' }).call(versions.list, {
      partnerId: 'new',
      url: `${partner.url}/ptp/versions`,
      token: 'just-given',
    });
    expect(result).toMatchObject({ outcome: 'success', value: list });
    expect(partner.arrived[0]).toMatchObject({
      path: '/ptp/versions',
      headers: { authorization: `Token ${Buffer.from('just-given').toString('base64')}` },
    });
    expect(partner.arrived[0]?.headers['ocpi-to-party-id']).toBeUndefined();
  });

  it('hands over a refusal of the partner, and that it did not answer, as values', async () => {
    partner.reset();
    partner.answer = (_arrived, response) => sendJson(response, 200, envelope(undefined, 2001));
    const call = () => client(bench).call(payments.sender.listTerminals, { partnerId: 'payter' });
    expect(await call()).toMatchObject({ outcome: 'refused', httpStatus: 200, statusCode: 2001, retryable: false });
    partner.answer = (_arrived, response) => {
      response.destroy();
    };
    expect(await call()).toMatchObject({ outcome: 'unreachable', retryable: true });
  });

  it('does not call private addresses, nor http, where no developer said so (CMD-31)', async () => {
    partner.reset();
    const call = (url?: string) =>
      client(guarded).call(payments.sender.listTerminals, {
        partnerId: 'payter',
        ...(url === undefined ? {} : { url }),
      });
    expect(await call()).toMatchObject({ outcome: 'unreachable', reason: 'blocked', retryable: false });
    for (const url of [
      'https://127.0.0.1/x',
      'https://[::1]/x',
      'https://169.254.169.254/latest',
      'http://example.org/',
    ]) {
      expect([url, await call(url)]).toMatchObject([url, { outcome: 'unreachable', reason: 'blocked' }]);
    }
    expect(partner.arrived).toEqual([]);
  });

  it('says that a partner cannot be called when it is not registered, or does not offer the endpoint', async () => {
    expect(await client(bench).call(payments.sender.listTerminals, { partnerId: 'new' })).toMatchObject({
      outcome: 'unreachable',
      reason: 'blocked',
    });
    expect(await client(bench).call(tokens.sender.list, { partnerId: 'payter' })).toMatchObject({
      outcome: 'unreachable',
      reason: 'blocked',
    });
  });

  it('serves nobody but services', async () => {
    const body = JSON.stringify({ endpoint: versions.list.id, partnerId: 'payter' });
    const partnerCaller = bench.platform.callerHeaders({ kind: 'partner', partnerId: 'payter' });
    const operator = bench.platform.callerHeaders({ kind: 'operator', keyId: 'x', scopes: ['operate'] });
    for (const headers of [{}, partnerCaller, operator, { 'voltap-caller': 'forged.signature' }]) {
      const answer = await post(body, headers);
      expect(answer.status).toBe(401);
      expect(await answer.json()).toMatchObject({ code: 'unauthorized' });
    }
  });

  it.each([
    ['no JSON', '{', 400, 'invalid_json'],
    [
      'a field that it does not know',
      '{"endpoint":"versions.list","partnerId":"payter","x":1}',
      422,
      'invalid_parameter',
    ],
    ['an unknown endpoint', '{"endpoint":"unheard.of","partnerId":"payter"}', 422, 'invalid_parameter'],
    ['an unknown partner', `{"endpoint":"${versions.list.id}","partnerId":"nobody"}`, 404, 'not_found'],
  ])('refuses %s', async (_what, body, status, code) => {
    const answer = await post(body, service());
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ code });
  });
});
