import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { PartnerEventRecord, PartnerRecord, PartnerWithToken } from '@voltap/contracts/back-office';
import { partnerUpdated } from '@voltap/contracts/events';
import { Sealer } from '@voltap/platform/security';
import { anOperator, type Call, callsTo, type TestPlatform, testPlatform, waitUntil } from '@voltap/platform/testing';
import { credentials } from '../src/service.js';

interface Problem {
  readonly code: string;
  readonly errors: readonly { readonly pointer: string }[];
}

const TERMS = { name: 'Terminal provider', parties: [{ country_code: 'de', party_id: 'VLT', name: 'Voltap' }] };

describe('the operator’s view of partners', () => {
  let platform: TestPlatform;
  let operator: Call;
  let reader: Call;
  let gateway: Call;
  let anybody: Call;
  let hashOf: (token: string) => string;

  beforeAll(async () => {
    platform = await testPlatform({ services: ['credentials'], addresses: { gateway: 'http://127.0.0.1:1' } });
    const service = await platform.start(credentials);
    operator = callsTo(service, platform.callerHeaders(anOperator()));
    reader = callsTo(service, platform.callerHeaders(anOperator({ scopes: ['read'] })));
    gateway = callsTo(service, platform.callerHeaders({ kind: 'gateway' }));
    anybody = callsTo(service);
    const sealer = new Sealer(platform.platform.secrets.sealing);
    hashOf = (token) => sealer.hash(token);
  });

  afterAll(() => platform?.close());

  const open = async () => (await operator<PartnerWithToken>('POST', '/api/v1/partners', TERMS)).body;
  const knows = async (token: string) =>
    (await gateway('GET', `/internal/partners/by-token-hash/${hashOf(token)}`)).status === 200;

  it('opens a connection and shows its Token A this once', async () => {
    const answer = await operator<PartnerWithToken>('POST', '/api/v1/partners', TERMS);
    expect(answer.status).toBe(201);
    const { tokenA, ...partner } = answer.body;
    expect(partner).toMatchObject({
      profile: 'payter',
      status: 'PENDING',
      parties: [{ country_code: 'DE', party_id: 'VLT', name: 'Voltap' }],
      versions: ['2.3.0', '2.2.1'],
      version: null,
      versionsUrl: 'http://127.0.0.1:4000/ocpi/cpo/versions',
    });
    const read = await operator('GET', `/api/v1/partners/${partner.id}`);
    expect(read.body).toEqual(partner);
    expect(read.text).not.toContain(tokenA);
    expect(await knows(tokenA)).toBe(true);
  });

  it.each([
    ['no party', { ...TERMS, parties: [] }, '/parties'],
    [
      'a party id that is too long',
      { ...TERMS, parties: [{ ...TERMS.parties[0], party_id: 'VOLT' }] },
      '/parties/0/party_id',
    ],
    ['a party named twice', { ...TERMS, parties: [TERMS.parties[0], TERMS.parties[0]] }, '/parties'],
    ['a version that nobody speaks', { ...TERMS, versions: ['9.9'] }, '/versions/0'],
    ['a setting of the wrong type', { ...TERMS, settings: { plainToken: 'yes' } }, '/settings/plainToken'],
    ['an unknown profile', { ...TERMS, profile: 'unknown' }, '/profile'],
  ])('names the field that is wrong: %s', async (_, body, pointer) => {
    const answer = await operator<Problem>('POST', '/api/v1/partners', body);
    expect(answer.status).toBe(422);
    expect(answer.body.errors.map((error) => error.pointer)).toContain(pointer);
  });

  it('lists partners by age, page by page', async () => {
    const opened = [await open(), await open(), await open()].map(({ id }) => id);
    const seen: string[] = [];
    let next: string | null = '';
    while (next !== null) {
      const path: string = `/api/v1/partners?limit=2${next === '' ? '' : `&cursor=${next}`}`;
      const { body } = await reader<{ items: PartnerRecord[]; next: string | null }>('GET', path);
      seen.push(...body.items.map(({ id }) => id));
      next = body.next;
    }
    expect(seen.slice(-3)).toEqual(opened);
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('kills a Token A by issuing another', async () => {
    const { id, tokenA } = await open();
    const again = await operator<PartnerWithToken>('POST', `/api/v1/partners/${id}/token-a`);
    expect(again.status).toBe(200);
    expect(await knows(tokenA)).toBe(false);
    expect(await knows(again.body.tokenA)).toBe(true);
  });

  it('lets no token open anything while a partner is suspended, and revives it afterwards', async () => {
    const { id, tokenA } = await open();
    const path = `/api/v1/partners/${id}/suspension`;
    expect((await operator('PUT', path, { suspended: true })).body).toMatchObject({ status: 'SUSPENDED' });
    expect(await knows(tokenA)).toBe(false);
    expect((await operator('POST', `/api/v1/partners/${id}/token-a`)).status).toBe(409);
    expect((await operator('PUT', path, { suspended: false })).body).toMatchObject({ status: 'PENDING' });
    expect(await knows(tokenA)).toBe(true);
  });

  it('shows itself to operators of the right scope only, and tokens to the gateway only', async () => {
    const { id, tokenA } = await open();
    expect((await reader('POST', '/api/v1/partners', TERMS)).status).toBe(403);
    expect((await anybody('GET', `/api/v1/partners/${id}`)).status).toBe(401);
    expect((await operator('GET', '/api/v1/partners/nobody')).status).toBe(404);
    const path = `/internal/partners/by-token-hash/${hashOf(tokenA)}`;
    expect((await anybody('GET', path)).status).toBe(401);
    expect((await operator('GET', path)).status).toBe(401);
  });

  describe('changes terms', () => {
    const put = <Body = PartnerRecord>(id: string, body: object) =>
      operator<Body>('PUT', `/api/v1/partners/${id}`, body);

    it('all at once, what is left out going back to its default, and tells what changed', async () => {
      const { id, tokenA } = await open();
      const terms = {
        ...TERMS,
        name: 'Renamed',
        profile: 'emsp-adhoc',
        environment: 'test',
        partnerParties: [{ country_code: 'nl', party_id: 'ptp' }],
        customerReferences: ['CUSTOMER-1', 'CUSTOMER-2'],
        versions: ['2.2.1'],
        settings: { plainToken: true },
        requiredEndpoints: [{ identifier: 'commands', role: 'SENDER' }],
        allowedHosts: ['PTP.example'],
      };
      const { status, body } = await put(id, terms);
      expect(status).toBe(200);
      expect(body).toMatchObject({
        ...terms,
        parties: [{ country_code: 'DE', party_id: 'VLT', name: 'Voltap' }],
        partnerParties: [{ country_code: 'NL', party_id: 'PTP' }],
        allowedHosts: ['ptp.example'],
        effectiveSettings: { plainToken: true, requiresPayments: false, zeroCdrWhenNeverStarted: true },
        status: 'PENDING',
      });
      expect(await knows(tokenA)).toBe(true);
      expect((await put(id, TERMS)).body).toMatchObject({
        profile: 'payter',
        environment: 'live',
        customerReferences: [],
        versions: ['2.3.0', '2.2.1'],
        settings: {},
        requiredEndpoints: null,
      });
      const { body: history } = await reader<{ items: PartnerEventRecord[] }>('GET', `/api/v1/partners/${id}/events`);
      expect(history.items.map(({ action }) => action)).toEqual(['change-terms', 'change-terms', 'open']);
      expect(history.items[1]?.message).toMatch('name, profile, environment, settings, partnerParties');
    });

    it('tells the other services, and not twice of the same', async () => {
      const { id } = await open();
      const seen = await platform.observe(partnerUpdated);
      const first = await put(id, { ...TERMS, customerReferences: ['C1'] });
      const again = await put(id, { ...TERMS, customerReferences: ['C1'] });
      expect(again.body.updatedAt).toBe(first.body.updatedAt);
      expect(again.headers.get('voltap-partner-revision')).toBe(`${id} 2`);
      const event = await waitUntil(() => seen.find(({ key }) => key === id), { describe: 'partner.updated' });
      expect(event).toMatchObject({ revision: 2, payload: { customerReferences: ['C1'] } });
    });

    it.each([
      ['an unknown setting', { settings: { colour: 'blue' } }, '/settings'],
      ['a reference that is too long', { customerReferences: ['x'.repeat(37)] }, '/customerReferences/0'],
      ['an endpoint without role', { requiredEndpoints: [{ identifier: 'cdrs' }] }, '/requiredEndpoints/0/role'],
      ['an environment that is none', { environment: 'staging' }, '/environment'],
    ])('naming the field that is wrong: %s', async (_, change, pointer) => {
      const { id } = await open();
      const { status, body } = await put<Problem>(id, { ...TERMS, ...change });
      expect(status).toBe(422);
      expect(body.errors.map((error) => error.pointer)).toContain(pointer);
    });

    it('for partners that exist, by operators of the right scope', async () => {
      const { id } = await open();
      expect((await put('nobody', TERMS)).status).toBe(404);
      expect((await reader('PUT', `/api/v1/partners/${id}`, TERMS)).status).toBe(403);
      expect((await reader('GET', '/api/v1/partners/nobody/events')).status).toBe(404);
    });
  });

  it('shows the history page by page, newest first, without any token', async () => {
    const { id } = await open();
    const tokens: string[] = [];
    for (let count = 0; count < 4; count += 1) {
      tokens.push((await operator<PartnerWithToken>('POST', `/api/v1/partners/${id}/token-a`)).body.tokenA);
    }
    const seen: PartnerEventRecord[] = [];
    let next: string | null = '';
    while (next !== null) {
      const path: string = `/api/v1/partners/${id}/events?limit=2${next === '' ? '' : `&cursor=${next}`}`;
      const { body, text } = await reader<{ items: PartnerEventRecord[]; next: string | null }>('GET', path);
      expect(tokens.filter((token) => text.includes(token))).toEqual([]);
      seen.push(...body.items);
      next = body.next;
    }
    expect(seen.map(({ action }) => action)).toEqual([...Array<string>(4).fill('issue-token-a'), 'open']);
    expect(seen.map(({ at }) => at)).toEqual(
      seen
        .map(({ at }) => at)
        .toSorted()
        .reverse(),
    );
    expect(seen[0]).toMatchObject({ by: 'operator', keyId: 'test', outcome: 'done', calls: [] });
  });

  it('shows which tokens open something and until when, and not what they are', async () => {
    const { tokens, tokenA } = await open();
    expect(tokens).toEqual([{ use: 'registration', issuedAt: expect.any(String), expiresAt: expect.any(String) }]);
    const hours = (Date.parse(tokens[0]?.expiresAt ?? '') - Date.parse(tokens[0]?.issuedAt ?? '')) / 3_600_000;
    expect(hours).toBe(720);
    expect(JSON.stringify(tokens)).not.toContain(tokenA);
  });
});
