import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cdrs } from '@voltap/cdrs';
import type { SessionView } from '@voltap/contracts/back-office';
import {
  type CdrCreated,
  cdrCreated,
  commandAccepted,
  locationChanged,
  partnerRegistered,
} from '@voltap/contracts/events';
import { type EventMessage, event } from '@voltap/kernel';
import type { ChargingPeriod, Tariff } from '@voltap/ocpi/model';
import { aLocation, aStartSession, aTariff } from '@voltap/ocpi/testkit';
import { anOperator, type Call, callsTo, type TestPlatform, testPlatform, waitUntil } from '@voltap/platform/testing';
import { sessions } from '@voltap/sessions';
import fc from 'fast-check';

/** What a vehicle did for a while: charged, or stood there. */
interface Stretch {
  readonly seconds: number;
  readonly wattHours: number;
}
interface Charge {
  readonly tariff: Tariff;
  readonly startedAt: number;
  readonly stretches: readonly Stretch[];
  /** Whether the back-end reports the periods, none, or that there are none: then they are derived, wholly or at the end. */
  readonly periodsGiven: 'all' | 'none' | 'empty';
}

const price = fc.integer({ min: 0, max: 20_000 }).map((tenThousandths) => tenThousandths / 10_000);
const vat = fc.constantFrom(undefined, 0, 7, 19);
const step_size = fc.constantFrom(0, 1, 60, 300, 900);
const component = (type: 'ENERGY' | 'TIME' | 'PARKING_TIME' | 'FLAT') =>
  fc.record({ type: fc.constant(type), price, vat, step_size });
const components = fc.tuple(component('ENERGY'), component('TIME'), component('PARKING_TIME'), component('FLAT'));
const limit = fc.integer({ min: 0, max: 4000 }).map((cents) => ({ before_taxes: cents / 100 }));

const tariffs = fc
  .record({
    night: fc.option(components, { nil: undefined }),
    day: components,
    tax_included: fc.constantFrom('YES' as const, 'NO' as const, 'N/A' as const),
    min_price: fc.option(limit, { nil: undefined }),
    max_price: fc.option(limit, { nil: undefined }),
  })
  .map(({ night, day, ...rest }) =>
    aTariff({
      elements: [
        ...(night === undefined
          ? []
          : [{ price_components: night, restrictions: { start_time: '01:30', end_time: '03:15' } }]),
        { price_components: day },
      ],
      ...rest,
    }),
  );

const charges: fc.Arbitrary<Charge> = fc.record({
  tariff: tariffs,
  // Around both changes of the clock in Berlin, and on any other day.
  startedAt: fc
    .tuple(
      fc.constantFrom('2026-03-28T20:00:00Z', '2026-10-24T20:00:00Z', '2026-07-01T00:00:00Z'),
      fc.integer({ min: 0, max: 8 * 3_600_000 }),
    )
    .map(([day, milliseconds]) => Date.parse(day) + milliseconds),
  stretches: fc.array(
    fc.record({
      seconds: fc.integer({ min: 1, max: 9000 }),
      wattHours: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 30_000 })),
    }),
    { minLength: 1, maxLength: 5 },
  ),
  periodsGiven: fc.constantFrom('all', 'none', 'empty'),
});

