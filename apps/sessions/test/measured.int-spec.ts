import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { anRfid, type SessionsBench, sessionsBench, startEvent } from './sessions-bench.js';

const END = '2026-03-02T11:00:00Z';

/** A period that begins at this minute. */
function period(minute: string, volume: number, type = 'ENERGY') {
  return { start_date_time: `2026-03-02T${minute}:00Z`, dimensions: [{ type, volume }] };
}

describe('periods that the back-end measured', () => {
  let bench: SessionsBench;

  beforeAll(async () => {
    bench = await sessionsBench();
  });

  afterAll(() => bench?.platform.close());

  const report = (id: string, session: object) => bench.report(id, { session: { cdr_token: anRfid(), ...session } });

  it('lie within the session, one after the other (CDR-15)', async () => {
    const ended = { status: 'COMPLETED', end_date_time: END };
    const cases: [object, number][] = [
      [{ charging_periods: [period('09:59', 5)] }, 0],
      [{ charging_periods: [period('10:00', 4), period('10:30', 1), period('10:20', 0)] }, 2],
      [{ ...ended, charging_periods: [period('10:00', 4), period('11:01', 1)] }, 1],
    ];
    for (const [session, index] of cases) {
      const { status, body } = await report('OUTSIDE', session);
      const pointer = `/session/charging_periods/${index}/start_date_time`;
      expect([status, body.errors?.[0]?.pointer]).toEqual([422, pointer]);
    }
    expect((await bench.read('OUTSIDE')).code).toBe('not_found');
  });

  it('begin with the session, also where the back-end leaves its first minutes out, for the same price', async () => {
    const charging_periods = [period('10:10', 5)];
    const late = { status: 'COMPLETED', end_date_time: END, charging_periods };
    const first = await report('LATE', late);
    expect(first.body.session?.charging_periods?.map(({ start_date_time }) => start_date_time.slice(11, 16))).toEqual([
      '10:00',
      '10:10',
    ]);
    expect(first.body.session?.total_cost?.before_taxes).toBe(2.5);
    expect((await report('LATE', late)).body).toEqual(first.body);
  });

  it('alone tell that a vehicle fed back, and then the energy may become less', async () => {
    const taken = period('10:00', 5);
    await report('V2G', { kwh: 5, charging_periods: [taken] });
    const less = await report('V2G', { kwh: 3, charging_periods: [taken, period('10:30', 0)] });
    expect([less.status, less.body.errors?.[0]?.pointer]).toEqual([422, '/session/kwh']);
    const back = await report('V2G', { kwh: 3, charging_periods: [taken, period('10:30', 2, 'ENERGY_EXPORT')] });
    expect([back.status, back.body.session?.kwh, back.body.session?.total_cost?.before_taxes]).toEqual([200, 3, 1.5]);
  });
});

describe('the start of another party', () => {
  let bench: SessionsBench;

  beforeAll(async () => {
    bench = await sessionsBench();
  });

  afterAll(() => bench?.platform.close());

  it('is not that of a session here, whether it was known before or becomes known later', async () => {
    const foreign = { country_code: 'NL', party_id: 'OTH' };
    await bench.report('BEFORE', { commandId: 'foreign-1' });
    await bench.platform.publish(
      startEvent({ commandId: 'foreign-1', idTag: 'FOREIGN-1', ...foreign }),
      startEvent({ commandId: 'foreign-2', idTag: 'FOREIGN-2', ...foreign }),
    );
    await bench.settled();
    for (const reference of [{ commandId: 'foreign-2' }, { idTag: 'FOREIGN-2' }]) {
      expect((await bench.report('AFTER', reference)).body).toMatchObject({ bound: false, partnerId: null });
    }
    for (const id of ['BEFORE', 'AFTER']) expect((await bench.read(id)).code).toBe('not_found');
  });
});
