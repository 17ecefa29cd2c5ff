import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TokenChanged, tokenChanged } from '@voltap/contracts/events';
import type { EventMessage } from '@voltap/kernel';
import type { Token } from '@voltap/ocpi/model';
import { aPartnerCaller, aToken } from '@voltap/ocpi/testkit';
import { anOperator, type Call, callsTo, type TestPlatform, testPlatform, waitUntil } from '@voltap/platform/testing';
import { tokens } from '../src/service.js';

interface Envelope {
  readonly status_code: number;
  readonly status_message?: string;
  readonly data?: Token;
}

describe('the tokens service', () => {
  let platform: TestPlatform;
  let partner: Call;
  let stranger: Call;
  let operator: Call;
  let changed: readonly EventMessage<TokenChanged>[];

  beforeAll(async () => {
    platform = await testPlatform({ services: ['tokens'] });
    const service = await platform.start(tokens);
    partner = callsTo(service, platform.callerHeaders(aPartnerCaller()));
    stranger = callsTo(
      service,
      platform.callerHeaders(
        aPartnerCaller({ partnerId: 'other', roles: [{ role: 'PTP', country_code: 'NL', party_id: 'OTH' }] }),
      ),
    );
    operator = callsTo(service, platform.callerHeaders(anOperator()));
    changed = await platform.observe(tokenChanged);
  });

  afterAll(() => platform?.close());

  const url = (uid: string, type?: string) =>
    `/ocpi/cpo/2.3.0/tokens/NL/PTP/${uid}${type === undefined ? '' : `?type=${type}`}`;
  const rfid = (uid: string, changes: Partial<Token> = {}) => aToken({ uid, type: 'RFID', ...changes });
  const told = (uid: string, type = 'RFID') =>
    changed.filter(({ key }) => key === `NL*PTP*${type}*${uid.toUpperCase()}`);

  it('stores a token, replaces it as a whole, and tells each new content once (TOK-01, TOK-02, UPD-01, ENV-08, FMT-02)', async () => {
    expect((await partner('PUT', url('put'), rfid('put', { visual_number: 'V1' }))).status).toBe(201);
    expect((await partner('PUT', url('put'), rfid('put', { visual_number: 'V1' }))).status).toBe(200);
    const later = rfid('put', { valid: false, last_updated: '2026-03-03T00:00:00Z' });
    expect((await partner('PUT', url('put'), later)).status).toBe(200);
    expect((await partner<Envelope>('GET', url('PUT'))).body.data).toEqual(later);
    await waitUntil(() => told('put').length >= 2, { describe: 'both contents on the bus' });
    expect(told('put').map(({ revision, payload }) => [revision, payload.token.valid])).toEqual([
      [1, true],
      [2, false],
    ]);
    expect(told('put')[0]?.payload.partnerId).toBe('partner-1');
  });

  it('takes the type of the URL, RFID by default, as part of what a token is (TOK-04, TOK-05)', async () => {
    await partner('PUT', url('typed'), rfid('typed'));
    await partner('PUT', url('typed', 'APP_USER'), aToken({ uid: 'typed', type: 'APP_USER', valid: false }));
    expect((await partner<Envelope>('GET', url('typed'))).body.data).toMatchObject({ type: 'RFID', valid: true });
    expect((await partner<Envelope>('GET', url('typed', 'APP_USER'))).body.data).toMatchObject({ valid: false });
    expect((await partner('GET', url('typed', 'EMAID'))).status).toBe(404);
  });

  it('changes the fields of a PATCH, clears what is null, and keeps the rest (TOK-03, UPD-03)', async () => {
    await partner('PUT', url('patch'), rfid('patch', { visual_number: 'V1', language: 'nl' }));
    const patch = { valid: false, visual_number: null, last_updated: '2026-03-03T00:00:00Z' };
    expect((await partner<Envelope>('PATCH', url('patch'), patch)).body.status_code).toBe(1000);
    const { visual_number: _, ...expected } = { ...rfid('patch'), ...patch, language: 'nl' };
    expect((await partner<Envelope>('GET', url('patch'))).body.data).toEqual(expected);
  });

  it('takes tokens of one charge with any whitelist (TOK-17)', async () => {
    for (const [whitelist, last_updated] of [
      ['NEVER', '2026-03-03T00:00:00Z'],
      ['ALLOWED', '2026-03-04T00:00:00Z'],
    ] as const) {
      const once = aToken({ uid: 'once', type: 'AD_HOC_USER', whitelist, last_updated });
      expect((await partner<Envelope>('PUT', url('once', 'AD_HOC_USER'), once)).body.status_code).toBe(1000);
      expect((await partner<Envelope>('GET', url('once', 'AD_HOC_USER'))).body.data).toEqual(once);
    }
  });

  it('lets an update that was overtaken change nothing', async () => {
    await partner('PUT', url('late'), rfid('late', { valid: false, last_updated: '2026-03-03T00:00:00Z' }));
    const late = await partner<Envelope>('PUT', url('late'), rfid('late', { last_updated: '2026-03-01T00:00:00Z' }));
    expect(late.body.status_code).toBe(1000);
    const patch = { valid: true, last_updated: '2026-03-01T00:00:00.000Z' };
    expect((await partner<Envelope>('PATCH', url('late'), patch)).body.status_code).toBe(1000);
    expect((await partner<Envelope>('GET', url('late'))).body.data).toMatchObject({ valid: false });
  });

  it.each([
    ['a body of another uid', 'PUT', url('bad'), rfid('other'), '/uid'],
    ['a body of another type', 'PUT', url('bad'), aToken({ uid: 'bad', type: 'APP_USER' }), '/type'],
    ['a body of another party', 'PUT', url('bad'), rfid('bad', { party_id: 'XXX' }), '/party_id'],
    ['a body without issuer', 'PUT', url('bad'), { ...rfid('bad'), issuer: undefined }, '/issuer'],
    ['a PATCH without last_updated', 'PATCH', url('bad'), { valid: false }, '/last_updated'],
    [
      'a required field that is cleared',
      'PATCH',
      url('there'),
      { issuer: null, last_updated: '2026-04-01T00:00:00Z' },
      '/issuer',
    ],
    [
      'a party of somebody else',
      'PUT',
      '/ocpi/cpo/2.3.0/tokens/NL/OTH/bad',
      rfid('bad', { party_id: 'OTH' }),
      'path/party_id',
    ],
  ])(
    'answers 2001 to %s (TOK-07, COO-02, COO-04, COO-05, COO-06, UPD-02, UPD-04)',
    async (_, method, path, body, pointer) => {
      await partner('PUT', url('there'), rfid('there'));
      const answer = await partner<Envelope>(method, path, body);
      expect(answer.body.status_code).toBe(2001);
      expect(answer.body.status_message).toContain(pointer);
    },
  );

  it('answers 404 to a PATCH of what it has not, and creates nothing (UPD-06)', async () => {
    const patch = { valid: false, last_updated: '2026-03-03T00:00:00Z' };
    expect((await partner<Envelope>('PATCH', url('none'), patch)).body.status_code).toBe(2004);
    expect((await partner('GET', url('none'))).status).toBe(404);
  });

  it('offers neither POST nor DELETE (TOK-06)', async () => {
    await partner('PUT', url('kept'), rfid('kept'));
    expect((await partner('DELETE', url('kept'))).status).toBe(405);
    expect((await partner('POST', url('kept'), rfid('kept'))).status).toBe(405);
    expect((await partner('GET', url('kept'))).status).toBe(200);
  });

  it('shows the operator all tokens, page by page, and a partner only its own (TRN-08)', async () => {
    await partner('PUT', url('mine'), rfid('mine'));
    const theirs = rfid('mine', { party_id: 'OTH' });
    expect((await stranger('PUT', '/ocpi/cpo/2.3.0/tokens/NL/OTH/mine', theirs)).status).toBe(201);
    expect((await stranger<Envelope>('GET', url('mine'))).body.data).toBeUndefined();
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const { body } = await operator<{ items: { partnerId: string; token: Token }[]; next: string | null }>(
        'GET',
        `/api/v1/tokens?limit=2${query}`,
      );
      seen.push(
        ...body.items.map(({ partnerId, token }) => `${partnerId} ${token.party_id} ${token.type} ${token.uid}`),
      );
      cursor = body.next;
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toContain('partner-1 PTP RFID mine');
    expect(seen).toContain('other OTH RFID mine');
  });
});
