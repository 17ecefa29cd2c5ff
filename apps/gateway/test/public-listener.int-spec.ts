import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { authorizationHeader } from '@voltap/ocpi/transport';
import { CALLER_HEADER } from '@voltap/platform/security';
import { waitUntil } from '@voltap/platform/testing';
import { GatewayBench } from './gateway-bench.js';
import { envelope, sendJson } from './service-double.js';

const LOCATIONS = '/ocpi/cpo/2.3.0/locations';

describe('the public listener', () => {
  let bench: GatewayBench;

  beforeAll(async () => {
    bench = await GatewayBench.start({
      VOLTAP_GATEWAY_PARTNER_RATE_PER_SECOND: '20',
      VOLTAP_GATEWAY_RECEIPT_RATE_PER_SECOND: '1',
      VOLTAP_GATEWAY_TRUSTED_PROXIES: '127.0.0.1,10.0.0.0/8',
    });
    const token = (name: string, scope: 'full' | 'registration' = 'full', expiresAt: string | null = null) => [
      { hash: bench.hash(`token-of-${name}`), scope, expiresAt },
    ];
    await bench.admit(bench.partner('payter'));
    await bench.admit(bench.partner('plain', { settings: { plainToken: true }, inboundTokens: token('plain') }));
    await bench.admit(bench.partner('suspended', { status: 'SUSPENDED' }));
    await bench.admit(bench.partner('late', { inboundTokens: token('late', 'full', '2020-01-01T00:00:00Z') }));
    await bench.admit(
      bench.partner('new', {
        status: 'PENDING',
        version: null,
        roles: [],
        inboundTokens: token('new', 'registration'),
      }),
    );
  });

  beforeEach(() => bench.reset());

  afterAll(() => bench?.close());

  describe('lets in by token', () => {
    it.each([
      ['no token', {}],
      ['another scheme', { authorization: 'Bearer abc' }],
      ['an unknown token', { authorization: authorizationHeader('nobody has this') }],
      [
        'the token in clear, from a partner that sends Base64',
        { authorization: authorizationHeader('token-of-payter', true) },
      ],
      [
        'Base64, from a partner that sends its token in clear',
        { authorization: authorizationHeader('token-of-plain') },
      ],
      ['the token of a suspended partner', { authorization: authorizationHeader('token-of-suspended') }],
      ['an expired token', { authorization: authorizationHeader('token-of-late') }],
    ])('refuses %s with 401 in an envelope (TRN-03, TRN-04)', async (_what, headers) => {
      const answer = await bench.ocpi(null, 'GET', LOCATIONS, { headers: { ...headers, 'x-request-id': 'R1' } });
      expect(answer).toMatchObject({ http: 401, status: 2000 });
      expect(answer.headers.get('x-request-id')).toBe('R1');
      expect(answer.headers.get('x-correlation-id')).toBe('R1');
      expect(bench.services.locations.arrived).toEqual([]);
    });

    it('takes Base64, and the token in clear where the partner is known to send it so (TRN-06)', async () => {
      expect(await bench.ocpi('payter', 'GET', LOCATIONS)).toMatchObject({ http: 200, status: 1000 });
      const headers = { authorization: authorizationHeader('token-of-plain', true) };
      expect(await bench.ocpi(null, 'GET', LOCATIONS, { headers })).toMatchObject({ http: 200, status: 1000 });
    });

    it('opens versions, details and credentials to a registration token, and nothing else (TRN-07)', async () => {
      for (const path of ['/ocpi/cpo/versions', '/ocpi/cpo/2.2.1', '/ocpi/cpo/2.2.1/credentials']) {
        expect(await bench.ocpi('new', 'GET', path)).toMatchObject({ http: 200, status: 1000 });
      }
      expect(bench.services.credentials.arrived.map(({ path }) => path)).toEqual([
        '/ocpi/cpo/versions',
        '/ocpi/cpo/2.2.1',
        '/ocpi/cpo/2.2.1/credentials',
      ]);
      expect(bench.services.credentials.arrived[0]?.caller).toMatchObject({ scope: 'registration', version: null });
      expect(await bench.ocpi('new', 'GET', LOCATIONS)).toMatchObject({ http: 401, status: 2000 });
      expect(await bench.ocpi('new', 'GET', '/ocpi/cpo/2.3.0/unheard-of')).toMatchObject({ http: 401 });
    });

    it('asks credentials for a token that the directory does not know, and keeps the answer', async () => {
      bench.services.credentials.answer = ({ path }, response) => {
        const known = path.endsWith(bench.hash('token-of-fresh'));
        sendJson(response, known ? 200 : 404, known ? { revision: 3, partner: bench.partner('fresh') } : {});
      };
      expect(await bench.ocpi('fresh', 'GET', LOCATIONS)).toMatchObject({ http: 200, status: 1000 });
      expect(bench.services.credentials.arrived[0]?.caller).toEqual({ kind: 'gateway' });
      const asked = bench.services.credentials.arrived.length;
      expect(await bench.ocpi('fresh', 'GET', LOCATIONS)).toMatchObject({ http: 200 });
      expect(bench.services.credentials.arrived).toHaveLength(asked);
    });

    it('does not pass a made-up token on to credentials again and again', async () => {
      const hash = bench.hash('token-of-stranger');
      for (let attempt = 0; attempt < 3; attempt++) {
        expect(await bench.ocpi('stranger', 'GET', LOCATIONS)).toMatchObject({ http: 401 });
      }
      expect(bench.services.credentials.arrived.filter(({ path }) => path.endsWith(hash))).toHaveLength(1);
    });

    it('says that it cannot check, rather than 401, while credentials is away', async () => {
      bench.services.credentials.answer = (_arrived, response) => sendJson(response, 500, {});
      expect(await bench.ocpi('unsure', 'GET', LOCATIONS)).toMatchObject({ http: 200, status: 3000 });
    });

    it('follows partner events: a token that was replaced is dead, a suspended partner is out', async () => {
      const replaced = { hash: bench.hash('token-of-replaced'), scope: 'full' as const, expiresAt: null };
      await bench.publish(bench.partner('changing'), 1);
      await waitUntil(async () => (await bench.ocpi('changing', 'GET', LOCATIONS)).http === 200, {
        describe: 'the partner to be known',
      });
      await bench.publish(bench.partner('changing', { inboundTokens: [replaced] }), 2);
      await waitUntil(async () => (await bench.ocpi('replaced', 'GET', LOCATIONS)).http === 200, {
        describe: 'the new token to be known',
      });
      expect(await bench.ocpi('changing', 'GET', LOCATIONS)).toMatchObject({ http: 401 });
      await bench.publish(bench.partner('changing', { status: 'SUSPENDED', inboundTokens: [replaced] }), 3);
      await waitUntil(async () => (await bench.ocpi('replaced', 'GET', LOCATIONS)).http === 401, {
        describe: 'the suspension to be known',
      });
    });
  });

  describe('hands on', () => {
    it('the request as it came, with who calls and one pair of ids', async () => {
      bench.services.tokens.answer = ({ headers }, response) =>
        sendJson(response, 201, envelope(), {
          'x-request-id': String(headers['x-request-id']),
          'voltap-inside': 'not for partners',
        });
      const body = '{ "uid": "1",  "amount": 1.50 }';
      const path = '/ocpi/cpo/2.3.0/tokens/NL/PTP/1?type=AD_HOC_USER';
      const answer = await bench.ocpi('payter', 'PUT', path, { body });
      const [arrived] = bench.services.tokens.arrived;
      expect(answer).toMatchObject({ http: 201, status: 1000 });
      expect(arrived).toMatchObject({ method: 'PUT', path, body });
      expect(arrived?.caller).toEqual({
        kind: 'partner',
        partnerId: 'payter',
        version: '2.3.0',
        profile: 'spec',
        quirks: {},
        scope: 'full',
        tokenHash: bench.hash('token-of-payter'),
        roles: [{ role: 'PTP', country_code: 'NL', party_id: 'PTP' }],
        parties: ['DE*VLT'],
        publicUrl: 'http://127.0.0.1:4000',
      });
      expect(arrived?.headers.authorization).toBeUndefined();
      expect(answer.headers.get('x-request-id')).toBe(arrived?.headers['x-request-id']);
      expect(answer.headers.get('voltap-inside')).toBeNull();
    });

    it('no header by which somebody outside says who calls', async () => {
      const forged = bench.platform.callerHeaders({ kind: 'operator', keyId: 'x', scopes: ['operate'] });
      await bench.ocpi('payter', 'GET', LOCATIONS, { headers: { ...forged, 'voltap-partner': 'other' } });
      expect(bench.services.locations.arrived[0]?.caller).toMatchObject({ kind: 'partner', partnerId: 'payter' });
      expect(bench.services.locations.arrived[0]?.headers['voltap-partner']).toBeUndefined();
      await fetch(`${bench.publicUrl}/receipts/secret/ref`, {
        headers: { ...forged, 'x-forwarded-for': '203.0.113.77' },
      });
      expect(bench.services.payments.arrived[0]?.headers[CALLER_HEADER]).toBeUndefined();
    });

    it.each([
      ['2.3.0/unheard-of', 404],
      ['2.3.0/unheard-of/1/2', 404],
    ])('nothing of an unknown module: %s', async (path, http) => {
      expect(await bench.ocpi('payter', 'GET', `/ocpi/cpo/${path}`)).toMatchObject({ http, status: 2000 });
    });

    it('nothing outside of OCPI and receipts', async () => {
      for (const path of ['/', '/ocpi', '/internal/partners', '/api/v1/partners', '/ocpi/cpo/2.3.0/%ZZ']) {
        const answer = await bench.ocpi('payter', 'GET', path);
        expect([path, answer.http, answer.status]).toEqual([path, 404, 2000]);
      }
    });

    it('no body above 1 MB, announced or not', async () => {
      const path = '/ocpi/cpo/2.3.0/tokens/NL/PTP/1';
      const large = Buffer.alloc(1024 * 1024 + 1, 0x20);
      expect(await bench.ocpi('payter', 'PUT', path, { body: large })).toMatchObject({ http: 413, status: 2000 });
      const chunked = Readable.toWeb(Readable.from([large.subarray(0, 1024 * 1024), large.subarray(0, 1)]));
      expect(await bench.ocpi('payter', 'PUT', path, { body: chunked as ReadableStream })).toMatchObject({
        http: 413,
        status: 2000,
      });
      const command = Readable.toWeb(Readable.from([large.subarray(0, 1024 * 1024), large.subarray(0, 1)]));
      const start = '/ocpi/cpo/2.3.0/commands/START_SESSION';
      expect(await bench.ocpi('payter', 'POST', start, { body: command as ReadableStream })).toMatchObject({
        http: 413,
      });
      expect(bench.services.tokens.arrived).toEqual([]);
      expect(bench.services.commands.arrived).toEqual([]);
      const allowed = { body: large.subarray(0, 1024 * 1024) };
      expect(await bench.ocpi('payter', 'PUT', path, allowed)).toMatchObject({ http: 200, status: 1000 });
    });

    it('requests to a party of this connection or to none, never to another (RTE-07, RTE-08)', async () => {
      const to = (country: string, party: string) => ({
        headers: { 'ocpi-to-country-code': country, 'ocpi-to-party-id': party, 'x-request-id': 'R2' },
      });
      expect(await bench.ocpi('payter', 'GET', LOCATIONS, to('de', 'vlt'))).toMatchObject({ http: 200, status: 1000 });
      bench.services.locations.reset();
      const answer = await bench.ocpi('payter', 'GET', LOCATIONS, to('DE', 'XXX'));
      expect(answer).toMatchObject({ http: 200, status: 2001 });
      expect(answer.message).toContain('ocpi-to-party-id');
      expect(answer.headers.get('ocpi-from-party-id')).toBe('XXX');
      expect(bench.services.locations.arrived).toEqual([]);
    });

    it('what reads to a service that restarts, and says 3000 when it stays away', async () => {
      const { locations } = bench.services;
      await bench.ocpi('payter', 'GET', LOCATIONS);
      await locations.stop();
      const waiting = bench.ocpi('payter', 'GET', LOCATIONS);
      await locations.start();
      expect(await waiting).toMatchObject({ http: 200, status: 1000 });
      await locations.stop();
      try {
        expect(await bench.ocpi('payter', 'GET', LOCATIONS)).toMatchObject({ http: 200, status: 3000 });
      } finally {
        await locations.start();
      }
    });
  });

  it('holds an answer back until the directory knows the revision that it speaks of', async () => {
    await bench.admit(bench.partner('registering', { inboundTokens: bench.partner('registering').inboundTokens }));
    const next = bench.partner('registering', {
      inboundTokens: [{ hash: bench.hash('token-of-registered'), scope: 'full', expiresAt: null }],
    });
    bench.services.credentials.answer = (_arrived, response) =>
      sendJson(response, 200, envelope({ token: 'token-of-registered' }), {
        'voltap-partner-revision': 'registering 2',
      });
    let answered = false;
    const answer = bench.ocpi('registering', 'POST', '/ocpi/cpo/2.3.0/credentials', { body: '{}' }).finally(() => {
      answered = true;
    });
    await waitUntil(() => bench.services.credentials.arrived.length === 1, { describe: 'the exchange' });
    // Other exchanges go on meanwhile, and outlast the moment in which it would have been released wrongly.
    for (let round = 0; round < 5; round++) await bench.ocpi('payter', 'GET', LOCATIONS);
    expect(answered).toBe(false);
    await bench.publish(next, 2);
    const { headers, data } = await answer;
    expect(data).toEqual({ token: 'token-of-registered' });
    expect(headers.get('voltap-partner-revision')).toBeNull();
    expect(await bench.ocpi('registered', 'GET', LOCATIONS)).toMatchObject({ http: 200, status: 1000 });
    bench.reset();
    expect(await bench.ocpi('registering', 'GET', LOCATIONS)).toMatchObject({ http: 401 });
  });

  it('slows down a partner that asks too much, and no other', async () => {
    await bench.admit(bench.partner('hasty'));
    const answers = await Promise.all(Array.from({ length: 150 }, () => bench.ocpi('hasty', 'GET', LOCATIONS)));
    const refused = answers.filter(({ http }) => http === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]).toMatchObject({ status: 2000 });
    expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(answers.length - refused.length).toBeGreaterThanOrEqual(100);
    expect(await bench.ocpi('payter', 'GET', LOCATIONS)).toMatchObject({ http: 200 });
  });

  it('shows receipts without a token, a few a second for each address behind the ingress', async () => {
    bench.services.payments.answer = (_arrived, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<p>receipt</p>');
    };
    const look = (address: string) =>
      fetch(`${bench.publicUrl}/receipts/secret/REF1`, { headers: { 'x-forwarded-for': address } });
    const first = await look('203.0.113.5');
    expect([first.status, await first.text()]).toEqual([200, '<p>receipt</p>']);
    expect(bench.services.payments.arrived[0]?.path).toBe('/receipts/secret/REF1');
    const statuses = await Promise.all(Array.from({ length: 12 }, async () => (await look('203.0.113.5')).status));
    expect(statuses).toContain(429);
    expect((await look('203.0.113.6')).status).toBe(200);
  });

  it('finishes what is under way when it stops, and takes nothing more', async () => {
    const held = Promise.withResolvers<ServerResponse>();
    bench.services.locations.answer = (_arrived, response) => held.resolve(response);
    const answer = bench.ocpi('payter', 'GET', LOCATIONS);
    const response = await held.promise;
    const stopped = bench.service.stop();
    await waitUntil(
      () =>
        fetch(`${bench.publicUrl}/ocpi/cpo/versions`, { headers: { connection: 'close' } }).then(
          ({ status }) => status === 503,
          () => true,
        ),
      { describe: 'the door to be closed' },
    );
    sendJson(response, 200, envelope(['the last']));
    expect(await answer).toMatchObject({ http: 200, data: ['the last'] });
    await stopped;
  });
});
