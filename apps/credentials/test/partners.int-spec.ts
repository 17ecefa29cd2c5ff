import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { PartnerRecord, PartnerWithToken } from '@voltap/contracts/back-office';
import { Sealer } from '@voltap/platform/security';
import { anOperator, type Call, callsTo, type TestPlatform, testPlatform } from '@voltap/platform/testing';
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
});
