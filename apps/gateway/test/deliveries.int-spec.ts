import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { DeliveryDetails, DeliveryQueueRecord, DeliveryRecord } from '@voltap/contracts/back-office';
import {
  cdrCreated,
  deliveryFailed,
  deliverySucceeded,
  evseStatusChanged,
  locationChanged,
  partnerRegistered,
  sessionChanged,
  tariffChanged,
  tariffDeleted,
} from '@voltap/contracts/events';
import { type DomainEvent, event } from '@voltap/kernel';
import type { Cdr, Location, Session, Status } from '@voltap/ocpi/model';
import { aCdr, aConnector, aLocation, anEvse, aSession, aTariff } from '@voltap/ocpi/testkit';
import type { RunningService } from '@voltap/platform/bootstrap';
import { Sealer } from '@voltap/platform/security';
import { anOperator, callsTo, type TestPlatform, testPlatform, waitUntil } from '@voltap/platform/testing';
import { gateway } from '../src/service.js';
import { type Behaviour, MisbehavingPartner } from './misbehaving-partner.js';

const MODULES = ['locations', 'tariffs', 'sessions', 'cdrs'] as const;

describe('deliveries to partners', () => {
  let platform: TestPlatform;
  let service: RunningService;
  let partner: MisbehavingPartner;
  let dead: MisbehavingPartner;
  let failed: readonly { payload: { objectKey: string } }[];
  let succeeded: readonly { payload: { objectKey: string; location: string | null } }[];
  let serial = 0;

  const registered = (partnerId: string, to: MisbehavingPartner): DomainEvent =>
    event(partnerRegistered, {
      key: partnerId,
      revision: 1,
      payload: {
        partnerId,
        name: partnerId,
        status: 'REGISTERED',
        profile: 'spec',
        settings: {},
        parties: [{ country_code: 'DE', party_id: 'VLT', name: 'Voltap' }],
        customerReferences: [],
        versions: ['2.3.0'],
        version: '2.3.0',
        roles: [{ role: 'PTP', country_code: 'NL', party_id: 'PTP', business_details: { name: partnerId } }],
        endpoints: MODULES.map((identifier) => ({
          identifier,
          role: 'RECEIVER' as const,
          url: `${to.url}/${identifier}`,
        })),
        inboundTokens: [],
        outboundToken: new Sealer(platform.platform.secrets.sealing).seal('token'),
      },
    });
  const tariff = (id: string, revision: number): DomainEvent =>
    event(tariffChanged, { key: `DE*VLT*${id}`, revision, payload: { tariff: aTariff({ id }) } });
  const session = (content: Session, revision: number, partnerId = 'partner'): DomainEvent =>
    event(sessionChanged, {
      key: `DE*VLT*${content.id}`,
      revision,
      payload: { partnerId, commandId: null, session: content },
    });
  const cdr = (content: Cdr, partnerId = 'partner'): DomainEvent =>
    event(cdrCreated, {
      key: `DE*VLT*${content.id}`,
      revision: 1,
      payload: { partnerId, cdr: content, lines: [], totalWithTaxes: '7.44', timeZone: 'Europe/Berlin' },
    });
  const place = (location: Location, revision: number, structural = true): DomainEvent =>
    event(locationChanged, { key: `DE*VLT*${location.id}`, revision, payload: { location, structural } });
  const status = (location_id: string, to: Status, revision: number): DomainEvent =>
    event(evseStatusChanged, {
      key: `DE*VLT*${location_id}`,
      revision,
      payload: {
        country_code: 'DE',
        party_id: 'VLT',
        location_id,
        evse_uid: 'E1',
        status: to,
        previousStatus: null,
        last_updated: `2026-03-02T10:00:0${revision}Z`,
      },
    });
  const periods = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      start_date_time: `2026-03-02T10:0${index}:00Z`,
      dimensions: [{ type: 'ENERGY' as const, volume: index + 1 }],
    }));
  const settled = () => callsTo(service, platform.callerHeaders(anOperator()));
  const list = async (query: string) =>
    (await settled()<{ items: DeliveryRecord[] }>('GET', `/api/v1/deliveries?limit=500&${query}`)).body.items;
  /** By one look: what goes back in line between two would be seen by neither. */
  const quiet = (partnerId = 'partner') =>
    waitUntil(
      async () => {
        const { body } = await settled()<{ items: DeliveryQueueRecord[] }>('GET', '/api/v1/delivery-queues');
        const queue = body.items.find((one) => one.partnerId === partnerId);
        return queue !== undefined && queue.pending + queue.inFlight === 0;
      },
      { describe: `nothing open for ${partnerId}` },
    );
  const id = (prefix: string) => `${prefix}${++serial}`;

  beforeAll(async () => {
    platform = await testPlatform({
      services: ['gateway'],
      environment: {
        VOLTAP_GATEWAY_PUBLIC_PORT: '0',
        VOLTAP_GATEWAY_BACK_OFFICE_PORT: '0',
        VOLTAP_API_KEYS: 'a-key-for-tests-that-is-long-enough:read+operate',
        VOLTAP_EGRESS_ALLOW_INSECURE: 'true',
      },
    });
    partner = await MisbehavingPartner.start();
    dead = await MisbehavingPartner.start();
    dead.behave = () => 'dead';
    service = await platform.start(gateway);
    failed = await platform.observe(deliveryFailed);
    succeeded = await platform.observe(deliverySucceeded);
    // What the places of these tests name.
    await platform.publish(registered('partner', partner), registered('dead', dead), tariff('T1', 1));
    let revision = 0;
    await waitUntil(
      async () => {
        await platform.publish(tariff('PROBE', ++revision));
        return partner.objects.has('/tariffs/DE/VLT/PROBE') && dead.received.length > 0;
      },
      { describe: 'both partners to be known' },
    );
    await quiet();
  });

  beforeEach(() => {
    partner.behave = () => 'accept';
  });

  afterAll(async () => {
    await platform?.close();
    await partner?.stop();
    await dead?.stop();
  });

  it('ends with our state at the partner, in order, whatever it did to single requests (COO-01, LOC-24, UPD-08)', async () => {
    const faults = ['fail', 'dead', 'cut', 'throttle'] as const;
    let turn = 0;
    partner.behave = ({ path }) => (path.includes('/locations') ? (faults[turn++] ?? 'accept') : 'accept');
    const location = id('L');
    await platform.publish(place(aLocation({ id: location }), 1));
    await waitUntil(() => turn > 0, { describe: 'the first refusal' });
    await platform.publish(status(location, 'CHARGING', 2));
    await waitUntil(() => partner.objects.has(`/locations/DE/VLT/${location}/E1`), {
      describe: 'the status behind its location',
    });
    await quiet();
    expect(turn).toBeGreaterThan(faults.length);
    expect(partner.objects.get(`/locations/DE/VLT/${location}`)).toMatchObject({ id: location });
    expect(partner.objects.get(`/locations/DE/VLT/${location}/E1`)).toEqual({
      status: 'CHARGING',
      last_updated: '2026-03-02T10:00:02Z',
    });
    const methods = partner.of(`/locations/DE/VLT/${location}`).map(({ method }) => method);
    expect(methods).toEqual([...methods].sort().reverse());
  });

  it('sends no location for a mere status, and no older status with a location heard late', async () => {
    const location = id('L');
    const path = `/locations/DE/VLT/${location}`;
    const charging = anEvse({ status: 'CHARGING', last_updated: '2026-03-02T10:00:05Z' });
    await platform.publish(status(location, 'CHARGING', 5));
    await waitUntil(() => partner.objects.has(`${path}/E1`), { describe: 'the status' });
    await platform.publish(place(aLocation({ id: location, evses: [charging] }), 5, false));
    await platform.publish(place(aLocation({ id: location }), 4));
    await waitUntil(() => partner.objects.has(path), { describe: 'the location' });
    await quiet();
    expect(partner.of(path).map(({ method }) => method)).toEqual(['PATCH', 'PUT']);
    expect(partner.objects.get(path)).toMatchObject({ evses: [{ uid: 'E1', status: 'CHARGING' }] });
  });

  it('puts a new place as a whole, and takes a tariff back by DELETE (LOC-23, LOC-26, TAR-04, TAR-05)', async () => {
    const [location, name] = [id('L'), id('T')];
    await platform.publish(tariff(name, 1), place(aLocation({ id: location }), 1));
    await waitUntil(() => partner.objects.has(`/locations/DE/VLT/${location}`), { describe: 'the place' });
    expect(partner.objects.get(`/locations/DE/VLT/${location}`)).toEqual(aLocation({ id: location }));
    await waitUntil(() => partner.objects.has(`/tariffs/DE/VLT/${name}`), { describe: 'the tariff' });
    const payload = { country_code: 'DE', party_id: 'VLT', id: name, deletedAt: '2026-03-02T10:00:00.000Z' };
    await platform.publish(event(tariffDeleted, { key: `DE*VLT*${name}`, revision: 2, payload }));
    const path = `/tariffs/DE/VLT/${name}`;
    await waitUntil(() => partner.of(path).some(({ method }) => method === 'DELETE'), { describe: 'the end of it' });
    expect(partner.of(path).map(({ method, body }) => [method, body !== ''])).toEqual([
      ['PUT', true],
      ['DELETE', false],
    ]);
  });

  it('puts a tariff to those that it is for, and deletes it at one that it is not for any more (TAR-05)', async () => {
    const name = id('T');
    const path = `/tariffs/DE/VLT/${name}`;
    const audience = (partners: string[] | null, revision: number): DomainEvent =>
      event(tariffChanged, {
        key: `DE*VLT*${name}`,
        revision,
        payload: { tariff: aTariff({ id: name }), audience: partners },
      });
    const methods = () => partner.of(path).map(({ method }) => method);
    const told = async (tariffId: string) =>
      (await list('partnerId=dead&kind=tariff')).filter(({ objectKey }) => objectKey.endsWith(`*${tariffId}`));
    const [first, last] = [id('NEXT'), id('NEXT')];
    await platform.publish(audience(['dead'], 1), tariff(first, 1));
    await waitUntil(() => partner.objects.has(`/tariffs/DE/VLT/${first}`), { describe: 'what came after' });
    await waitUntil(async () => (await told(name)).length === 1, { describe: 'the tariff for another' });
    expect(methods()).toEqual([]);
    // Connectors name to a partner only what it is told of.
    const site = id('L');
    const named = () => {
      const shown = partner.objects.get(`/locations/DE/VLT/${site}`) as unknown as Location | undefined;
      return shown?.evses?.[0]?.connectors[0]?.tariff_ids;
    };
    const connectors = [aConnector({ tariff_ids: [name.toLowerCase(), first] })];
    await platform.publish(place(aLocation({ id: site, evses: [anEvse({ connectors })] }), 1));
    await waitUntil(() => named() !== undefined, { describe: 'the place' });
    expect(named()).toEqual([first]);
    await platform.publish(audience(null, 2));
    await waitUntil(() => methods().length === 1, { describe: 'the tariff for all' });
    await waitUntil(() => named()?.length === 2, { describe: 'its name at the connector' });
    await platform.publish(audience(['dead'], 3));
    await waitUntil(() => methods().length === 2, { describe: 'its end at this partner' });
    await waitUntil(() => named()?.length === 1, { describe: 'no name of it at the connector' });
    // It changes on for the other, and is told again and late: nothing of it is for this one.
    await platform.publish(audience(['dead'], 4), audience(null, 2), audience([], 6), tariff(last, 1));
    await waitUntil(() => partner.objects.has(`/tariffs/DE/VLT/${last}`), { describe: 'what came after' });
    await waitUntil(async () => (await told(name)).some(({ revision }) => revision === 6), {
      describe: 'its end at the other',
    });
    expect(methods()).toEqual(['PUT', 'DELETE']);
    const resync = await settled()<{ planned: number }>('POST', '/api/v1/delivery-queues/partner/resync', {
      module: 'tariffs',
    });
    expect(resync.status).toBe(200);
    await quiet();
    expect(methods()).toEqual(['PUT', 'DELETE']);
  });

  it('sends nothing of a party that the partner does not know from our credentials (COO-03)', async () => {
    const [foreign, own] = [id('L'), id('L')];
    const elsewhere = aLocation({ id: foreign, party_id: 'XYZ' });
    await platform.publish(
      event(locationChanged, {
        key: `DE*XYZ*${foreign}`,
        revision: 1,
        payload: { location: elsewhere, structural: true },
      }),
      place(aLocation({ id: own }), 1),
    );
    await platform.settled();
    await quiet();
    expect(partner.objects.has(`/locations/DE/VLT/${own}`)).toBe(true);
    expect(partner.received.filter(({ path }) => path.includes(foreign) || path.includes('XYZ'))).toEqual([]);
    expect((await list('partnerId=partner')).filter(({ objectKey }) => objectKey.includes(foreign))).toEqual([]);
  });

  it('sends the newest state only, and ignores older and repeated ones (TAR-04)', async () => {
    const name = id('T');
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    partner.behave = async ({ path }): Promise<Behaviour> => {
      if (path.endsWith(name)) await held;
      return 'accept';
    };
    const of = () => partner.of(`/tariffs/DE/VLT/${name}`);
    await platform.publish(tariff(name, 1));
    await waitUntil(() => of().length === 1, { describe: 'the first on its way' });
    await platform.publish(tariff(name, 2), tariff(name, 3), tariff(name, 5), tariff(name, 4));
    await waitUntil(
      async () =>
        (await list('partnerId=partner&kind=tariff&state=PENDING')).some(
          ({ objectKey, revision }) => objectKey.endsWith(`*${name}`) && revision === 5,
        ),
      { describe: 'the newest in line' },
    );
    release();
    await quiet();
    await platform.publish(tariff(name, 5), tariff(name, 2), tariff(`${name}B`, 1));
    await platform.settled();
    await quiet();
    expect(
      of()
        .map(({ path }) => path)
        .filter((path) => path.endsWith(name)),
    ).toHaveLength(2);
  });

  it('appends periods by PATCH, and puts the whole when an answer was lost or periods were corrected (SES-03, SES-04, SES-05, SES-06, SES-07, UPD-08, OFF-01)', async () => {
    const name = id('S');
    const path = `/sessions/DE/VLT/${name}`;
    const at = (count: number, changes: Partial<Session> = {}) =>
      aSession({ id: name, kwh: count, charging_periods: periods(count), ...changes });
    await platform.publish(session(at(1), 1));
    await waitUntil(() => partner.objects.has(path), { describe: 'the session' });
    await quiet();
    await platform.publish(session(at(3), 2));
    await waitUntil(() => partner.of(path).length === 2, { describe: 'the difference' });
    await quiet();
    const patch = JSON.parse(partner.of(path)[1]?.body ?? '') as Record<string, unknown>;
    expect(partner.of(path)[1]?.method).toBe('PATCH');
    expect(Object.keys(patch).sort()).toEqual(['charging_periods', 'kwh', 'last_updated']);
    expect(patch.charging_periods).toEqual(periods(3).slice(1));
    expect(partner.objects.get(path)).toEqual(at(3));

    let cut = false;
    partner.behave = ({ method }) => {
      const first = method === 'PATCH' && !cut;
      cut ||= first;
      return first ? 'cut' : 'accept';
    };
    await platform.publish(session(at(4), 3));
    await waitUntil(() => cut, { describe: 'the lost answer' });
    await quiet();
    expect(partner.objects.get(path)).toEqual(at(4));

    partner.behave = ({ method }) => (method === 'PATCH' ? 'unknown' : 'accept');
    await platform.publish(session(at(5), 4));
    await waitUntil(() => partner.objects.get(path)?.kwh === 5, { describe: 'the whole, as PATCH is refused' });
    await quiet();
    expect(partner.objects.get(path)).toEqual(at(5));

    await platform.publish(session(at(2, { status: 'COMPLETED' }), 5), session(at(6), 4));
    await waitUntil(() => partner.objects.get(path)?.status === 'COMPLETED', { describe: 'the end' });
    await quiet();
    expect(partner.objects.get(path)).toEqual(at(2, { status: 'COMPLETED' }));
  });

  it('sends a CDR after its session, byte for byte again until it is accepted, and once for all (CDR-01, IDS-03, OFF-05)', async () => {
    const name = id('S');
    const ended = aSession({ id: name, status: 'COMPLETED' });
    const bill = aCdr({ id: `C${name}`, session_id: name });
    const answers = ['cut', 'fail', 'duplicate'] as const;
    let turn = 0;
    partner.behave = ({ path }) => (path === '/cdrs' ? (answers[turn++] ?? 'accept') : 'accept');
    await platform.publish(cdr(bill));
    await waitUntil(async () => (await list('kind=cdr')).length > 0, { describe: 'the CDR in line' });
    expect(partner.of('/cdrs')).toHaveLength(0);
    await platform.publish(session(ended, 1));
    const told = (events: typeof failed) => events.filter(({ payload }) => payload.objectKey === `DE*VLT*C${name}`);
    // Told on topics of their own, in any order.
    await waitUntil(() => told(succeeded).length > 0 && told(failed).length > 0, {
      describe: 'the failure and the acceptance to be told',
    });
    expect(told(failed)).toHaveLength(1);
    expect(told(succeeded)).toHaveLength(1);
    const posts = partner.of('/cdrs');
    expect(posts).toHaveLength(answers.length);
    expect(new Set(posts.map(({ body }) => body)).size).toBe(1);
    expect(new Set(posts.map(({ correlationId }) => correlationId)).size).toBe(1);
    expect(new Set(posts.map(({ requestId }) => requestId)).size).toBe(posts.length);
    expect(partner.received.findIndex(({ path }) => path === '/cdrs')).toBeGreaterThan(
      partner.received.findIndex(({ path }) => path === `/sessions/DE/VLT/${name}`),
    );
    expect(partner.cdrs.size).toBe(1);
  });

  it('keeps where the partner put a CDR, tells of it, and sends it again by hand', async () => {
    const bill = aCdr({ id: id('C'), session_id: undefined });
    await platform.publish(cdr(bill), cdr(bill));
    const key = `DE*VLT*${bill.id}`;
    const told = await waitUntil(() => succeeded.find(({ payload }) => payload.objectKey === key), {
      describe: 'the acceptance to be told',
    });
    expect(told.payload.location).toMatch(/\/cdrs\/\d+$/);
    const mine = () => partner.of('/cdrs').filter(({ body }) => (JSON.parse(body) as Cdr).id === bill.id);
    expect(mine()).toHaveLength(1);
    const recordId = (await list('kind=cdr')).find(({ objectKey }) => objectKey === key)?.id;
    expect((await settled()('POST', `/api/v1/deliveries/${recordId}/resend`)).status).toBe(200);
    const again = await waitUntil(
      async () => {
        const { body } = await settled()<DeliveryDetails>('GET', `/api/v1/deliveries/${recordId}`);
        return body.history.length === 2 && body.state === 'SUCCEEDED' ? body : null;
      },
      { describe: 'the second acceptance' },
    );
    expect(again.history.map(({ requestId }) => requestId)).toEqual(mine().map(({ requestId }) => requestId));
    expect(mine()[0]?.body).toBe(mine()[1]?.body);
  });

  it('serves the healthy while another is dead', async () => {
    const name = id('T');
    await platform.publish(tariff(name, 1));
    await waitUntil(() => partner.objects.has(`/tariffs/DE/VLT/${name}`), { describe: 'the healthy one' });
    // It is tried now and then.
    await waitUntil(
      async () =>
        (await list('partnerId=dead&state=PENDING')).some(({ objectKey }) => objectKey === `tariff DE*VLT*${name}`),
      { describe: 'it in line for the dead one' },
    );
    expect(dead.objects.size).toBe(0);
  });

  it('goes on elsewhere when a replica ends in the middle, with the same bytes', async () => {
    const bill = aCdr({ id: id('C'), session_id: undefined });
    const mine = () => partner.of('/cdrs').filter(({ body }) => (JSON.parse(body) as Cdr).id === bill.id);
    partner.behave = ({ path }) => (path === '/cdrs' ? 'cut' : 'accept');
    await platform.publish(cdr(bill));
    await waitUntil(() => mine().length >= 1, { describe: 'the first attempt' });
    const second = await platform.start(gateway);
    await service.stop();
    service = second;
    partner.behave = () => 'accept';
    await waitUntil(() => succeeded.some(({ payload }) => payload.objectKey === `DE*VLT*${bill.id}`), {
      describe: 'the acceptance through the other',
    });
    expect(new Set(mine().map(({ body }) => body)).size).toBe(1);
    expect(partner.cdrs.has(bill.id)).toBe(true);
  });
});
