import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { PartnerEventRecord, PartnerRecord } from '@voltap/contracts/back-office';
import { Sealer } from '@voltap/platform/security';
import { type TestPlatform, waitUntil } from '@voltap/platform/testing';
import { credentials } from '../src/service.js';
import type { GatewayDouble } from './fixtures/gateway-double.js';
import { PartnerServer } from './fixtures/partner-server.js';
import {
  openConnection,
  openPlatform,
  type PlatformBehindGateway,
  SECRET,
} from './fixtures/platform-behind-gateway.js';
import { ShiftedClock } from './fixtures/shifted-clock.js';

describe('an exchange that we start', () => {
  const clock = new ShiftedClock();
  let opened: PlatformBehindGateway;
  let platform: TestPlatform;
  let gateway: GatewayDouble;
  let peer: PartnerServer;
  let parties = 0;

  beforeAll(async () => {
    opened = await openPlatform({ VOLTAP_CREDENTIALS_EXCHANGE_TIMEOUT_MS: '6000' }, clock);
    ({ platform, gateway } = opened);
    gateway.serviceUrl = (await platform.start(credentials)).url;
  });

  afterAll(async () => {
    await opened?.close();
  });

  beforeEach(async () => {
    peer = new PartnerServer();
    peer.token = 'token-a';
    parties += 1;
    const party_id = `Q${String(parties).padStart(2, '0')}`;
    peer.roles = [{ role: 'PTP', country_code: 'NL', party_id, business_details: { name: 'Terminal provider' } }];
    await peer.listen();
  });

  afterEach(() => peer.close());

  const open = (fields?: object) => openConnection(gateway, fields);

  const register = (id: string, fields: object = {}) =>
    gateway.operator('POST', `/partners/${id}/registration`, {
      token: 'token-a',
      versionsUrl: peer.versionsUrl,
      ...fields,
    });
  const rotate = (id: string, fields?: object) => gateway.operator('POST', `/partners/${id}/rotation`, fields);
  const read = async (id: string): Promise<PartnerRecord> => (await gateway.operator('GET', `/partners/${id}`)).body;
  const history = async (id: string): Promise<PartnerEventRecord[]> =>
    (await gateway.operator('GET', `/partners/${id}/events`)).body.items;
  const uses = async (id: string) => (await read(id)).tokens.map(({ use }) => use).toSorted();
  /** The token that the partner was given last. */
  const given = () => peer.called.findLast(({ body }) => body !== undefined)?.body?.token ?? '';
  const sealed = (text: string | null | undefined) => new Sealer(SECRET).open(String(text));

  it('registers with the highest version that both offer, once all that is needed is there (CRED-19, CRED-20, CRED-22, CRED-23, CRED-26)', async () => {
    peer.versions = ['2.1.1', '2.2.1', '2.3.0', '9.9'];
    const { id } = await open();

    const { http, body } = await register(id);

    expect(http).toBe(200);
    expect(body).toMatchObject({
      status: 'REGISTERED',
      version: '2.3.0',
      partnerVersionsUrl: peer.versionsUrl,
      roles: peer.roles,
      exchange: null,
    });
    expect(peer.calls).toEqual([
      { path: '/versions', token: 'token-a' },
      { path: '/2.3.0', token: 'token-a' },
      { path: 'POST /2.3.0/credentials', token: 'token-a' },
    ]);
    expect(peer.registered).toMatchObject({
      url: 'https://voltap.example/ocpi/cpo/versions',
      roles: [{ role: 'CPO', country_code: 'DE', party_id: 'VLT', business_details: { name: 'Voltap Charging' } }],
    });
    const state = await gateway.partnerOf(given());
    expect(state).toMatchObject({ partnerId: id, status: 'REGISTERED', version: '2.3.0' });
    expect(sealed(state?.outboundToken)).toBe('token-c-1');
    expect((await gateway.partner(given(), 'GET', '/2.3.0/credentials')).data.token).toBe(given());
    expect(await uses(id)).toEqual(['current']);
  });

  it('speaks the version that the operator names, with the objects of that version', async () => {
    const { id } = await open();
    expect((await register(id, { version: '2.2.1' })).body).toMatchObject({ version: '2.2.1' });
    expect(peer.calls.at(-1)?.path).toBe('POST /2.2.1/credentials');
  });

  it('answers the partner, who asks with the new token before it agrees (CRED-21)', async () => {
    const { id, tokenA } = await open();
    const answers: number[] = [];
    peer.beforeAnswer = async ({ token }) => {
      for (const path of ['/versions', '/2.3.0', '/2.3.0/credentials']) {
        answers.push((await gateway.partner(token, 'GET', path)).status);
      }
      expect(await gateway.partnerOf(token)).toMatchObject({
        status: 'PENDING',
        inboundTokens: expect.arrayContaining([expect.objectContaining({ scope: 'registration', settling: true })]),
      });
    };
    expect((await register(id)).http).toBe(200);
    expect(answers).toEqual([1000, 1000, 1000]);
    expect((await gateway.partner(tokenA, 'GET', '/versions')).http).toBe(401);
  });

  it.each([
    [
      'what it needs is not offered (CRED-19)',
      422,
      'missing_endpoints',
      () => {
        peer.modules = peer.modules.slice(0, 2);
      },
    ],
    [
      'no version is common',
      422,
      'unsupported_version',
      () => {
        peer.versions = ['2.1.1'];
      },
    ],
    [
      'Token A is not good',
      502,
      'partner_unreachable',
      () => {
        peer.token = 'another';
      },
    ],
  ])('sends no credentials when %s, and says so', async (_, http, code, spoil) => {
    const { id, tokenA } = await open();
    spoil();
    const answer = await register(id);
    expect(answer).toMatchObject({ http, body: { code } });
    expect(peer.calls.map(({ path }) => path)).not.toContain('POST /2.3.0/credentials');
    expect(await read(id)).toMatchObject({ status: 'PENDING', exchange: null });
    expect((await gateway.partner(tokenA, 'GET', '/versions')).status).toBe(1000);
    expect(await history(id)).toMatchObject([
      { action: 'register', by: 'operator', keyId: 'test', outcome: 'refused', code },
      { action: 'register', outcome: 'started' },
      { action: 'open', outcome: 'done' },
    ]);
  });

  it('tells in the history what was asked, with the ids that the partner has in its log', async () => {
    const { id } = await open();
    await register(id);
    const [registered] = await history(id);
    expect(registered).toMatchObject({
      action: 'register',
      outcome: 'done',
      version: '2.3.0',
      message: 'We registered',
    });
    expect(registered?.calls).toEqual(
      peer.called.map(({ path, requestId }, index) => ({
        what: ['versions', 'version details', 'POST credentials'][index],
        url: `${peer.url}${path}`,
        requestId,
        httpStatus: 200,
        statusCode: 1000,
        error: null,
      })),
    );
    expect(JSON.stringify(await history(id))).not.toContain('token-');
  });

  it('withdraws the new token when the partner refuses it, and leaves all as it was', async () => {
    const { id } = await open();
    peer.misbehave = (path, response) => {
      if (!path.endsWith('/credentials')) return false;
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ status_code: 3001, status_message: 'cannot call you', timestamp: 't' }));
      return true;
    };
    const { http, body } = await register(id);
    expect(http).toBe(502);
    expect(body).toMatchObject({ code: 'partner_refused', detail: expect.stringMatching('3001: cannot call you') });
    expect(await gateway.partnerOf(given())).toBeNull();
    expect(await read(id)).toMatchObject({ status: 'PENDING', exchange: null });
    peer.misbehave = undefined;
    expect((await register(id)).body).toMatchObject({ status: 'REGISTERED' });
  });

  it('does not register a partner that says it is somebody else, and tells it so', async () => {
    const { id: first } = await open();
    await register(first);
    const impostor = new PartnerServer();
    impostor.token = 'token-a';
    impostor.roles = peer.roles;
    await impostor.listen();
    const { id } = await open();
    const { http, body } = await register(id, { versionsUrl: impostor.versionsUrl });
    await impostor.close();
    expect(http).toBe(422);
    expect(body.errors).toMatchObject([{ message: expect.stringMatching('registered by another connection') }]);
    expect(await read(id)).toMatchObject({ status: 'PENDING', roles: [] });
    expect(impostor.calls.at(-1)).toEqual({ path: 'DELETE /2.3.0/credentials', token: 'token-c-1' });
    expect(impostor.registered).toBeNull();
    const [refused] = await history(id);
    expect(refused).toMatchObject({ outcome: 'refused', code: 'invalid_parameter' });
    expect(refused?.calls.map(({ what }) => what).slice(-2)).toEqual(['POST credentials', 'DELETE credentials']);
    expect(await uses(id)).toEqual(['registration']);
  });

  it('is refused when it is not the time for it', async () => {
    const { id } = await open();
    expect((await rotate(id)).http).toBe(409);
    expect((await gateway.operator('DELETE', `/partners/${id}/registration`)).http).toBe(409);
    await register(id);
    expect((await register(id)).http).toBe(409);
    expect((await rotate(id, { version: '2.0' })).http).toBe(422);
    await gateway.operator('PUT', `/partners/${id}/suspension`, { suspended: true });
    expect((await rotate(id)).http).toBe(409);
    expect((await gateway.operator('POST', '/partners/nobody/rotation')).http).toBe(404);
  });

  it('renews both tokens, and lets the one of before die after its grace (CRED-33, CRED-10)', async () => {
    const { id } = await open();
    await register(id);
    const before = given();
    expect((await rotate(id)).body).toMatchObject({ status: 'REGISTERED', version: '2.3.0' });
    const after = given();
    expect(after).not.toBe(before);
    expect(peer.calls.slice(-3)).toEqual([
      { path: '/versions', token: 'token-c-1' },
      { path: '/2.3.0', token: 'token-c-1' },
      { path: 'PUT /2.3.0/credentials', token: 'token-c-1' },
    ]);
    expect(sealed((await gateway.partnerOf(after))?.outboundToken)).toBe('token-c-2');
    expect((await gateway.partner(before, 'GET', '/versions')).status).toBe(1000);
    clock.advance(31_000);
    expect((await gateway.partner(before, 'GET', '/versions')).http).toBe(401);
    expect((await gateway.partner(after, 'GET', '/versions')).status).toBe(1000);
  });

  it('moves the connection to another version, up and down, and reads its endpoints anew (CRED-11)', async () => {
    const { id } = await open();
    await register(id, { version: '2.2.1' });
    for (const [wish, version] of [
      ['highest', '2.3.0'],
      ['2.2.1', '2.2.1'],
      ['2.3.0', '2.3.0'],
    ] as const) {
      const { body } = await rotate(id, { version: wish });
      expect(body.version).toBe(version);
      expect(body.endpoints).toContainEqual({
        identifier: 'cdrs',
        role: 'RECEIVER',
        url: `${peer.url}/${version}/cdrs`,
      });
      expect(peer.calls.at(-1)?.path).toBe(`PUT /${version}/credentials`);
    }
    expect((await history(id))[0]?.message).toBe('Moved from 2.2.1 to 2.3.0, with new tokens');
  });

  it('lets the new token of a rotation open everything while the partner has not answered (CRED-31)', async () => {
    const { id } = await open();
    await register(id);
    const before = given();
    peer.beforeAnswer = async ({ token }) => {
      for (const each of [before, token]) {
        const state = await gateway.partnerOf(each);
        const hash = new Sealer(SECRET).hash(each);
        expect(state?.inboundTokens.find((found) => found.hash === hash)).toMatchObject({ scope: 'full' });
      }
    };
    expect((await rotate(id)).http).toBe(200);
  });

  it.each([
    ['the connection is cut', (response: import('node:http').ServerResponse) => void response.destroy()],
    [
      'the partner answers what nobody can read',
      (response: import('node:http').ServerResponse) => void response.end('<html>'),
    ],
    ['the partner does not answer', () => undefined],
  ])('keeps old and new token alive when %s after a PUT, for nobody knows what became of it', async (_, cut) => {
    const { id } = await open();
    await register(id);
    const before = given();
    peer.misbehave = (path, response) => {
      if (!path.endsWith('/credentials')) return false;
      cut(response);
      return true;
    };
    expect(await rotate(id)).toMatchObject({ http: 502, body: { code: 'partner_unreachable' } });
    const offered = given();
    expect(await uses(id)).toEqual(['current', 'offered']);
    expect((await history(id))[0]).toMatchObject({ action: 'rotate', outcome: 'failed' });

    // The partner did agree: it calls with what it was given, and renews its own side with it.
    peer.misbehave = undefined;
    expect((await gateway.partner(before, 'GET', '/versions')).status).toBe(1000);
    expect((await gateway.partner(offered, 'GET', '/versions')).status).toBe(1000);
    peer.token = 'token-b-after';
    const renewal = { token: 'token-b-after', url: peer.versionsUrl, roles: peer.roles };
    expect((await gateway.partner(offered, 'PUT', '/2.3.0/credentials', renewal)).status).toBe(1000);
    clock.advance(31_000);
    expect(await uses(id)).toEqual(['current']);
  });

  it('keeps the roles of a partner that suddenly says it is somebody else, and exchanges the tokens', async () => {
    const { id } = await open();
    await register(id);
    const { roles } = await read(id);
    peer.roles = [{ role: 'CPO', country_code: 'DE', party_id: 'VLT', business_details: { name: 'Not us' } }];
    expect((await rotate(id)).body).toMatchObject({ status: 'REGISTERED', roles });
    expect((await history(id))[0]?.message).toMatch('roles were not taken over');
    expect((await gateway.partner(given(), 'GET', '/versions')).status).toBe(1000);
  });

  it('has no other exchange beside it, from either side', async () => {
    const { id } = await open();
    await register(id);
    let answer = (): void => undefined;
    let asked = false;
    peer.beforeAnswer = () => {
      asked = true;
      return new Promise<void>((resolve) => {
        answer = resolve;
      });
    };
    const before = given();
    const first = rotate(id);
    await waitUntil(() => asked, { describe: 'the PUT to arrive' });
    expect((await rotate(id)).http).toBe(409);
    const put = { token: 'token-x', url: peer.versionsUrl, roles: peer.roles };
    expect(await gateway.partner(before, 'PUT', '/2.3.0/credentials', put)).toMatchObject({ http: 200, status: 3000 });
    answer();
    expect((await first).http).toBe(200);
    expect((await read(id)).exchange).toBeNull();
  });

  it('ends a registration at once, tells the partner, and begins anew with a new Token A (CRED-12)', async () => {
    const { id } = await open();
    await register(id);
    const before = given();
    const { http, body } = await gateway.operator('DELETE', `/partners/${id}/registration`);
    expect(http).toBe(200);
    expect(body).toMatchObject({ status: 'UNREGISTERED', version: null, tokens: [], endpoints: [] });
    expect(await gateway.partnerOf(before)).toBeNull();
    expect(peer.calls.at(-1)).toEqual({ path: 'DELETE /2.3.0/credentials', token: 'token-c-1' });
    expect((await history(id)).slice(0, 2)).toMatchObject([
      { action: 'unregister', outcome: 'done', message: 'The partner was told' },
      { action: 'unregister', outcome: 'done' },
    ]);
    peer.token = 'token-a';
    peer.beforeAnswer = async ({ token }) => {
      expect((await gateway.partner(token, 'GET', '/versions')).status).toBe(1000);
    };
    expect((await register(id)).body).toMatchObject({ status: 'REGISTERED' });
  });

  it('ends a registration also when the partner cannot be told, and says that it could not', async () => {
    const { id } = await open();
    await register(id);
    peer.misbehave = (_path, response) => {
      response.destroy();
      return true;
    };
    expect((await gateway.operator('DELETE', `/partners/${id}/registration`)).body.status).toBe('UNREGISTERED');
    expect((await history(id))[0]).toMatchObject({
      action: 'unregister',
      outcome: 'failed',
      code: 'partner_unreachable',
    });
  });
});
