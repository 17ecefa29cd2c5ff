import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { partnerEvents } from '@voltap/contracts/events';
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

describe('the credentials service', () => {
  let opened: PlatformBehindGateway;
  let platform: TestPlatform;
  let gateway: GatewayDouble;
  let peer: PartnerServer;
  const clock = new ShiftedClock();
  let parties = 0;

  beforeAll(async () => {
    opened = await openPlatform({}, clock);
    ({ platform, gateway } = opened);
    gateway.serviceUrl = (await platform.start(credentials)).url;
  });

  afterAll(async () => {
    await opened?.close();
  });

  beforeEach(async () => {
    peer = new PartnerServer();
    await peer.listen();
  });

  afterEach(() => peer.close());

  const open = (fields?: object) => openConnection(gateway, fields);

  /** A party that no other test registers. */
  function party(): { country_code: string; party_id: string } {
    parties += 1;
    return { country_code: 'NL', party_id: `P${String(parties).padStart(2, '0')}` };
  }

  function peerCredentials(fields: object = {}): object {
    return {
      token: peer.token,
      url: peer.versionsUrl,
      roles: [{ role: 'PTP', business_details: { name: 'Terminal provider' }, ...party() }],
      ...fields,
    };
  }

  /** A partner that is registered. */
  async function registered(version = '2.3.0', fields: object = {}): Promise<{ id: string; tokenC: string }> {
    const { id, tokenA } = await open(fields);
    const { data, status } = await gateway.partner(tokenA, 'POST', `/${version}/credentials`, peerCredentials());
    expect(status).toBe(1000);
    return { id, tokenC: data.token };
  }

  const read = async (id: string) => (await gateway.operator('GET', `/partners/${id}`)).body;

  it.each(['2.3.0', '2.2.1'])(
    'registers a partner in OCPI %s, from the versions list to Token C (CRED-01, CRED-02, CRED-03, CRED-13, CRED-24, CRED-25, CRED-27, CRED-28, CRED-29, VER-01, VER-02, VER-03, VER-09, VER-11)',
    async (version) => {
      const { id, tokenA } = await open();

      const list = await gateway.partner(tokenA, 'GET', '/versions');
      expect(list.data).toEqual([
        { version: '2.3.0', url: 'https://voltap.example/ocpi/cpo/2.3.0' },
        { version: '2.2.1', url: 'https://voltap.example/ocpi/cpo/2.2.1' },
      ]);
      const details = await gateway.partner(tokenA, 'GET', `/${version}`);
      expect(details.data.version).toBe(version);
      expect(details.data.endpoints).toContainEqual({
        identifier: 'payments',
        role: 'RECEIVER',
        url: `https://voltap.example/ocpi/cpo/${version}/payments`,
      });
      expect((await gateway.partner(tokenA, 'GET', `/${version}/credentials`)).data.token).toBe(tokenA);

      const sent = peerCredentials();
      const answer = await gateway.partner(tokenA, 'POST', `/${version}/credentials`, sent);

      expect(answer).toMatchObject({ http: 200, status: 1000 });
      expect(answer.data).toMatchObject({
        url: 'https://voltap.example/ocpi/cpo/versions',
        roles: [{ role: 'CPO', country_code: 'DE', party_id: 'VLT', business_details: { name: 'Voltap Charging' } }],
      });
      expect(answer.data.token).toMatch(/^[\x21-\x7e]{32,64}$/);
      expect(answer.headers.get('voltap-partner-revision')).toBe(`${id} 2`);
      expect(peer.calls).toEqual([
        { path: '/versions', token: 'token-b' },
        { path: `/${version}`, token: 'token-b' },
      ]);
      expect((await gateway.partner(tokenA, 'GET', '/versions')).http).toBe(401);
      expect((await gateway.partner(answer.data.token, 'GET', `/${version}/credentials`)).data).toEqual(answer.data);
      expect(await read(id)).toMatchObject({
        status: 'REGISTERED',
        version,
        roles: (sent as { roles: object[] }).roles,
      });
    },
  );

  it('offers each module once, with the role that we have in it (VER-04, VER-05, VER-06, VER-07, VER-10)', async () => {
    const { tokenA } = await open();
    for (const version of ['2.3.0', '2.2.1']) {
      const { data } = await gateway.partner(tokenA, 'GET', `/${version}`);
      const roles = data.endpoints.map(({ identifier, role }: Record<string, string>) => `${identifier} ${role}`);
      expect(roles.toSorted()).toEqual([
        'cdrs SENDER',
        'commands RECEIVER',
        'credentials SENDER',
        'locations SENDER',
        'payments RECEIVER',
        'sessions SENDER',
        'tariffs SENDER',
        'tokens RECEIVER',
      ]);
    }
  });

  it('registers whatever role a partner calls itself, and whatever the role of its credentials entry (CRED-29, VER-05)', async () => {
    peer.modules = peer.modules.map(([name, role]) => [name, name === 'credentials' ? 'RECEIVER' : role]);
    for (const role of ['PTP', 'OTHER', 'EMSP', 'SOMETHING_NEW']) {
      const { tokenA } = await open();
      const roles = [{ role, business_details: { name: 'Terminal provider' }, ...party() }];
      const answer = await gateway.partner(tokenA, 'POST', '/2.3.0/credentials', peerCredentials({ roles }));
      expect([role, answer.status]).toEqual([role, 1000]);
    }
  });

  it('refuses a body that lacks what credentials consist of (CRED-28, CRED-32)', async () => {
    const { id, tokenA } = await open();
    const { data } = await gateway.partner(tokenA, 'GET', '/2.3.0/credentials');
    for (const lacking of [
      { token: undefined },
      { url: undefined },
      { roles: undefined },
      { roles: [{ role: 'PTP', ...party() }] },
    ]) {
      const answer = await gateway.partner(tokenA, 'POST', '/2.3.0/credentials', peerCredentials(lacking));
      expect(answer).toMatchObject({ http: 200, status: 2001 });
    }
    expect(peer.calls).toEqual([]);
    expect((await gateway.partner(tokenA, 'GET', '/2.3.0/credentials')).data).toEqual(data);
    expect((await read(id)).status).toBe('PENDING');
  });

  it('tells the other services the whole state, with the tokens hashed or sealed (CRED-05)', async () => {
    const seen = await Promise.all(partnerEvents.map((definition) => platform.observe(definition)));
    const { id, tokenC } = await registered();
    const event = await waitUntil(() => seen.flat().find(({ key, revision }) => key === id && revision === 2), {
      describe: 'partner.registered',
    });
    const sealer = new Sealer(SECRET);
    expect(event.name).toBe('partner.registered');
    expect(event.payload).toMatchObject({ status: 'REGISTERED', version: '2.3.0', profile: 'payter' });
    expect(event.payload.inboundTokens).toContainEqual({ hash: sealer.hash(tokenC), scope: 'full', expiresAt: null });
    expect(sealer.open(String(event.payload.outboundToken))).toBe('token-b');
    expect(event.payload.endpoints).toContainEqual({
      identifier: 'cdrs',
      role: 'RECEIVER',
      url: `${peer.url}/2.3.0/cdrs`,
    });
    expect(JSON.stringify(seen)).not.toContain(tokenC);
  });

  describe('when a registration fails', () => {
    it.each([
      ['3001 when the partner cannot be called (CRED-15)', 3001, () => ({ url: 'http://127.0.0.1:1/versions' })],
      ['3001 when the partner refuses the token that it gave', 3001, () => ({ token: 'another' })],
      [
        '3002 when the partner does not speak the version of the URL (CRED-17)',
        3002,
        () => {
          peer.versions = ['2.2.1'];
          return {};
        },
      ],
      [
        '3003 when a required endpoint is missing (CRED-18)',
        3003,
        () => {
          peer.modules = peer.modules.filter(([identifier]) => identifier !== 'payments');
          return {};
        },
      ],
      ['2001 when the body is invalid (CRED-32)', 2001, () => ({ roles: [] })],
      ['2001 when the token has characters that no token may have', 2001, () => ({ token: 'with space' })],
      [
        '2001 when a role is there twice (CRED-27)',
        2001,
        () => {
          const role = { role: 'PTP', business_details: { name: 'Twice' }, ...party() };
          return { roles: [role, role] };
        },
      ],
    ])('answers %s, and Token A stays usable (CRED-16)', async (_, status, spoil) => {
      const { id, tokenA } = await open();
      const good = peer.modules;
      const answer = await gateway.partner(tokenA, 'POST', '/2.3.0/credentials', peerCredentials(spoil()));
      expect(answer).toMatchObject({ http: 200, status });
      expect(await read(id)).toMatchObject({ status: 'PENDING', version: null, roles: [], endpoints: [] });

      peer.versions = ['2.2.1', '2.3.0'];
      peer.modules = good;
      const again = await gateway.partner(tokenA, 'POST', '/2.3.0/credentials', peerCredentials());
      expect(again.status).toBe(1000);
    });

    it('names what is missing', async () => {
      peer.modules = [
        ['credentials', 'RECEIVER'],
        ['cdrs', 'SENDER'],
      ];
      const { tokenA } = await open();
      const { message } = await gateway.partner(tokenA, 'POST', '/2.3.0/credentials', peerCredentials());
      expect(message).toBe('The version details lack sessions RECEIVER, cdrs RECEIVER, payments SENDER');
    });
  });

  it('does not ask a partner that only polls for receivers of sessions and CDRs', async () => {
    peer.modules = [
      ['credentials', 'SENDER'],
      ['payments', 'SENDER'],
    ];
    const { id } = await registered('2.3.0', { settings: { pullOnly: true } });
    expect((await read(id)).status).toBe('REGISTERED');
  });

  it('needs no Payments module of terminals behind an eMSP, and none in 2.2.1 where it is not agreed there', async () => {
    peer.modules = peer.modules.filter(([identifier]) => identifier !== 'payments');
    for (const [version, terms] of [
      ['2.3.0', { profile: 'emsp-adhoc' }],
      ['2.3.0', { settings: { requiresPayments: false } }],
      ['2.2.1', { settings: { paymentsIn221: false } }],
    ] as const) {
      const { id } = await registered(version, terms);
      expect((await read(id)).status).toBe('REGISTERED');
    }
    const { tokenA } = await open({ settings: { paymentsIn221: false } });
    expect((await gateway.partner(tokenA, 'POST', '/2.3.0/credentials', peerCredentials())).status).toBe(3003);
  });

  it('lets exactly one of two registrations at the same time win', async () => {
    const { id, tokenA } = await open();
    const partner = await gateway.partnerOf(tokenA);
    if (partner === null) throw new Error('Token A is not known');
    let release = (): void => undefined;
    peer.held = new Promise((resolve) => {
      release = resolve;
    });
    const body = peerCredentials();
    const hash = new Sealer(SECRET).hash(tokenA);
    const both = [1, 2].map(() => gateway.forward(partner, hash, 'POST', '/2.3.0/credentials', body));
    await waitUntil(() => peer.calls.filter(({ path }) => path === '/2.3.0').length === 2, { describe: 'both to ask' });
    release();
    const answers = await Promise.all(both);
    expect(answers.map(({ http }) => http).sort()).toEqual([200, 405]);
    const winner = answers.find(({ http }) => http === 200);
    expect((await gateway.partner(winner?.data.token, 'GET', '/versions')).status).toBe(1000);
    expect((await gateway.partner(tokenA, 'GET', '/versions')).http).toBe(401);
    expect((await read(id)).status).toBe('REGISTERED');
  });

  it('refuses POST once registered, and PUT and DELETE before (CRED-06, CRED-07, CRED-08, CRED-14, CRED-35)', async () => {
    const { tokenC } = await registered();
    expect((await gateway.partner(tokenC, 'POST', '/2.3.0/credentials', peerCredentials())).http).toBe(405);
    const { tokenA } = await open();
    expect((await gateway.partner(tokenA, 'PUT', '/2.3.0/credentials', peerCredentials())).http).toBe(405);
    expect((await gateway.partner(tokenA, 'DELETE', '/2.3.0/credentials')).http).toBe(405);
    expect((await gateway.partner(tokenA, 'PATCH', '/2.3.0/credentials', {})).http).toBe(405);
  });

  it('rotates both tokens, reads the endpoints again and switches the version by PUT (CRED-09, CRED-11)', async () => {
    const { id, tokenC } = await registered('2.2.1');
    peer.token = 'token-b-2';
    peer.modules = [...peer.modules, ['locations', 'RECEIVER']];

    const answer = await gateway.partner(tokenC, 'PUT', '/2.3.0/credentials', peerCredentials());

    expect(answer.status).toBe(1000);
    expect(answer.data.token).not.toBe(tokenC);
    const state = await gateway.partnerOf(answer.data.token);
    expect(state).toMatchObject({ partnerId: id, status: 'REGISTERED', version: '2.3.0' });
    expect(new Sealer(SECRET).open(String(state?.outboundToken))).toBe('token-b-2');
    expect(state?.endpoints).toContainEqual({
      identifier: 'locations',
      role: 'RECEIVER',
      url: `${peer.url}/2.3.0/locations`,
    });
  });

  it('keeps the old tokens in force when a PUT fails (CRED-31)', async () => {
    const { id, tokenC } = await registered();
    peer.versions = ['2.2.1'];
    const before = await gateway.partnerOf(tokenC);
    const answer = await gateway.partner(tokenC, 'PUT', '/2.3.0/credentials', peerCredentials({ token: 'unheard-of' }));
    expect(answer.status).toBe(3001);
    expect(await gateway.partnerOf(tokenC)).toEqual(before);
    expect((await read(id)).status).toBe('REGISTERED');
  });

  it('ends a connection by DELETE, frees its parties, and takes it back with a new Token A (CRED-12)', async () => {
    const { id, tokenA } = await open();
    const body = peerCredentials();
    const { data } = await gateway.partner(tokenA, 'POST', '/2.3.0/credentials', body);

    const ended = await gateway.partner(data.token, 'DELETE', '/2.3.0/credentials');

    expect(ended).toMatchObject({ http: 200, status: 1000, data: undefined });
    expect(ended.headers.get('voltap-partner-revision')).toBe(`${id} 3`);
    expect(await gateway.partnerOf(data.token)).toBeNull();
    expect(await read(id)).toMatchObject({ status: 'UNREGISTERED', version: null, roles: [], endpoints: [] });

    const other = await open();
    expect((await gateway.partner(other.tokenA, 'POST', '/2.3.0/credentials', body)).status).toBe(1000);
    const { body: reissued } = await gateway.operator('POST', `/partners/${id}/token-a`);
    expect((await gateway.partner(reissued.tokenA, 'POST', '/2.3.0/credentials', peerCredentials())).status).toBe(1000);
  });

  it('refuses a party that another connection or this platform speaks for', async () => {
    const first = await open();
    const body = peerCredentials();
    await gateway.partner(first.tokenA, 'POST', '/2.3.0/credentials', body);
    const second = await open();
    const answer = await gateway.partner(second.tokenA, 'POST', '/2.3.0/credentials', body);
    expect(answer).toMatchObject({ http: 200, status: 2001 });
    expect(answer.message).toMatch('/roles/0/party_id');
    expect((await read(second.id)).status).toBe('PENDING');

    const roles = [{ role: 'CPO', business_details: { name: 'Not us' }, country_code: 'de', party_id: 'vlt' }];
    const ours = await gateway.partner(second.tokenA, 'POST', '/2.3.0/credentials', peerCredentials({ roles }));
    expect(ours.status).toBe(2001);
  });

  it('takes a registered partner back with a new Token A only when its registration shall end', async () => {
    const { id, tokenC } = await registered();
    expect((await gateway.operator('POST', `/partners/${id}/token-a`)).http).toBe(409);
    expect(await gateway.partnerOf(tokenC)).not.toBeNull();
    const { body } = await gateway.operator('POST', `/partners/${id}/token-a`, { endRegistration: true });
    expect(body).toMatchObject({ status: 'PENDING', version: null, endpoints: [] });
    expect(await gateway.partnerOf(tokenC)).toBeNull();
    expect((await gateway.partner(body.tokenA, 'POST', '/2.3.0/credentials', peerCredentials())).status).toBe(1000);
  });

  it('offers only the versions that the operator chose', async () => {
    const { tokenA } = await open({ versions: ['2.2.1'] });
    expect((await gateway.partner(tokenA, 'GET', '/versions')).data).toHaveLength(1);
    expect((await gateway.partner(tokenA, 'GET', '/2.3.0')).http).toBe(404);
    expect((await gateway.partner(tokenA, 'POST', '/2.3.0/credentials', peerCredentials())).http).toBe(404);
  });

  it('leaves payments out of 2.2.1 where it is not agreed (VER-13)', async () => {
    const { tokenA } = await open({ profile: 'spec' });
    const { data } = await gateway.partner(tokenA, 'GET', '/2.2.1');
    expect(data.endpoints.map(({ identifier }: { identifier: string }) => identifier)).not.toContain('payments');
  });

  describe('when the answer of an exchange is lost', () => {
    it('lets the partner repeat its registration with the Token A that is dead for everything else (CRED-03)', async () => {
      const { id, tokenA } = await open();
      const body = peerCredentials();
      const lost = await gateway.partner(tokenA, 'POST', '/2.3.0/credentials', body);
      expect((await read(id)).tokens.map(({ use }: { use: string }) => use).toSorted()).toEqual(['current', 'spent']);
      for (const [method, path] of [
        ['GET', '/versions'],
        ['GET', '/2.3.0'],
        ['GET', '/2.3.0/credentials'],
        ['PUT', '/2.3.0/credentials'],
        ['DELETE', '/2.3.0/credentials'],
      ] as const) {
        const answer = await gateway.partner(tokenA, method, path, method === 'PUT' ? body : undefined);
        expect([method, path, answer.http]).toEqual([method, path, 401]);
      }

      const again = await gateway.partner(tokenA, 'POST', '/2.3.0/credentials', body);

      expect(again).toMatchObject({ http: 200, status: 1000 });
      expect(again.data.token).not.toBe(lost.data.token);
      expect((await gateway.partner(again.data.token, 'GET', '/versions')).status).toBe(1000);
      expect((await read(id)).status).toBe('REGISTERED');
    });

    it('lets nobody but that partner do so', async () => {
      const { tokenA } = await open();
      await gateway.partner(tokenA, 'POST', '/2.3.0/credentials', peerCredentials());
      const thief = new PartnerServer();
      await thief.listen();
      const stolen = peerCredentials({ url: thief.versionsUrl });
      const { http } = await gateway.partner(tokenA, 'POST', '/2.3.0/credentials', stolen);
      await thief.close();
      expect(http).toBe(401);
      expect(thief.calls).toEqual([]);
    });

    it('lets the partner repeat its PUT with the token of before, which is good for the grace', async () => {
      const { id, tokenC } = await registered();
      const lost = await gateway.partner(tokenC, 'PUT', '/2.3.0/credentials', peerCredentials());
      const again = await gateway.partner(tokenC, 'PUT', '/2.3.0/credentials', peerCredentials());
      expect(again).toMatchObject({ http: 200, status: 1000 });
      expect(again.data.token).not.toBe(lost.data.token);
      const { tokens } = await read(id);
      expect(tokens.map(({ use }: { use: string }) => use).toSorted()).toEqual(['current', 'retired', 'retired']);
    });
  });

  it('lets the token of before die when its grace has passed, for the partner to see (CRED-10)', async () => {
    const { id, tokenC } = await registered();
    const { data } = await gateway.partner(tokenC, 'PUT', '/2.3.0/credentials', peerCredentials());
    expect((await gateway.partner(tokenC, 'GET', '/versions')).status).toBe(1000);
    expect((await gateway.partner(tokenC, 'GET', '/2.3.0/credentials')).data.token).toBe(tokenC);

    clock.advance(31_000);

    expect((await gateway.partner(tokenC, 'GET', '/versions')).http).toBe(401);
    expect((await gateway.partner(tokenC, 'PUT', '/2.3.0/credentials', peerCredentials())).http).toBe(401);
    expect((await gateway.partner(data.token, 'GET', '/versions')).status).toBe(1000);
    expect((await read(id)).tokens).toHaveLength(1);
  });

  it('lets a Token A expire, and one that the operator gave for a shorter time sooner', async () => {
    const { tokenA: usual } = await open();
    const { tokenA: short } = await open({ tokenAHours: 2 });
    clock.advance(3 * 60 * 60 * 1000);
    expect((await gateway.partner(short, 'POST', '/2.3.0/credentials', peerCredentials())).http).toBe(401);
    expect((await gateway.partner(usual, 'GET', '/versions')).status).toBe(1000);
    clock.advance(30 * 24 * 60 * 60 * 1000);
    expect((await gateway.partner(usual, 'GET', '/versions')).http).toBe(401);
  });

  it('agrees only with parties that were agreed beforehand, and only on what the operator requires', async () => {
    const known = party();
    const { tokenA } = await open({
      partnerParties: [known],
      requiredEndpoints: [{ identifier: 'commands', role: 'SENDER' }],
    });
    const roles = [{ role: 'PTP', business_details: { name: 'Known' }, ...known }];
    const stranger = await gateway.partner(tokenA, 'POST', '/2.3.0/credentials', peerCredentials());
    expect(stranger).toMatchObject({ status: 2001, message: expect.stringMatching('was not agreed') });
    const lacking = await gateway.partner(tokenA, 'POST', '/2.3.0/credentials', peerCredentials({ roles }));
    expect(lacking).toMatchObject({ status: 3003, message: 'The version details lack commands SENDER' });
    peer.modules = [...peer.modules, ['commands', 'SENDER']];
    expect((await gateway.partner(tokenA, 'POST', '/2.3.0/credentials', peerCredentials({ roles }))).status).toBe(1000);
  });

  it('can be asked for versions as often as a partner likes, without effect (VER-14)', async () => {
    const { id, tokenC } = await registered();
    const before = await read(id);
    const answers = await Promise.all(Array.from({ length: 100 }, () => gateway.partner(tokenC, 'GET', '/versions')));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([1000]));
    expect(await read(id)).toEqual(before);
  });

  it('keeps serving while a partner lets us wait, and answers 3001 in the end (CRED-34)', async () => {
    const { tokenA } = await open();
    peer.held = new Promise(() => undefined);
    const waiting = gateway.partner(tokenA, 'POST', '/2.3.0/credentials', peerCredentials());
    await waitUntil(() => peer.calls.some(({ path }) => path === '/2.3.0'), { describe: 'the partner to be asked' });
    expect((await gateway.partner(tokenA, 'GET', '/versions')).status).toBe(1000);
    expect(await waiting).toMatchObject({ http: 200, status: 3001, message: expect.stringMatching('in time') });
  });
});
