import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Location } from '@voltap/ocpi/model';
import { aConnector, aLocation, anEvse } from '@voltap/ocpi/testkit';
import { waitUntil } from '@voltap/platform/testing';
import { type Envelope, type LocationRecord, type LocationsBench, locationsBench } from './locations-bench.js';

describe('the locations service', () => {
  let bench: LocationsBench;

  beforeAll(async () => {
    bench = await locationsBench();
  });

  afterAll(() => bench?.platform.close());

  const read = async (id: string) =>
    (await bench.backEnd<LocationRecord>('GET', `/api/v1/locations/DE/VLT/${id}`)).body;

  describe('an import', () => {
    const network = (count: number, prefix: string) =>
      Array.from({ length: count }, (_, index) => aLocation({ id: `${prefix}${index}` }));

    it('takes an array of any size, and the same again changes nothing and tells nobody', async () => {
      const text = JSON.stringify(network(120, 'A'));
      expect((await bench.import(text)).body).toEqual({
        received: 120,
        created: 120,
        updated: 0,
        unchanged: 0,
        refused: 0,
        refusals: [],
      });
      await waitUntil(() => bench.told('A119').length === 1, { describe: 'the last location on the bus' });
      expect((await bench.import(text)).body).toMatchObject({ created: 0, updated: 0, unchanged: 120 });
      await bench.put(aLocation({ id: 'MARK' }));
      await waitUntil(() => bench.told('MARK').length === 1, { describe: 'what was told after it' });
      expect(bench.told('A119')).toHaveLength(1);
      expect((await read('A0')).revision).toBe(1);
    });

    it('takes a body that is larger than what other endpoints take', async () => {
      const padded = network(60, 'BIG').map((location) => ({ ...location, notes: 'x'.repeat(40_000) }));
      expect((await bench.import(JSON.stringify(padded))).body).toMatchObject({ created: 60, refused: 0 });
      expect(await read('BIG59')).toMatchObject({ location: { notes: expect.stringMatching(/^x{40000}$/) } });
    });

    it('refuses the records that are wrong, with pointers, and takes the others', async () => {
      const broken = { ...aLocation({ id: 'N1' }), time_zone: undefined, evses: [{ ...anEvse(), status: 'SLEEPING' }] };
      const lines = [
        JSON.stringify(aLocation({ id: 'N0' })),
        '',
        JSON.stringify(broken),
        '{"id":',
        JSON.stringify(aLocation({ id: 'N2' })),
      ];
      const { status, body } = await bench.import(lines.join('\r\n'), 'application/x-ndjson');
      expect(status).toBe(200);
      expect(body).toMatchObject({ received: 4, created: 2, refused: 2 });
      expect(body.refusals.map(({ index, id }) => ({ index, id }))).toEqual([
        { index: 1, id: 'N1' },
        { index: 2, id: null },
      ]);
      expect(body.refusals[0]?.violations.map(({ pointer }) => pointer).sort()).toEqual([
        '/evses/0/status',
        '/time_zone',
      ]);
      expect((await read('N2')).revision).toBe(1);
    });

    it('keeps what came before the place where the JSON breaks, and says that it broke', async () => {
      const whole = JSON.stringify(network(75, 'C'));
      const answer = await bench.import(`${whole.slice(0, -1)},{"id": oops`);
      expect(answer.status).toBe(400);
      expect(answer.body.code).toBe('invalid_json');
      expect((await read('C49')).revision).toBe(1);
      for (const text of ['', '{"id":"C1"}', '[', '[{]']) expect((await bench.import(text)).status).toBe(400);
      const long = await bench.import(`[{"id": oops}${`,${' '.repeat(1000)}{}`.repeat(8000)}]`);
      expect([long.status, long.body.code]).toEqual([400, 'invalid_json']);
      expect((await bench.import(whole)).body).toMatchObject({ received: 75, refused: 0 });
      expect((await bench.import(whole, 'text/csv')).status).toBe(422);
    });

    it('refuses EVSEs that share an id, as a put does', async () => {
      const twins = aLocation({ id: 'TWINS', evses: [anEvse(), anEvse({ uid: 'e1' })] });
      const pointer = '/evses/1/uid';
      expect((await bench.import(JSON.stringify([twins]))).body.refusals).toMatchObject([
        { violations: [{ pointer }] },
      ]);
      const put = await bench.put(twins);
      expect([put.status, put.body]).toMatchObject([422, { errors: [{ pointer }] }]);
    });

    it('refuses a location that contradicts itself, as a put does (LOC-14, LOC-16)', async () => {
      const opening_times = { twentyfourseven: false };
      const wrong = aLocation({ id: 'WRONG', time_zone: 'Mars/Olympus', opening_times });
      const pointers = ['/opening_times/regular_hours', '/time_zone'];
      const [refusal] = (await bench.import(JSON.stringify([wrong]))).body.refusals;
      expect(refusal?.violations.map(({ pointer }) => pointer)).toEqual(pointers);
      const put = await bench.put(wrong);
      expect([put.status, put.body]).toMatchObject([422, { errors: pointers.map((pointer) => ({ pointer })) }]);
    });

    it('gives a tariff to the connectors that name none', async () => {
      const location = aLocation({
        id: 'D1',
        evses: [
          anEvse({
            connectors: [
              aConnector(),
              aConnector({ id: '2', tariff_ids: undefined }),
              aConnector({ id: '3', tariff_ids: [] }),
            ],
          }),
        ],
      });
      await bench.import(JSON.stringify([location]), 'application/json', '?tariff_id=CARD');
      expect((await read('D1')).location.evses?.[0]?.connectors.map(({ tariff_ids }) => tariff_ids)).toEqual([
        ['T1'],
        ['CARD'],
        ['CARD'],
      ]);
    });

    it('runs beside another import of the same network without a loss', async () => {
      const list = network(100, 'E');
      const answers = await Promise.all([
        bench.import(JSON.stringify(list)),
        bench.import(JSON.stringify(list.toReversed())),
      ]);
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      const sum = (field: 'created' | 'unchanged') => answers.reduce((total, { body }) => total + body[field], 0);
      expect([sum('created'), sum('unchanged')]).toEqual([100, 100]);
    });
  });

  describe('a change', () => {
    const two = (id: string): Location =>
      aLocation({
        id,
        evses: [anEvse({ connectors: [aConnector(), aConnector({ id: '2' })] }), anEvse({ uid: 'E2' })],
      });
    const times = ({ location }: LocationRecord) => ({
      location: location.last_updated,
      evses: location.evses?.map(({ last_updated }) => last_updated),
      connectors: location.evses?.map(({ connectors }) => connectors.map(({ last_updated }) => last_updated)),
    });

    it('moves last_updated of exactly what changed and of what holds it (LOC-04)', async () => {
      const { body: first } = await bench.put(two('CASCADE'));
      const before = times(first);
      const location = two('CASCADE');
      location.evses?.[0]?.connectors.splice(1, 1, aConnector({ id: '2', max_amperage: 16 }));
      const { body: second } = await bench.put(location);
      const after = times(second);
      expect(second.revision).toBe(2);
      const now = after.location;
      expect(Date.parse(now)).toBeGreaterThan(Date.parse(before.location));
      expect(after).toEqual({
        location: now,
        evses: [now, before.evses?.[1]],
        connectors: [[before.connectors?.[0]?.[0], now], before.connectors?.[1]],
      });
      const { body: third } = await bench.put({ ...location, name: 'Depot South' });
      expect(times(third)).toEqual({ ...after, location: third.location.last_updated });
      expect(third.location.last_updated > now).toBe(true);
    });

    it('keeps an EVSE that is left out, as REMOVED, also when its place is put without any (LOC-06)', async () => {
      await bench.put(two('LEFT'));
      const { body } = await bench.put({
        ...two('LEFT'),
        evses: [anEvse({ connectors: [aConnector(), aConnector({ id: '2' })] })],
      });
      expect(body.location.evses?.map(({ uid, status }) => [uid, status])).toEqual([
        ['E1', 'AVAILABLE'],
        ['E2', 'REMOVED'],
      ]);
      const again = await bench.put({
        ...two('LEFT'),
        evses: [anEvse({ connectors: [aConnector(), aConnector({ id: '2' })] })],
      });
      expect(again.body.revision).toBe(2);
      const none = await bench.put({ ...two('LEFT'), evses: undefined });
      expect(none.body.location.evses?.map(({ status }) => status)).toEqual(['REMOVED', 'REMOVED']);
      await waitUntil(() => bench.toldStatuses('LEFT').length === 2, { describe: 'both removals told' });
      expect(bench.toldStatuses('LEFT').map(({ evse_uid, status }) => [evse_uid, status])).toEqual([
        ['E2', 'REMOVED'],
        ['E1', 'REMOVED'],
      ]);
      await waitUntil(() => bench.told('LEFT').length === 3, {
        describe: 'the whole place, told on a topic of its own',
      });
      expect(bench.told('LEFT').map(({ revision }) => revision)).toEqual([1, 2, 3]);
    });

    it('of a status is told alone, at once and only when it is one', async () => {
      await bench.put(two('STATUS'));
      const report = (evse_uid: string, status: string, location_id = 'status') => ({
        country_code: 'de',
        party_id: 'vlt',
        location_id,
        evse_uid,
        status,
      });
      const { body } = await bench.backEnd('POST', '/api/v1/evse-statuses', [
        report('E1', 'CHARGING'),
        report('e2', 'AVAILABLE'),
        report('E9', 'CHARGING'),
        report('E1', 'CHARGING', 'NOWHERE'),
        report('E1', 'AVAILABLE'),
      ]);
      expect(body).toMatchObject({ received: 5, changed: 2, unchanged: 1, refused: 2 });
      expect(body.refusals).toEqual([
        { index: 2, violations: [expect.objectContaining({ pointer: '/evse_uid' })] },
        { index: 3, violations: [expect.objectContaining({ pointer: '/location_id' })] },
      ]);
      expect((await bench.backEnd('POST', '/api/v1/evse-statuses', report('E2', 'INOPERATIVE'))).body).toMatchObject({
        changed: 1,
      });
      await waitUntil(() => bench.toldStatuses('STATUS').length === 3, { describe: 'three changes told' });
      expect(
        bench.toldStatuses('STATUS').map(({ evse_uid, previousStatus, status }) => [evse_uid, previousStatus, status]),
      ).toEqual([
        ['E1', 'AVAILABLE', 'CHARGING'],
        ['E1', 'CHARGING', 'AVAILABLE'],
        ['E2', 'AVAILABLE', 'INOPERATIVE'],
      ]);
      await waitUntil(() => bench.told('STATUS').length === 4, { describe: 'the location as it stands told, too' });
      expect(bench.told('STATUS').map(({ structural }) => structural)).toEqual([true, false, false, false]);
      const stored = await read('STATUS');
      expect(stored.revision).toBe(4);
      const [one, other] = stored.location.evses ?? [];
      expect(other?.last_updated).toBe(stored.location.last_updated);
      expect((one?.last_updated ?? '') < (other?.last_updated ?? '')).toBe(true);
      expect(bench.toldStatuses('STATUS').at(-1)?.last_updated).toBe(stored.location.last_updated);
      expect((await bench.backEnd('POST', '/api/v1/evse-statuses', report('E2', 'ASLEEP'))).status).toBe(422);
    });

    it('of a status to or from REMOVED is known from the location, too', async () => {
      await bench.put(two('CLOSED'));
      const report = (status: string) =>
        bench.backEnd('POST', '/api/v1/evse-statuses', {
          country_code: 'DE',
          party_id: 'VLT',
          location_id: 'CLOSED',
          evse_uid: 'E1',
          status,
        });
      await report('REMOVED');
      await report('AVAILABLE');
      await waitUntil(() => bench.told('CLOSED').length === 3, { describe: 'three revisions told' });
      expect(bench.told('CLOSED').map(({ location }) => location.evses?.[0]?.status)).toEqual([
        'AVAILABLE',
        'REMOVED',
        'AVAILABLE',
      ]);
    });

    it('loses no report when many come at once', async () => {
      await bench.put(two('BUSY'));
      const statuses = ['CHARGING', 'BLOCKED', 'INOPERATIVE', 'AVAILABLE'] as const;
      await Promise.all(
        Array.from({ length: 32 }, (_, index) =>
          bench.backEnd('POST', '/api/v1/evse-statuses', {
            country_code: 'DE',
            party_id: 'VLT',
            location_id: 'BUSY',
            evse_uid: index % 2 ? 'E1' : 'E2',
            status: statuses[index % 4],
          }),
        ),
      );
      const { revision, location } = await read('BUSY');
      await waitUntil(() => bench.toldStatuses('BUSY').length === revision - 1, { describe: 'each change told once' });
      const stamps = bench.toldStatuses('BUSY').map(({ last_updated }) => last_updated);
      expect(stamps).toEqual([...new Set(stamps)].sort());
      expect(stamps.at(-1)).toBe(location.last_updated);
    });
  });

  it('assigns a tariff to all connectors of a party, or to chosen ones', async () => {
    const party = 'ASG';
    for (const id of ['P1', 'P2'])
      await bench.put(aLocation({ id, party_id: party, evses: [anEvse(), anEvse({ uid: 'E2' })] }));
    const assign = (tariff: string, connectors: unknown) =>
      bench.backEnd('PUT', `/api/v1/tariff-assignments/DE/${party}/${tariff}`, { connectors });
    const tariffsOf = async (id: string) =>
      (await bench.backEnd<LocationRecord>('GET', `/api/v1/locations/DE/${party}/${id}`)).body.location.evses?.map(
        ({ connectors }) => connectors.map(({ tariff_ids }) => tariff_ids),
      );
    expect((await assign('CARD', 'all')).body).toEqual({ changed: 2 });
    expect((await assign('CARD', 'all')).body).toEqual({ changed: 0 });
    expect((await assign('NIGHT', [{ location_id: 'p1', evse_uid: 'e2' }])).body).toEqual({ changed: 1 });
    expect(await tariffsOf('P1')).toEqual([[['CARD']], [['NIGHT']]]);
    expect(await tariffsOf('P2')).toEqual([[['CARD']], [['CARD']]]);
    expect((await assign('X', [{ location_id: 'P9' }])).status).toBe(404);
    expect((await assign('X', [{ location_id: 'P1', evse_uid: 'E9' }])).status).toBe(404);
    expect((await assign('X', [])).status).toBe(422);
  });

  it('shows a partner its parties only, by ids in any case, and nothing that is not there (LOC-02, LOC-03, LOC-31, FMT-02, TRN-08)', async () => {
    await bench.put(aLocation({ id: 'CaSe' }));
    await bench.put(aLocation({ id: 'X1', party_id: 'XYZ' }));
    const get = async (path: string) =>
      bench.partner<Envelope<{ id?: string; uid?: string }>>('GET', `/ocpi/cpo/2.3.0/locations/${path}`);
    expect((await get('case')).body.data.id).toBe('CaSe');
    expect((await get('CASE/e1')).body.data.uid).toBe('E1');
    expect((await get('case/E1/1')).body.data.id).toBe('1');
    for (const path of ['NO', 'case/E9', 'case/E1/9', 'X1']) expect((await get(path)).status).toBe(404);
    const foreign = await bench.stranger<Envelope<Location[]>>('GET', '/ocpi/cpo/2.3.0/locations');
    expect(foreign.body.data.map(({ id }) => id)).toEqual(['X1']);
    expect(foreign.headers.get('x-total-count')).toBe('1');
    expect((await bench.backEnd('GET', '/api/v1/locations/DE/VLT/X1')).status).toBe(404);
  });
});
