import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TariffRecord } from '@voltap/contracts/back-office';
import {
  type PartnerState,
  partnerRegistered,
  type TariffChanged,
  tariffChanged,
  tariffDeleted,
} from '@voltap/contracts/events';
import { event } from '@voltap/kernel';
import type { Tariff } from '@voltap/ocpi/model';
import { aPartnerCaller, aTariff } from '@voltap/ocpi/testkit';
import { anOperator, type Call, callsTo, type TestPlatform, testPlatform, waitUntil } from '@voltap/platform/testing';
import { tariffs } from '../src/service.js';

interface Problem {
  readonly code: string;
  readonly errors: readonly { readonly pointer: string }[];
}
interface Envelope<Data> {
  readonly status_code: number;
  readonly data: Data;
}

describe('the tariffs service', () => {
  let platform: TestPlatform;
  let operator: Call;
  let partner: Call;
  let stranger: Call;
  let changed: readonly { key: string; revision: number; payload: TariffChanged }[];
  let deleted: readonly { key: string; revision: number }[];

  beforeAll(async () => {
    platform = await testPlatform({ services: ['tariffs'] });
    const service = await platform.start(tariffs);
    operator = callsTo(service, platform.callerHeaders(anOperator()));
    partner = callsTo(service, platform.callerHeaders(aPartnerCaller()));
    stranger = callsTo(service, platform.callerHeaders(aPartnerCaller({ partnerId: 'other', parties: ['DE*XYZ'] })));
    changed = await platform.observe(tariffChanged);
    deleted = await platform.observe(tariffDeleted);
  });

  afterAll(() => platform?.close());

  const path = (id: string) => `/api/v1/tariffs/DE/VLT/${id}`;
  const told = (list: readonly { key: string; revision: number }[], id: string) =>
    list.filter(({ key }) => key === `DE*VLT*${id.toUpperCase()}`).map(({ revision }) => revision);

  it('counts a revision for new content only, and tells it once, whatever the order of fields', async () => {
    const { id: _, country_code: __, party_id: ___, last_updated: ____, ...content } = aTariff();
    const first = await operator<TariffRecord>('PUT', path('rev'), content);
    expect(first.status).toBe(200);
    expect(first.body).toMatchObject({ revision: 1, tariff: { id: 'rev', country_code: 'DE', party_id: 'VLT' } });
    const backwards = Object.fromEntries(Object.entries(content).reverse());
    const same = await operator<TariffRecord>('PUT', path('rev'), { ...backwards, id: 'rev' });
    expect(same.body).toEqual(first.body);
    const second = await operator<TariffRecord>('PUT', path('rev'), { ...content, preauthorize_amount: 60 });
    expect(second.body.revision).toBe(2);
    expect(Date.parse(second.body.tariff.last_updated)).toBeGreaterThan(Date.parse(first.body.tariff.last_updated));
    await waitUntil(() => told(changed, 'rev').length >= 2, { describe: 'both revisions on the bus' });
    expect(told(changed, 'rev')).toEqual([1, 2]);
  });

  it('keeps counting over a deletion, so that a revived tariff is newer than its removal', async () => {
    await operator('PUT', path('back'), aTariff({ id: 'back' }));
    expect((await operator('DELETE', path('BACK'))).body).toEqual({ deleted: true });
    expect((await operator('GET', path('back'))).status).toBe(404);
    expect((await operator('DELETE', path('back'))).status).toBe(404);
    expect((await partner('GET', '/ocpi/cpo/2.3.0/tariffs/back')).status).toBe(404);
    const revived = await operator<TariffRecord>('PUT', path('back'), aTariff({ id: 'back' }));
    expect(revived.body.revision).toBe(3);
    await waitUntil(() => told(changed, 'back').length >= 2 && told(deleted, 'back').length >= 1, {
      describe: 'the changes and the deletion on the bus',
    });
    expect(told(changed, 'back')).toEqual([1, 3]);
    expect(told(deleted, 'back')).toEqual([2]);
  });

  it('is one tariff for two first puts at once, which say the same', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => operator<TariffRecord>('PUT', path('twin'), aTariff({ id: 'twin' }))),
    );
    expect(answers.map(({ body }) => body.revision)).toEqual(answers.map(() => 1));
    await waitUntil(() => told(changed, 'twin').length >= 1, { describe: 'the tariff on the bus' });
    expect(told(changed, 'twin')).toEqual([1]);
  });

  it('names the field by which body and path disagree, and every field that is wrong', async () => {
    const other = await operator<Problem>('PUT', path('t1'), aTariff({ id: 'T2' }));
    expect(other.status).toBe(422);
    expect(other.headers.get('content-type')).toContain('application/problem+json');
    expect(other.body.errors.map(({ pointer }) => pointer)).toEqual(['/id']);
    const wrong = await operator<Problem>('PUT', path('t1'), {
      ...aTariff({ id: 'T1' }),
      currency: 'EURO',
      elements: [],
    });
    expect(wrong.status).toBe(422);
    expect(wrong.body.errors.map(({ pointer }) => pointer).sort()).toEqual(['/currency', '/elements']);
    const reserving = {
      price_components: [{ type: 'ENERGY' as const, price: 1, step_size: -1 }],
      restrictions: { reservation: 'RESERVATION' as const },
    };
    const contradicting = await operator<Problem>('PUT', path('t1'), aTariff({ id: 'T1', elements: [reserving] }));
    expect([contradicting.status, contradicting.body.errors.map(({ pointer }) => pointer)]).toEqual([
      422,
      ['/elements/0/price_components/0/type', '/elements/0/price_components/0/step_size'],
    ]);
    expect((await operator('PUT', path('t1'), '{"id":')).status).toBe(400);
    expect((await operator<Problem>('PUT', '/api/v1/tariffs/DE/TOOLONG/x', aTariff())).status).toBe(422);
    expect((await operator('GET', path('t1'))).status).toBe(404);
  });

  it('shows a partner the tariffs of its parties only, and the operator all, page by page', async () => {
    for (const id of ['L1', 'L2', 'L3']) await operator('PUT', path(id), aTariff({ id }));
    await operator('PUT', '/api/v1/tariffs/DE/XYZ/L9', aTariff({ id: 'L9', party_id: 'XYZ' }));
    const seen = await partner<Envelope<Tariff[]>>('GET', '/ocpi/cpo/2.3.0/tariffs?limit=500');
    expect(seen.body.status_code).toBe(1000);
    expect(new Set(seen.body.data.map(({ party_id }) => party_id))).toEqual(new Set(['VLT']));
    expect(seen.headers.get('x-total-count')).toBe(String(seen.body.data.length));
    expect((await partner('GET', '/ocpi/cpo/2.3.0/tariffs/L9')).status).toBe(404);
    const foreign = await stranger<Envelope<Tariff[]>>('GET', '/ocpi/cpo/2.3.0/tariffs');
    expect(foreign.body.data.map(({ id }) => id)).toEqual(['L9']);

    const ids: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: { body: { items: TariffRecord[]; next: string | null } } = await operator(
        'GET',
        `/api/v1/tariffs?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`,
      );
      ids.push(...page.body.items.map(({ tariff }) => tariff.id));
      cursor = page.body.next;
    }
    expect(ids).toHaveLength(new Set(ids).size);
    expect(ids).toEqual(expect.arrayContaining(['rev', 'back', 'L1', 'L2', 'L3', 'L9']));
    const broken = await operator<Problem>('GET', '/api/v1/tariffs?cursor=bm90LW91cnM');
    expect(broken.status).toBe(422);
    expect(broken.body.errors).toEqual([expect.objectContaining({ pointer: 'query/cursor' })]);
  });

  const registered = (partnerId: string, party_id = 'VLT') => {
    const payload: PartnerState = {
      ...{ partnerId, name: partnerId, status: 'REGISTERED', profile: 'payter', settings: {} },
      parties: [{ country_code: 'DE', party_id, name: party_id }],
      ...{ customerReferences: [], versions: ['2.3.0'], version: '2.3.0', roles: [], endpoints: [] },
      ...{ inboundTokens: [], outboundToken: null },
    };
    return event(partnerRegistered, { key: partnerId, revision: 1, payload });
  };

  it('shows a tariff to the partners that it is for, and tells whom it is for (TAR-01)', async () => {
    await platform.publish(registered('partner-1'), registered('partner-2'), registered('foreign', 'XYZ'));
    const second = callsTo(
      await platform.start(tariffs),
      platform.callerHeaders(aPartnerCaller({ partnerId: 'partner-2' })),
    );
    await operator('PUT', path('AUD'), aTariff({ id: 'AUD' }));
    const audience = (partners: string[] | null) =>
      operator<TariffRecord & Problem>('PUT', `${path('aud')}/audience`, { partners });
    const set = await waitUntil(
      async () => {
        const answer = await audience(['partner-2']);
        return answer.status === 200 ? answer : null;
      },
      { describe: 'the partners to be known' },
    );
    expect(set.body).toMatchObject({ revision: 2, audience: ['partner-2'] });
    const ids = async (call: Call) => {
      const { body } = await call<Envelope<Tariff[]>>('GET', '/ocpi/cpo/2.3.0/tariffs?limit=500');
      return body.data.map(({ id }) => id);
    };
    expect(await ids(partner)).not.toContain('AUD');
    expect((await partner('GET', '/ocpi/cpo/2.3.0/tariffs/AUD')).status).toBe(404);
    expect(await ids(second)).toContain('AUD');
    expect((await second<Envelope<Tariff>>('GET', '/ocpi/cpo/2.3.0/tariffs/aud')).body.data.id).toBe('AUD');

    // The back-end puts new prices: whom they are for stays. The same audience again is no news.
    const again = await operator<TariffRecord>('PUT', path('AUD'), aTariff({ id: 'AUD', preauthorize_amount: 77 }));
    expect(again.body).toMatchObject({ revision: 3, audience: ['partner-2'] });
    expect((await audience(['partner-2', 'partner-2'])).body.revision).toBe(3);
    expect((await audience([])).body).toMatchObject({ revision: 4, audience: [] });
    expect(await ids(second)).not.toContain('AUD');
    expect((await audience(null)).body).toMatchObject({ revision: 5, audience: null });
    expect(await ids(partner)).toContain('AUD');
    await waitUntil(() => told(changed, 'AUD').length >= 5, { describe: 'all revisions on the bus' });
    const audiences = changed.filter(({ key }) => key === 'DE*VLT*AUD').map(({ payload }) => payload.audience);
    expect(audiences).toEqual([null, ['partner-2'], ['partner-2'], [], null]);

    const wrong = await audience(['partner-1', 'nobody']);
    expect([wrong.status, wrong.body.errors.map(({ pointer }) => pointer)]).toEqual([422, ['/partners/1']]);
    const foreign = await audience(['foreign']);
    expect(foreign.body.errors).toEqual([
      { pointer: '/partners/0', message: 'partner foreign does not deal with DE*VLT' },
    ]);
    expect((await operator('PUT', `${path('none')}/audience`, { partners: null })).status).toBe(404);
    expect((await operator('PUT', `${path('aud')}/audience`, {})).status).toBe(422);
  });

  it('shows partners what is valid, what will be, and not what has ended (TAR-01, TAR-16)', async () => {
    const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
    await operator('PUT', path('PAST'), aTariff({ id: 'PAST', end_date_time: inDays(-1) }));
    await operator('PUT', path('NOW'), aTariff({ id: 'NOW', start_date_time: inDays(-1), end_date_time: inDays(1) }));
    await operator('PUT', path('NEXT'), aTariff({ id: 'NEXT', start_date_time: inDays(1) }));
    const { body } = await partner<Envelope<Tariff[]>>('GET', '/ocpi/cpo/2.3.0/tariffs?limit=500');
    const ids = body.data.map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(['NOW', 'NEXT']));
    expect(ids).not.toContain('PAST');
    expect((await partner('GET', '/ocpi/cpo/2.3.0/tariffs/PAST')).status).toBe(404);
    expect((await operator<TariffRecord>('GET', path('PAST'))).body.tariff.id).toBe('PAST');
    const backwards = aTariff({ id: 'BACK', start_date_time: inDays(1), end_date_time: inDays(0) });
    const wrong = await operator<Problem>('PUT', path('BACK'), backwards);
    expect([wrong.status, wrong.body.errors.map(({ pointer }) => pointer)]).toEqual([422, ['/end_date_time']]);
  });

  it('answers nobody who did not come through the gateway, and no one without the scope', async () => {
    const service = callsTo({ url: (await platform.start(tariffs)).url });
    expect((await service('GET', '/api/v1/tariffs')).status).toBe(401);
    expect((await service('GET', '/ocpi/cpo/2.3.0/tariffs')).status).toBe(401);
  });
});
