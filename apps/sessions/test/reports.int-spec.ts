import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cdrLocationSchema, type Session } from '@voltap/ocpi/model';
import { priceSession, totalsForCdr } from '@voltap/ocpi/pricing';
import { aLocation, aTariff } from '@voltap/ocpi/testkit';
import { waitUntil } from '@voltap/platform/testing';
import {
  anRfid,
  type Envelope,
  locationEvent,
  type SessionsBench,
  START,
  sessionsBench,
  startEvent,
} from './sessions-bench.js';

const END = '2026-03-02T11:00:00Z';

describe('reports of a session', () => {
  let bench: SessionsBench;
  let charges = 0;

  beforeAll(async () => {
    bench = await sessionsBench();
  });

  afterAll(() => bench?.platform.close());

  /** A charge whose start is known, running with 5 kWh at 10:30. */
  async function aCharge(): Promise<string> {
    const id = `CHARGE-${++charges}`;
    await bench.platform.publish(startEvent({ commandId: `cmd-${id}`, idTag: `VT-${id}` }));
    await bench.report(id, { commandId: `cmd-${id}`, reportedAt: '2026-03-02T10:30:00Z' });
    await bench.bound(id);
    return id;
  }

  async function refused(id: string, fields: Parameters<SessionsBench['report']>[1]) {
    const before = await bench.read(id);
    const { status, body } = await bench.report(id, fields);
    expect(await bench.read(id)).toEqual(before);
    return [status, body.errors?.[0]?.pointer ?? body.code];
  }

  it('take the token, the reference and the price of the start (SES-10, SES-11, SES-12, CMD-17)', async () => {
    const id = await aCharge();
    const { session, partnerId, commandId } = await bench.read(id);
    expect([partnerId, commandId]).toEqual(['partner-1', `cmd-${id}`]);
    expect(session).toMatchObject({
      id,
      auth_method: 'COMMAND',
      authorization_reference: `REF-cmd-${id}`,
      cdr_token: { country_code: 'NL', party_id: 'PTP', uid: 'AUTH-0001', type: 'AD_HOC_USER' },
      currency: 'EUR',
      total_cost: { before_taxes: 2.5, taxes: [{ name: 'VAT', percentage: 19, amount: 0.48 }] },
    });
  });

  it('said again change nothing and are told to nobody, with and without a time', async () => {
    const id = await aCharge();
    const before = await bench.read(id);
    for (const again of [{ reportedAt: '2026-03-02T10:30:00Z' }, {}]) {
      expect((await bench.report(id, again)).body).toEqual(before);
      expect((await bench.report(id.toLowerCase(), again)).status).toBe(200);
    }
    await bench.settled();
    expect(bench.changesOf(id).map(({ revision }) => revision)).toEqual([1]);
  });

  it('name the field of what is unknown or missing, and leave nothing behind (SES-13, SES-14)', async () => {
    const rfid = { cdr_token: anRfid() };
    const cases: [object, number, string][] = [
      [{ ...rfid, location_id: 'L9' }, 404, '/session/location_id'],
      [{ ...rfid, evse_uid: 'E9' }, 422, '/session/evse_uid'],
      [{ ...rfid, connector_id: '9' }, 422, '/session/connector_id'],
      [{}, 422, '/session/cdr_token'],
      [{ ...rfid, kwh: -1 }, 422, '/session/kwh'],
      [{ ...rfid, status: 'COMPLETED' }, 422, '/session/end_date_time'],
      [{ ...rfid, status: 'INVALID' }, 422, '/session/end_date_time'],
      [{ ...rfid, status: 'COMPLETED', end_date_time: '2026-03-02T09:00:00Z' }, 422, '/session/end_date_time'],
    ];
    for (const [session, status, pointer] of cases) {
      const answer = await bench.report('WRONG', { session });
      expect([answer.status, answer.body.errors?.[0]?.pointer]).toEqual([status, pointer]);
    }
    expect((await bench.read('WRONG')).code).toBe('not_found');
  });

  it('never take a session back, nor change one that has ended (SES-08, SES-15)', async () => {
    const id = await aCharge();
    expect(await refused(id, { session: { status: 'PENDING' } })).toEqual([409, 'conflict']);
    expect(await refused(id, { session: { kwh: 4.9 } })).toEqual([422, '/session/kwh']);
    expect(await refused(id, { session: { connector_id: '2' } })).toEqual([422, '/session/connector_id']);
    expect(await refused(id, { session: { start_date_time: '2026-03-02T10:05:00Z', kwh: 6 } })).toEqual([
      422,
      '/session/start_date_time',
    ]);
    const last = { session: { status: 'COMPLETED', kwh: 10, end_date_time: END } };
    const completed = await bench.report(id, last);
    expect(completed.body).toMatchObject({ revision: 2, session: { status: 'COMPLETED', kwh: 10 } });
    expect((await bench.report(id, last)).body).toEqual(completed.body);
    expect(await refused(id, { session: { ...last.session, kwh: 11 } })).toEqual([409, 'conflict']);
    expect(await refused(id, { session: { ...last.session, status: 'INVALID' } })).toEqual([409, 'conflict']);
    expect(await refused(id, { session: { kwh: 10 } })).toEqual([409, 'conflict']);
    await bench.settled();
    expect(bench.endsOf(id)).toHaveLength(1);
  });

  it('that come late, older than what is known, change nothing', async () => {
    const id = await aCharge();
    const period = { start_date_time: START, dimensions: [{ type: 'ENERGY', volume: 5 }] };
    const parked = { start_date_time: '2026-03-02T10:30:00Z', dimensions: [{ type: 'PARKING_TIME', volume: 0.25 }] };
    const at = (reportedAt: string, charging_periods: object[]) => ({ reportedAt, session: { charging_periods } });
    await bench.reported(id, at('2026-03-02T10:45:00Z', [period, parked]));
    const before = await bench.read(id);
    expect(before.session?.charging_periods).toHaveLength(2);
    expect((await bench.report(id, at('2026-03-02T10:30:00Z', [period]))).body).toEqual(before);
    expect((await bench.report(id, { reportedAt: '2026-03-02T10:15:00Z' })).body).toEqual(before);
    expect(await refused(id, { reportedAt: '2026-03-02T10:10:00Z', session: { kwh: 1 } })).toEqual([
      422,
      '/session/kwh',
    ]);
  });

  it('without periods become periods that are only ever appended, with parking where no energy came (SES-20)', async () => {
    const id = await aCharge();
    const periods = async (reportedAt: string | undefined, session: object) => {
      const reported = await bench.reported(id, { session, ...(reportedAt && { reportedAt }) });
      return (reported.charging_periods ?? []).map(({ start_date_time, dimensions, tariff_id }) => [
        start_date_time.slice(11, 19),
        tariff_id,
        ...dimensions.map(({ type, volume }) => `${type} ${volume}`),
      ]);
    };
    const first = ['10:00:00', 'T1', 'ENERGY 5', 'TIME 0.5'];
    const parking = ['10:30:00', 'T1', 'PARKING_TIME 0.1667'];
    const second = ['10:40:00', 'T1', 'ENERGY 2.25', 'TIME 0.1667'];
    expect(await periods('2026-03-02T10:40:00.400Z', { kwh: 5 })).toEqual([first, parking]);
    expect(await periods('2026-03-02T10:50:00Z', { kwh: 7.25 })).toEqual([first, parking, second]);
    const end = { status: 'COMPLETED', kwh: 7.25, end_date_time: END };
    expect(await periods(undefined, end)).toEqual([first, parking, second, ['10:50:00', 'T1', 'PARKING_TIME 0.1667']]);
  });

  it('are priced by the engine from the same data, as long as the charge runs and at its end (SES-17)', async () => {
    const tariff = aTariff({
      elements: [
        {
          price_components: [
            { type: 'FLAT', price: 1, vat: 19, step_size: 1 },
            { type: 'ENERGY', price: 0.39, vat: 19, step_size: 1 },
            { type: 'PARKING_TIME', price: 6, vat: 19, step_size: 300 },
          ],
        },
      ],
    });
    await bench.platform.publish(
      startEvent({ commandId: 'cmd-PRICED', idTag: 'PRICED', tariff: { revision: 7, tariff } }),
    );
    await bench.report('PRICED', { commandId: 'cmd-PRICED', reportedAt: '2026-03-02T10:20:00Z' });
    const costAt = (session: Session, now: string) => {
      const periods = session.charging_periods ?? [];
      const priced = priceSession({ tariff, periods, startedAt: START, now, timeZone: 'Europe/Berlin' });
      return totalsForCdr(priced).total_cost;
    };
    const { session: first } = await bench.bound('PRICED');
    expect(first?.total_cost).toEqual(costAt(first as Session, '2026-03-02T10:20:00Z'));
    const parked = await bench.reported('PRICED', { reportedAt: '2026-03-02T10:31:00Z' });
    expect(parked.total_cost).toEqual(costAt(parked, '2026-03-02T10:31:00Z'));
    // 1 + 5 x 0.39 + 15 begun minutes of 6 an hour
    expect(parked.total_cost?.before_taxes).toBe(4.45);
    const end = { status: 'COMPLETED', end_date_time: END };
    const completed = await bench.reported('PRICED', { session: end });
    expect(completed.total_cost).toEqual(costAt(completed, END));
    await bench.settled();
    expect(bench.endsOf('PRICED')[0]?.payload).toMatchObject({
      tariff: { revision: 7 },
      location: { id: 'L1', evse_uid: 'E1', connector_id: '1', evse_id: 'DE*VLT*E0001' },
      timeZone: 'Europe/Berlin',
      session: completed,
    });
  });

  it('of a start that never became a charge cost nothing, whatever the tariff (SES-16, SES-25, CMD-33)', async () => {
    const price_components = [{ type: 'FLAT' as const, price: 1, vat: 19, step_size: 1 }];
    const tariff = { revision: 1, tariff: aTariff({ elements: [{ price_components }] }) };
    await bench.platform.publish(startEvent({ commandId: 'cmd-NEVER', idTag: 'NEVER', tariff }));
    await bench.settled();
    const pending = await bench.reported('NEVER', { idTag: 'NEVER', session: { status: 'PENDING', kwh: 0 } });
    expect(pending).toMatchObject({ status: 'PENDING', charging_periods: [] });
    const never = { status: 'INVALID', kwh: 0, end_date_time: '2026-03-02T10:02:00Z' };
    expect(await bench.reported('NEVER', { session: never })).toMatchObject({
      status: 'INVALID',
      charging_periods: [],
      total_cost: { before_taxes: 0, taxes: [] },
    });
    await bench.settled();
    expect(bench.endsOf('NEVER')).toHaveLength(1);
  });

  it('take the start time anew while pending, and end no later than the back-end says (SES-09)', async () => {
    await bench.platform.publish(startEvent({ commandId: 'cmd-PLUG', idTag: 'PLUG' }));
    await bench.settled();
    const plugged = '2026-03-02T10:02:00Z';
    await bench.reported('PLUG', { idTag: 'PLUG', session: { status: 'PENDING', kwh: 0 } });
    const active = { start_date_time: plugged, kwh: 5 };
    // Our clock, or theirs, is ahead of the meter by five seconds.
    await bench.reported('PLUG', { session: active, reportedAt: '2026-03-02T11:00:05Z' });
    const ended = await bench.reported('PLUG', { session: { ...active, status: 'COMPLETED', end_date_time: END } });
    expect(ended.charging_periods).toEqual([
      {
        start_date_time: '2026-03-02T10:02:00.000Z',
        tariff_id: 'T1',
        dimensions: [
          { type: 'ENERGY', volume: 5 },
          { type: 'TIME', volume: 0.9667 },
        ],
      },
    ]);
  });

  it('of a place with long names end within the lengths of a CDR (LOC-28)', async () => {
    const location = aLocation({ id: 'LONG', address: 'Ä'.repeat(200), state: 'Ö'.repeat(45), name: 'N'.repeat(255) });
    await bench.platform.publish(locationEvent(location));
    const session = { location_id: 'LONG', status: 'COMPLETED', end_date_time: END, cdr_token: anRfid() };
    await waitUntil(async () => (await bench.report('LONG', { session })).status === 200, { describe: 'the place' });
    await waitUntil(() => bench.endsOf('LONG').length > 0, { describe: 'its end' });
    const frozen = bench.endsOf('LONG')[0]?.payload.location;
    expect([frozen?.address, frozen?.state]).toEqual(['Ä'.repeat(45), 'Ö'.repeat(20)]);
    expect(cdrLocationSchema.safeParse(frozen).success).toBe(true);
  });

  it('of one session at once make one session with rising revisions (SES-27)', async () => {
    await bench.platform.publish(startEvent({ commandId: 'cmd-MANY', idTag: 'MANY' }));
    await bench.settled();
    const energies = Array.from({ length: 12 }, (_, index) => index + 1);
    const answers = await Promise.all(energies.map((kwh) => bench.report('MANY', { idTag: 'MANY', session: { kwh } })));
    expect(answers.every(({ status }) => status === 200 || status === 422)).toBe(true);
    const taken = answers.filter(({ status }) => status === 200).map(({ body }) => body);
    expect(new Set(taken.map(({ revision }) => revision)).size).toBe(taken.length);
    const ordered = taken.toSorted((one, other) => one.revision - other.revision);
    expect(ordered.map(({ revision }) => revision)).toEqual(taken.map((_, index) => index + 1));
    const told = ordered.map(({ session }) => session as Session);
    expect(told.map(({ kwh }) => kwh)).toEqual(told.map(({ kwh }) => kwh).toSorted((one, other) => one - other));
    expect(new Set(told.map(({ last_updated }) => last_updated)).size).toBe(told.length);
    expect((await bench.read('MANY')).session?.kwh).toBe(12);
    await bench.settled();
    expect(bench.changesOf('MANY').map(({ payload }) => payload.session)).toEqual(told);
  });

  it('are seen by the partner whose charge it is, and cards of others by no partner (SES-18, TRN-08)', async () => {
    const id = await aCharge();
    await bench.reported('CARD', { session: { cdr_token: anRfid() } });
    const list = async (call: SessionsBench['partner']) => {
      const { body } = await call<Envelope<Session[]>>(
        'GET',
        '/ocpi/cpo/2.3.0/sessions?date_from=2026-01-01T00:00:00Z',
      );
      expect(body.status_code).toBe(1000);
      return body.data.map((session) => session.id);
    };
    expect(await list(bench.partner)).toEqual(expect.arrayContaining([id]));
    expect(await list(bench.partner)).not.toContain('CARD');
    expect(await list(bench.stranger)).toEqual([]);
    expect(await bench.read('CARD')).toMatchObject({ partnerId: null, session: { auth_method: 'WHITELIST' } });
  });

  it('are of EVSEs that take no charging preferences (SES-23)', async () => {
    const id = await aCharge();
    const preferences = { profile_type: 'FAST' };
    const path = `/ocpi/cpo/2.3.0/sessions/${id}/charging_preferences`;
    const { status, body } = await bench.partner<Envelope>('PUT', path, preferences);
    expect([status, body.status_code]).toEqual([404, 2001]);
  });
});
