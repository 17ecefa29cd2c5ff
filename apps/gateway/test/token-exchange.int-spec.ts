import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { EgressClient } from '@voltap/contracts/egress';
import { cdrCreated, tariffChanged } from '@voltap/contracts/events';
import { event } from '@voltap/kernel';
import { payments } from '@voltap/ocpi/endpoints';
import { aCdr, aTariff } from '@voltap/ocpi/testkit';
import { authorizationHeader } from '@voltap/ocpi/transport';
import { CallerSignature } from '@voltap/platform/security';
import { waitUntil } from '@voltap/platform/testing';
import { GatewayBench, KEYS } from './gateway-bench.js';
import { envelope, ServiceDouble, sendJson } from './service-double.js';

const LOCATIONS = '/ocpi/cpo/2.3.0/locations';

describe('while tokens are exchanged', () => {
  let bench: GatewayBench;
  let guarded: GatewayBench;
  let partner: ServiceDouble;

  beforeAll(async () => {
    bench = await GatewayBench.start({ VOLTAP_EGRESS_ALLOW_INSECURE: 'true' });
    guarded = await GatewayBench.start();
    partner = new ServiceDouble(new CallerSignature('a partner knows no secret of the platform'));
    await partner.start();
  });

  beforeEach(() => {
    bench.reset();
    partner.reset();
  });

  afterAll(async () => {
    await bench?.close();
    await guarded?.close();
    await partner?.stop();
  });

  const token = (name: string, more: object = {}) => ({
    hash: bench.hash(`token-of-${name}`),
    scope: 'full' as const,
    expiresAt: null,
    ...more,
  });

  it('lets a partner in by either of its tokens, and says by which, until the grace of the old one has passed', async () => {
    const soon = new Date(Date.now() + 60_000).toISOString();
    const past = new Date(Date.now() - 1).toISOString();
    const tokens = [token('new'), token('old', { expiresAt: soon }), token('older', { expiresAt: past })];
    await bench.admit(bench.partner('rotating', { inboundTokens: tokens }));
    for (const name of ['new', 'old']) {
      expect(await bench.ocpi(name, 'GET', LOCATIONS)).toMatchObject({ http: 200, status: 1000 });
      expect(bench.services.locations.arrived.at(-1)?.caller).toMatchObject({
        partnerId: 'rotating',
        tokenHash: bench.hash(`token-of-${name}`),
      });
    }
    expect(await bench.ocpi('older', 'GET', LOCATIONS)).toMatchObject({ http: 401 });
  });

  it('lets a request wait for the end of the registration that gave its token (CRED-21)', async () => {
    const settling = { scope: 'registration' as const, settling: true };
    const before = bench.partner('settling', {
      status: 'PENDING',
      version: null,
      roles: [],
      inboundTokens: [token('settling', settling)],
    });
    await bench.admit(before);
    expect(await bench.ocpi('settling', 'GET', '/ocpi/cpo/versions')).toMatchObject({ http: 200, status: 1000 });
    let answered = false;
    const early = bench.ocpi('settling', 'GET', LOCATIONS).finally(() => {
      answered = true;
    });
    for (let round = 0; round < 5; round++) await bench.ocpi('settling', 'GET', '/ocpi/cpo/versions');
    expect(answered).toBe(false);
    await bench.admit(bench.partner('settling'), 2);
    expect(await early).toMatchObject({ http: 200, status: 1000 });
    expect(bench.services.locations.arrived.at(-1)?.caller).toMatchObject({ scope: 'full', version: '2.3.0' });
  });

  it('refuses a request whose registration came to nothing', async () => {
    const settling = { scope: 'registration' as const, settling: true };
    const waiting = { status: 'PENDING' as const, version: null, roles: [] };
    await bench.admit(bench.partner('broken', { ...waiting, inboundTokens: [token('broken', settling)] }));
    const early = bench.ocpi('broken', 'GET', LOCATIONS);
    await bench.admit(bench.partner('broken', { ...waiting, inboundTokens: [] }), 2);
    expect(await early).toMatchObject({ http: 401 });
    expect(bench.services.locations.arrived).toEqual([]);
  });

  it('repeats a call of a service with the new token when the old one died on the way', async () => {
    const endpoints = [{ identifier: 'payments', role: 'SENDER' as const, url: `${partner.url}/payments` }];
    await bench.admit(bench.partner('moving', { endpoints, outboundToken: bench.seal('first') }));
    partner.answer = async ({ headers }, response) => {
      if (headers.authorization === authorizationHeader('second')) return sendJson(response, 200, envelope([]));
      await bench.admit(bench.partner('moving', { endpoints, outboundToken: bench.seal('second') }), 2);
      return sendJson(response, 401, envelope(undefined, 2000));
    };
    const client = new EgressClient({
      gatewayUrl: bench.service.url,
      headers: bench.platform.callerHeaders({ kind: 'service', service: 'payments' }),
    });
    const result = await client.call(payments.sender.listTerminals, { partnerId: 'moving' });
    expect(result).toMatchObject({ outcome: 'success', value: [], requestId: expect.any(String) });
    expect(partner.arrived.map(({ headers }) => headers.authorization)).toEqual([
      authorizationHeader('first'),
      authorizationHeader('second'),
    ]);
  });

  it('repeats what it pushes with the new token when the old one died on the way, a state as well as money', async () => {
    const endpoints = (['tariffs', 'cdrs'] as const).map((identifier) => ({
      identifier,
      role: 'RECEIVER' as const,
      url: `${partner.url}/${identifier}`,
    }));
    await bench.publish(bench.partner('pushed', { endpoints, outboundToken: bench.seal('first') }), 1);
    await waitUntil(async () => (await bench.ocpi('pushed', 'GET', LOCATIONS)).http === 200, {
      describe: 'the partner to be known',
    });
    partner.answer = async ({ headers }, response) => {
      if (headers.authorization === authorizationHeader('second')) return sendJson(response, 200, envelope());
      if (partner.arrived.length === 2) {
        await bench.publish(bench.partner('pushed', { endpoints, outboundToken: bench.seal('second') }), 2);
      }
      return sendJson(response, 401, envelope(undefined, 2000));
    };
    const cdr = aCdr({ id: 'C1', session_id: undefined });
    await bench.platform.publish(
      event(tariffChanged, { key: 'DE*VLT*T1', revision: 1, payload: { tariff: aTariff({ id: 'T1' }) } }),
      event(cdrCreated, {
        key: 'DE*VLT*C1',
        revision: 1,
        payload: { partnerId: 'pushed', cdr, lines: [], totalWithTaxes: '7.44', timeZone: 'Europe/Berlin' },
      }),
    );
    const accepted = () =>
      partner.arrived
        .filter(({ headers }) => headers.authorization === authorizationHeader('second'))
        .map(({ method, path }) => `${method} ${path}`)
        .toSorted();
    await waitUntil(() => accepted().length === 2, { describe: 'both to be accepted' });
    expect(accepted()).toEqual(['POST /cdrs', 'PUT /tariffs/DE/VLT/T1']);
  });

  it('gives an operator the answer when all replicas go by it, not before', async () => {
    await bench.admit(bench.partner('suspending'));
    bench.services.credentials.answer = (_arrived, response) =>
      sendJson(response, 200, { status: 'SUSPENDED' }, { 'voltap-partner-revision': 'suspending 2' });
    let answered = false;
    const answer = fetch(`${bench.backOfficeUrl}/api/v1/partners/suspending/suspension`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${KEYS.all}`, 'content-type': 'application/json' },
      body: '{"suspended":true}',
    }).finally(() => {
      answered = true;
    });
    await waitUntil(() => bench.services.credentials.arrived.length === 1, { describe: 'the operator to be heard' });
    for (let round = 0; round < 5; round++) await bench.ocpi('suspending', 'GET', LOCATIONS);
    expect(answered).toBe(false);
    await bench.publish(bench.partner('suspending', { status: 'SUSPENDED', inboundTokens: [] }), 2);
    const response = await answer;
    expect(response.status).toBe(200);
    expect(response.headers.get('voltap-partner-revision')).toBeNull();
    bench.reset();
    expect(await bench.ocpi('suspending', 'GET', LOCATIONS)).toMatchObject({ http: 401 });
  });

  it('says which addresses of a partner it would not call, and why', async () => {
    const client = new EgressClient({
      gatewayUrl: guarded.service.url,
      headers: guarded.platform.callerHeaders({ kind: 'service', service: 'credentials' }),
    });
    const urls = [
      'https://ptp.example/cdrs',
      'http://ptp.example/cdrs',
      'https://169.254.169.254/latest/meta-data',
      'https://[::ffff:10.0.0.1]/',
      'https://user:pass@ptp.example/',
    ];
    const refused = await client.refusedAddresses(urls);
    expect(refused.map(({ url }) => url)).toEqual(urls.slice(1));
    expect(refused[1]?.reason).toBe('169.254.169.254 is not a public address');
  });
});
