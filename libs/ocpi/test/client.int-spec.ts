import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { SystemClock } from '@voltap/kernel';
import {
  type CallResult,
  checkUrl,
  isPublicAddress,
  OcpiClient,
  type PartnerConnection,
  prepareCall,
} from '@voltap/ocpi/client';
import { cdrs, commands, credentials, locations, payments, sessions, tokens, versions } from '@voltap/ocpi/endpoints';
import { profileOf } from '@voltap/ocpi/profiles';
import { aCdr, aSession, aTerminal, aToken } from '@voltap/ocpi/testkit';

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}
interface Answer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
  /** Never answers. */
  readonly silent?: boolean;
}

describe('the OCPI client', () => {
  const client = new OcpiClient(new SystemClock(), { rules: { allowHttp: true, allowPrivateAddresses: true } });
  const seen: Seen[] = [];
  let answers: Answer[] = [];
  let server: Server;
  let origin: string;

  beforeAll(async () => {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        seen.push({ method: request.method, url: request.url, headers: request.headers, body });
        const answer = answers.shift() ?? {};
        if (answer.silent) return;
        response.writeHead(answer.status ?? 200, { 'content-type': 'application/json', ...answer.headers });
        const { body: content = { status_code: 1000, timestamp: '2026-01-01T00:00:00Z' } } = answer;
        response.end(typeof content === 'string' ? content : JSON.stringify(content));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterEach(() => {
    answers = [];
    seen.length = 0;
  });

  afterAll(async () => {
    await client.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  function connection(changes: Partial<PartnerConnection> = {}): PartnerConnection {
    const module = (identifier: string, role: 'SENDER' | 'RECEIVER') => ({
      identifier,
      role,
      url: `${origin}/ocpi/${identifier}/`,
    });
    return {
      version: '2.3.0',
      token: 'secret-token',
      quirks: profileOf('spec').quirks,
      own: { country_code: 'DE', party_id: 'VLT' },
      peer: { country_code: 'NL', party_id: 'PTP' },
      endpoints: [
        module('credentials', 'RECEIVER'),
        module('locations', 'RECEIVER'),
        module('sessions', 'RECEIVER'),
        module('cdrs', 'RECEIVER'),
        module('payments', 'SENDER'),
        module('tokens', 'SENDER'),
      ],
      ...changes,
    };
  }

  const ok = (data: unknown) => ({ data, status_code: 1000, timestamp: '2026-01-01T00:00:00Z' });
  const outcomes = (result: CallResult<unknown>) =>
    result.outcome === 'refused'
      ? [result.outcome, result.httpStatus, result.statusCode, result.retryable]
      : [result.outcome];

  it('sends token, ids and routing headers, and one slash between endpoint and path (TRN-01, TRN-02, TRN-09, RTE-01, RTE-02, IDS-04, COO-01, COO-09)', async () => {
    const params = { country_code: 'DE', party_id: 'VLT', session_id: 'S 1/é' };
    const result = await client.call(sessions.receiver.put, { connection: connection(), params, body: aSession() });
    expect(outcomes(result)).toEqual(['success']);
    const [request] = seen;
    expect(request).toMatchObject({ method: 'PUT', url: '/ocpi/sessions/DE/VLT/S%201%2F%C3%A9' });
    expect(request?.headers).toMatchObject({
      authorization: `Token ${Buffer.from('secret-token').toString('base64')}`,
      'content-type': 'application/json',
      'ocpi-from-country-code': 'DE',
      'ocpi-from-party-id': 'VLT',
      'ocpi-to-country-code': 'NL',
      'ocpi-to-party-id': 'PTP',
      'x-request-id': expect.stringMatching(/.{36}/),
      'x-correlation-id': expect.stringMatching(/.{36}/),
    });
  });

  it('follows the quirks of the partner: plain token, trailing slash, version (TRN-06, TRN-13)', async () => {
    const quirks = profileOf('payter', { plainToken: true, trailingSlash: true }).quirks;
    await client.call(sessions.receiver.put, {
      connection: connection({ version: '2.2.1', quirks }),
      params: { country_code: 'DE', party_id: 'VLT', session_id: 'S1' },
      body: aSession(),
    });
    expect(seen[0]?.headers.authorization).toBe('Token secret-token');
    expect(seen[0]?.url).toBe('/ocpi/sessions/DE/VLT/S1/');
    expect(JSON.parse(seen[0]?.body ?? '').total_cost).toEqual({ excl_vat: 6.25, incl_vat: 7.44 });
  });

  it('sends no routing headers with versions and credentials (RTE-04)', async () => {
    answers = [{ body: ok([{ version: '2.3.0', url: 'https://ptp.example/2.3.0' }]) }, { body: ok({}) }];
    const list = await client.call(versions.list, { connection: connection(), url: `${origin}/versions` });
    expect(list).toMatchObject({ outcome: 'success', value: [{ version: '2.3.0' }] });
    await client.call(credentials.get, { connection: connection() });
    expect(seen.map(({ url, headers }) => [url, headers['ocpi-from-party-id']])).toEqual([
      ['/versions', undefined],
      ['/ocpi/credentials/', undefined],
    ]);
  });

  it('names the hub to which it pushes and whose list it reads, and never asks it for one object by broadcast (RTE-09)', async () => {
    const atHub = connection({ peer: { country_code: 'NL', party_id: 'HUB' }, peerIsHub: true });
    const params = { country_code: 'DE', party_id: 'VLT', session_id: 'S1' };
    answers = [{}, { headers: { link: '</ocpi/tokens?offset=1>; rel="next"' }, body: ok([]) }, { body: ok([]) }];
    await client.call(sessions.receiver.put, { connection: atHub, params, body: aSession() });
    for await (const _ of client.pages(tokens.sender.list, { connection: atHub }));
    await client.call(sessions.receiver.get, { connection: atHub, params });
    await client.call(payments.sender.getTerminal, { connection: atHub, params: { terminal_id: 'PT-1' } });
    expect(
      seen.map(({ method, headers }) => [method, headers['ocpi-to-party-id'], headers['ocpi-from-party-id']]),
    ).toEqual([
      ['PUT', 'HUB', 'VLT'],
      ['GET', 'HUB', 'VLT'],
      ['GET', 'HUB', 'VLT'],
      ['GET', undefined, 'VLT'],
      ['GET', undefined, 'VLT'],
    ]);
  });

  it('finds payments below one base or below entries that end in the sub-path (VER-08)', async () => {
    const entry = (path: string) => ({ identifier: 'payments', role: 'SENDER' as const, url: `${origin}${path}` });
    const split = connection({ endpoints: [entry('/p/financial-advice-confirmations/'), entry('/p/terminals')] });
    const patch = { location_ids: ['L1'], last_updated: '2026-01-01T00:00:00Z' };
    for (const each of [connection(), split]) {
      await client.call(payments.sender.patchTerminal, {
        connection: each,
        params: { terminal_id: 'PT-1' },
        body: patch,
      });
    }
    expect(seen.map(({ url }) => url)).toEqual(['/ocpi/payments/terminals/PT-1', '/p/terminals/PT-1']);
  });

  it('gives the absolute URL of a stored CDR', async () => {
    answers = [{ status: 201, headers: { location: '/ocpi/cdrs/77' } }];
    const result = await client.call(cdrs.receiver.post, { connection: connection(), body: aCdr() });
    expect(result).toMatchObject({ outcome: 'success', httpStatus: 201, location: `${origin}/ocpi/cdrs/77` });
  });

  it('takes only HTTP 2xx with a 1xxx code for success, and says what may be repeated (ENV-11)', async () => {
    answers = [
      { body: { status_code: 2001, status_message: 'no', timestamp: 't' } },
      { body: { status_code: 3000, timestamp: 't' } },
      { status: 429, headers: { 'retry-after': '7' }, body: 'slow down' },
      { status: 502, body: '<html>' },
      { status: 302, headers: { location: 'https://elsewhere.example' } },
      { body: ok({ uid: 'incomplete' }) },
    ];
    const results: CallResult<unknown>[] = [];
    for (let index = 0; index < 6; index += 1) {
      results.push(
        await client.call(tokens.sender.authorize, { connection: connection(), params: { token_uid: 'x' } }),
      );
    }
    expect(results.map(outcomes)).toEqual([
      ['refused', 200, 2001, false],
      ['refused', 200, 3000, true],
      ['refused', 429, undefined, true],
      ['refused', 502, undefined, true],
      ['refused', 302, 1000, false],
      ['refused', 200, 1000, false],
    ]);
    expect(results[2]).toMatchObject({ retryAfterMs: 7000 });
    expect(seen).toHaveLength(6);
  });

  it('walks a list by Link, keeps valid objects beside broken ones, and stays at the origin (PAG-14, PAG-16, FMT-19, IDS-03)', async () => {
    answers = [
      {
        headers: { link: '</ocpi/tokens?offset=2>; rel="next"', 'x-total-count': '3' },
        body: ok([aToken(), { uid: 'broken' }]),
      },
      { headers: { link: '<https://elsewhere.example/tokens>; rel="next"' }, body: ok([aToken({ uid: 'T2' })]) },
    ];
    const pages: CallResult<readonly { uid: string }[]>[] = [];
    for await (const page of client.pages(tokens.sender.list, { connection: connection(), query: { limit: 2 } })) {
      pages.push(page);
    }
    expect(pages).toMatchObject([
      { outcome: 'success', value: [{ uid: 'AUTH-0001' }], totalCount: 3 },
      { outcome: 'success', value: [{ uid: 'T2' }] },
      { outcome: 'unreachable', reason: 'blocked' },
    ]);
    expect(pages[0]).toMatchObject({
      violations: expect.arrayContaining([expect.objectContaining({ pointer: '/1/type' })]),
    });
    expect(seen.map(({ url }) => url)).toEqual(['/ocpi/tokens/?limit=2', '/ocpi/tokens?offset=2']);
    expect(new Set(seen.map(({ headers }) => headers['x-request-id'])).size).toBe(2);
    expect(new Set(seen.map(({ headers }) => headers['x-correlation-id'])).size).toBe(1);
  });

  it('sends given bytes to a response_url exactly as it is (CMD-05, ENV-09, PAY-52)', async () => {
    const url = `${origin}/result//START?id=1&x=%20`;
    const prepared = prepareCall(commands.sender.result, {
      connection: connection(),
      url,
      body: { result: 'ACCEPTED' },
    });
    expect(prepared).toMatchObject({ body: '{"result":"ACCEPTED"}', url });
    answers = [{ body: ok('whatever') }];
    const result = await client.rawRequest({
      connection: connection(),
      method: 'POST',
      url,
      body: '{"result":"ACCEPTED"}',
    });
    expect(outcomes(result)).toEqual(['success']);
    expect(seen[0]).toMatchObject({ url: '/result//START?id=1&x=%20', body: '{"result":"ACCEPTED"}' });
    expect(seen[0]?.headers['ocpi-to-party-id']).toBe('PTP');
  });

  it('logs an exchange without tokens and card lines', async () => {
    const token = { token: 'other-secret', url: 'https://ptp.example/versions', roles: [] };
    answers = [{ body: ok(token) }];
    const result = await client.call(credentials.get, { connection: connection() });
    expect(JSON.stringify(result)).not.toMatch(/secret/);
  });

  it('gives up after its time, and when it is told to', async () => {
    answers = [{ silent: true }, { silent: true }];
    const params = { terminal_id: 'PT-1' };
    const late = await client.call(payments.sender.getTerminal, { connection: connection(), params, timeoutMs: 30 });
    expect(late).toMatchObject({ outcome: 'unreachable', reason: 'timeout', retryable: true });
    const signal = AbortSignal.abort();
    const stopped = await client.call(payments.sender.getTerminal, { connection: connection(), params, signal });
    expect(stopped).toMatchObject({ outcome: 'unreachable', reason: 'aborted' });
  });

  it('reads no more of an answer than allowed', async () => {
    const small = new OcpiClient(new SystemClock(), {
      rules: { allowHttp: true, allowPrivateAddresses: true },
      maxResponseBytes: 100,
    });
    answers = [{ body: ok(aTerminal()) }];
    const params = { terminal_id: 'PT-1' };
    const result = await small.call(payments.sender.getTerminal, { connection: connection(), params });
    await small.close();
    expect(result).toMatchObject({ outcome: 'unreachable', reason: 'too-large' });
  });

  it('does not connect to private addresses, by number or by name, nor over plain HTTP', async () => {
    const strict = new OcpiClient(new SystemClock(), { rules: { allowHttp: true } });
    const tls = new OcpiClient(new SystemClock());
    const port = new URL(origin).port;
    const blocked = [];
    for (const [each, url] of [
      [strict, origin],
      [strict, `http://localhost:${port}/`],
      [strict, `http://[::ffff:127.0.0.1]:${port}/`],
      [strict, `http://2130706433:${port}/`],
      [tls, 'http://ptp.example/'],
    ] as const) {
      blocked.push(await each.rawRequest({ connection: connection(), method: 'GET', url }));
    }
    await Promise.all([strict.close(), tls.close()]);
    expect(blocked.map((result) => (result.outcome === 'unreachable' ? result.reason : result.outcome))).toEqual(
      Array(5).fill('blocked'),
    );
    expect(seen).toHaveLength(0);
  });

  it('knows which addresses are public', () => {
    const closed = ['10.1.2.3', '169.254.169.254', '100.64.0.1', '::1', 'fd00::1', 'fe80::1', '64:ff9b::a00:1', 'x'];
    expect(closed.filter(isPublicAddress)).toEqual([]);
    expect(['1.1.1.1', '2606:4700::1111'].filter((address) => !isPublicAddress(address))).toEqual([]);
    expect(() => checkUrl('https://user:pass@ptp.example/', {})).toThrow('credentials');
    expect(() => checkUrl('https://other.example/', { allowedHosts: ['ptp.example'] })).toThrow('allowed hosts');
  });

  it('refuses to call what the partner does not offer', async () => {
    const call = client.call(locations.sender.list, { connection: connection() });
    await expect(call).rejects.toMatchObject({ code: 'missing_endpoints' });
  });
});
