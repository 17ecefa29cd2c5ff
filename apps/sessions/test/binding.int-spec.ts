import { afterAll, describe, expect, it } from '@jest/globals';
import type { Session } from '@voltap/ocpi/model';
import { aLocation } from '@voltap/ocpi/testkit';
import { waitUntil } from '@voltap/platform/testing';
import {
  type Envelope,
  locationEvent,
  type ReportFields,
  type SessionsBench,
  sessionsBench,
  startEvent,
  tariffEvent,
} from './sessions-bench.js';

const DISTURBED = { deliverTwice: true, failFirst: true };
const COMPLETED = { status: 'COMPLETED', end_date_time: '2026-03-02T11:00:00Z' };

describe.each([
  ['an undisturbed bus', {}],
  ['a bus that repeats and fails', DISTURBED],
  ['a bus that mixes the order', { permuteSeed: 7 }],
])('a report and its start, over %s', (_, consumption) => {
  let bench: SessionsBench;

  afterAll(() => bench?.platform.close());

  it('meet whichever comes first, by command or by tag, at once or apart, as one session that ends once', async () => {
    bench = await sessionsBench(consumption);
    const names = ['A', 'B', 'C', 'D', 'E', 'F'].flatMap((letter) => [`${letter}-cmd`, `${letter}-tag`]);
    const by = (name: string): ReportFields => (name.endsWith('cmd') ? { commandId: name } : { idTag: `VT${name}` });
    const start = (name: string) => bench.platform.publish(startEvent({ commandId: name, idTag: `VT${name}` }));
    const report = (name: string, session = {}) => bench.report(name, { ...by(name), session });
    await Promise.all(
      names.map(async (name) => {
        if (name < 'C') {
          await start(name);
          await report(name);
        } else if (name < 'E') {
          const { status, body } = await report(name);
          expect([status, body.bound, body.session]).toEqual([200, false, null]);
          await start(name);
        } else {
          await Promise.all([start(name), report(name)]);
        }
      }),
    );
    for (const name of names) {
      const view = await bench.bound(name);
      expect(view).toMatchObject({ partnerId: 'partner-1', commandId: name, session: { id: name, kwh: 5 } });
    }
    await Promise.all(names.flatMap((name) => [report(name, COMPLETED), report(name, COMPLETED)]));
    await waitUntil(() => names.every((name) => bench.endsOf(name).length > 0), { describe: 'all ends' });
    await bench.settled();
    for (const name of names) {
      expect(bench.endsOf(name)).toHaveLength(1);
      expect(bench.changesOf(name).map(({ revision }) => revision)).toEqual([1, 2]);
    }
  });
});

describe('a report whose start is not known yet', () => {
  let bench: SessionsBench;

  afterAll(() => bench?.platform.close());

  it('is kept with all that came before it, by the rules of sessions, and seen by no partner', async () => {
    bench = await sessionsBench();
    const report = (reportedAt: string | undefined, session: object) =>
      bench.report('EARLY', { commandId: 'cmd-EARLY', session, ...(reportedAt && { reportedAt }) });
    expect((await report('2026-03-02T10:30:00Z', { kwh: 5 })).status).toBe(200);
    expect((await report('2026-03-02T10:45:00Z', { kwh: 5 })).status).toBe(200);
    expect((await report(undefined, { ...COMPLETED, kwh: 4 })).body.errors?.[0]?.pointer).toBe('/session/kwh');
    expect((await report(undefined, { status: 'COMPLETED' })).body.errors?.[0]?.pointer).toBe('/session/end_date_time');
    expect((await report(undefined, { ...COMPLETED, kwh: 6 })).body.bound).toBe(false);
    expect((await report(undefined, { ...COMPLETED, kwh: 6 })).status).toBe(200);
    expect((await report('2026-03-02T10:50:00Z', { kwh: 5.5 })).status).toBe(409);
    const list = await bench.partner<Envelope<Session[]>>('GET', '/ocpi/cpo/2.3.0/sessions');
    expect(list.body.data.map(({ id }) => id)).not.toContain('EARLY');
    expect((await bench.read('EARLY')).code).toBe('not_found');

    await bench.platform.publish(startEvent({ commandId: 'cmd-EARLY', idTag: 'EARLY' }));
    const { session } = await bench.bound('EARLY');
    expect(session?.charging_periods?.map(({ dimensions }) => dimensions)).toEqual([
      [
        { type: 'ENERGY', volume: 5 },
        { type: 'TIME', volume: 0.5 },
      ],
      [{ type: 'PARKING_TIME', volume: 0.25 }],
      [
        { type: 'ENERGY', volume: 1 },
        { type: 'TIME', volume: 0.25 },
      ],
    ]);
    await bench.settled();
    expect([bench.changesOf('EARLY').length, bench.endsOf('EARLY').length]).toEqual([1, 1]);
  });

  it('does not hold up its start when it names nothing that we have, and is bound once it does', async () => {
    const lost = { evse_uid: 'E9' };
    expect((await bench.report('LOST', { commandId: 'cmd-LOST', session: lost })).body.bound).toBe(false);
    await bench.platform.publish(startEvent({ commandId: 'cmd-LOST', idTag: 'LOST' }));
    await bench.settled();
    const again = await bench.report('LOST', { commandId: 'cmd-LOST', session: lost });
    expect([again.status, again.body.errors?.[0]?.pointer]).toEqual([422, '/session/evse_uid']);
    const { evses = [], ...location } = aLocation();
    const added = evses.map((evse) => ({ ...evse, uid: 'E9' }));
    await bench.platform.publish(locationEvent({ ...location, evses: [...evses, ...added] }, 2));
    expect(await bench.bound('LOST')).toMatchObject({ commandId: 'cmd-LOST', session: { evse_uid: 'E9' } });
    await bench.settled();
    expect(bench.changesOf('LOST')).toHaveLength(1);
  });
});

describe('a start that is known before its place', () => {
  let bench: SessionsBench;

  afterAll(() => bench?.platform.close());

  it('waits for the place', async () => {
    bench = await sessionsBench({ place: false });
    expect((await bench.report('S1', { idTag: 'T1' })).body.bound).toBe(false);
    await bench.platform.publish(startEvent({ commandId: 'C1', idTag: 'T1' }));
    await waitUntil(async () => (await bench.report('S2', { commandId: 'C1' })).status === 404, {
      describe: 'the start to be known',
    });
    await bench.platform.publish(tariffEvent(), locationEvent());
    expect(await bench.bound('S1')).toMatchObject({ revision: 1, commandId: 'C1', partnerId: 'partner-1' });
  });
});