describe('sessions and CDRs', () => {
  let platform: TestPlatform;
  let backEnd: Call;
  let created: readonly EventMessage<CdrCreated>[];
  let number = 0;

  beforeAll(async () => {
    platform = await testPlatform({ services: ['sessions', 'cdrs'] });
    backEnd = callsTo(await platform.start(sessions), platform.callerHeaders(anOperator()));
    await platform.start(cdrs);
    created = await platform.observe(cdrCreated);
    await platform.publish(
      event(locationChanged, {
        key: 'DE*VLT*L1',
        revision: 1,
        payload: { location: aLocation(), structural: true },
      }),
      event(partnerRegistered, {
        key: 'partner-1',
        revision: 1,
        payload: {
          partnerId: 'partner-1',
          name: 'Terminal provider',
          status: 'REGISTERED',
          profile: 'payter',
          settings: {},
          parties: [],
          customerReferences: [],
          versions: ['2.3.0'],
          version: '2.3.0',
          roles: [],
          endpoints: [],
          inboundTokens: [],
          outboundToken: null,
        },
      }),
    );
  });

  afterAll(() => platform?.close());

  /** Promises the start under the tariff, reports the charge stretch by stretch, and ends it. */
  async function play({ tariff, startedAt, stretches, periodsGiven }: Charge, id: string): Promise<SessionView> {
    await promise(id, tariff);
    const place = { location_id: 'L1', evse_uid: 'E1', connector_id: '1' };
    const start_date_time = new Date(startedAt).toISOString();
    const periods: ChargingPeriod[] = [];
    let moment = startedAt;
    let wattHours = 0;
    let answer: SessionView | undefined;
    for (const [index, stretch] of stretches.entries()) {
      const hours = Number((stretch.seconds / 3600).toFixed(4));
      const dimensions: ChargingPeriod['dimensions'] =
        stretch.wattHours === 0
          ? [{ type: 'PARKING_TIME', volume: hours }]
          : [
              { type: 'ENERGY', volume: stretch.wattHours / 1000 },
              { type: 'TIME', volume: hours },
              { type: 'POWER', volume: 11 },
            ];
      periods.push({ start_date_time: new Date(moment).toISOString(), dimensions });
      moment += stretch.seconds * 1000;
      wattHours += stretch.wattHours;
      const reportedAt = new Date(moment).toISOString();
      const ends = index === stretches.length - 1;
      answer = await report(id, reportedAt, {
        ...place,
        start_date_time,
        kwh: wattHours / 1000,
        ...(ends ? { status: 'COMPLETED', end_date_time: reportedAt } : { status: 'ACTIVE' }),
        ...(periodsGiven === 'none' ? {} : { charging_periods: periodsGiven === 'all' ? periods : [] }),
      });
    }
    if (answer === undefined) throw new Error('a charge has at least one stretch');
    return answer;
  }

  async function report(id: string, reportedAt: string, session: object): Promise<SessionView> {
    return waitUntil(
      async () => {
        const body = { commandId: id, reportedAt, session };
        const { body: view } = await backEnd<SessionView>('PUT', `/api/v1/sessions/DE/VLT/${id}`, body);
        return view.bound && view;
      },
      { describe: `session ${id} to be bound` },
    );
  }

  function promise(id: string, tariff: Tariff): Promise<void> {
    const { token } = aStartSession();
    return platform.publish(
      event(commandAccepted, {
        key: id,
        revision: 1,
        payload: {
          commandId: id,
          type: 'START_SESSION',
          partnerId: 'partner-1',
          country_code: 'DE',
          party_id: 'VLT',
          idTag: `VT-${id}`,
          authorization_reference: id,
          token,
          location_id: 'L1',
          evse_uid: 'E1',
          connector_id: '1',
          session_id: null,
          tariff: { revision: 1, tariff },
          acceptedAt: '2026-03-02T10:00:00Z',
          deadline: '2026-03-02T10:01:00Z',
        },
      }),
    );
  }

  it('cost the same to the cent, for every tariff, also when the clock changes', async () => {
    await fc.assert(
      fc.asyncProperty(charges, async (charge) => {
        const id = `CHARGE-${++number}`;
        const { session } = await play(charge, id);
        const { payload } = await waitUntil(() => created.find((each) => each.payload.cdr.session_id === id), {
          describe: `the CDR of ${id}`,
        });
        const { cdr } = payload;
        expect(session?.total_cost).toBeDefined();
        expect(cdr.total_cost).toEqual(session?.total_cost);
        expect(cdr.currency).toBe(session?.currency);
        expect(cdr.total_energy).toBeCloseTo(session?.kwh ?? Number.NaN, 9);
        expect(cdr.charging_periods[0]?.start_date_time).toBe(session?.start_date_time);
        expect(created.filter((each) => each.payload.cdr.session_id === id)).toHaveLength(1);
      }),
      { numRuns: 60 },
    );
  });

  it('bill the hour that the clock repeats, and not the one that it skips', async () => {
    const night = (startedAt: string): Charge => ({
      tariff: aTariff({
        tax_included: 'N/A',
        elements: [
          {
            price_components: [{ type: 'TIME', price: 6, step_size: 1 }],
            restrictions: { start_time: '02:00', end_time: '03:00' },
          },
        ],
      }),
      startedAt: Date.parse(startedAt),
      stretches: [{ seconds: 4 * 3600, wattHours: 4000 }],
      periodsGiven: 'none',
    });
    for (const [startedAt, total] of [
      ['2026-10-24T23:00:00Z', 12],
      ['2026-03-28T23:00:00Z', 0],
      ['2026-07-01T22:00:00Z', 6],
    ] as const) {
      const id = `NIGHT-${++number}`;
      const { session } = await play(night(startedAt), id);
      const { payload } = await waitUntil(() => created.find((each) => each.payload.cdr.session_id === id), {
        describe: `the CDR of ${id}`,
      });
      expect([session?.total_cost?.before_taxes, payload.cdr.total_cost.before_taxes]).toEqual([total, total]);
    }
  });
});
