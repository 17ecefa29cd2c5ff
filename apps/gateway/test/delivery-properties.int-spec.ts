import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { tariffDeleted } from '@voltap/contracts/events';
import { type DomainEvent, event } from '@voltap/kernel';
import type { Location, Session, Tariff } from '@voltap/ocpi/model';
import { aCdr, aLocation, anEvse, aSession, aTariff } from '@voltap/ocpi/testkit';
import { waitUntil } from '@voltap/platform/testing';
import fc from 'fast-check';
import { DeliveryStage, statusTime, told } from './delivery-stage.js';
import { WHIMS, WhimsicalPartner } from './whimsical-partner.js';

const STATUSES = ['AVAILABLE', 'CHARGING', 'BLOCKED', 'OUTOFORDER'] as const;
const RUNS = Number(process.env.VOLTAP_PROPERTY_RUNS ?? 25);

/** What happens at our side; `pause` lets the partner's answers come in between. */
const steps = fc.array(
  fc.oneof(
    fc.record({ what: fc.constant('location' as const), which: fc.nat(1), name: fc.nat(99) }),
    fc.record({ what: fc.constant('status' as const), which: fc.nat(1), status: fc.constantFrom(...STATUSES) }),
    fc.record({ what: fc.constant('tariff' as const), which: fc.nat(1), deleted: fc.boolean() }),
    fc.record({ what: fc.constant('session' as const), which: fc.nat(1), ends: fc.boolean() }),
    fc.record({ what: fc.constant('result' as const) }),
    fc.record({ what: fc.constant('pause' as const) }),
    fc.record({ what: fc.constantFrom('suspend' as const, 'restart' as const) }),
  ),
  { minLength: 3, maxLength: 14 },
);
const whims = fc.array(fc.constantFrom(...WHIMS), { maxLength: 40 });
type Step = typeof steps extends fc.Arbitrary<(infer One)[]> ? One : never;

/** Our side: what we hold, and the events that say so. Ids are new in every run, since nothing is forgotten between them. */
class World {
  readonly locations = new Map<string, Location>();
  readonly tariffs = new Map<string, Tariff | null>();
  readonly sessions = new Map<string, Session>();
  readonly cdrs = new Set<string>();
  readonly results = new Set<string>();
  private readonly revisions = new Map<string, number>();

  constructor(private readonly run: number) {}

  private next(key: string): number {
    const revision = (this.revisions.get(key) ?? 0) + 1;
    this.revisions.set(key, revision);
    return revision;
  }

  revisionOf(key: string): number {
    return this.revisions.get(key) ?? 0;
  }

  location(which: number, name: number): DomainEvent[] {
    const id = `L${this.run}-${which}`;
    const revision = this.next(id);
    const before = this.locations.get(id);
    const evses = before?.evses ?? [
      anEvse({ connectors: [{ ...anEvse().connectors[0], tariff_ids: undefined } as never] }),
    ];
    const location = aLocation({ id, name: `Name ${name}`, evses, last_updated: statusTime(revision) });
    this.locations.set(id, location);
    return [told.location(location, revision)];
  }

  status(which: number, status: (typeof STATUSES)[number]): DomainEvent[] {
    const id = `L${this.run}-${which}`;
    const before = this.locations.get(id);
    if (before === undefined) return [];
    const revision = this.next(id);
    const last_updated = statusTime(revision);
    const evses = (before.evses ?? []).map((evse) => ({ ...evse, status, last_updated }));
    const location = { ...before, evses, last_updated };
    this.locations.set(id, location);
    return [told.location(location, revision, false), told.status(id, status, revision)];
  }

  tariff(which: number, deleted: boolean): DomainEvent[] {
    const id = `T${this.run}-${which}`;
    const revision = this.next(id);
    if (deleted && this.tariffs.has(id)) {
      this.tariffs.set(id, null);
      const payload = {
        country_code: 'DE',
        party_id: 'VLT',
        id,
        deletedAt: `${statusTime(revision).slice(0, -1)}.000Z`,
      };
      return [event(tariffDeleted, { key: `DE*VLT*${id}`, revision, payload })];
    }
    const last_updated = statusTime(revision);
    this.tariffs.set(id, aTariff({ id, last_updated }));
    return [told.tariff(id, revision, { last_updated })];
  }

  session(which: number, ends: boolean): DomainEvent[] {
    const id = `S${this.run}-${which}`;
    const before = this.sessions.get(id);
    if (before?.status === 'COMPLETED') return [];
    const revision = this.next(id);
    const period = {
      start_date_time: statusTime(revision),
      dimensions: [{ type: 'ENERGY' as const, volume: revision }],
    };
    const session = aSession({
      id,
      kwh: revision,
      charging_periods: [...(before?.charging_periods ?? []), period],
      status: ends ? 'COMPLETED' : 'ACTIVE',
      last_updated: statusTime(revision),
    });
    this.sessions.set(id, session);
    if (!ends) return [told.session(session, revision)];
    const cdr = aCdr({ id: `C${this.run}-${which}`, session_id: id });
    this.cdrs.add(cdr.id);
    return [told.cdr(cdr), told.session(session, revision)];
  }
}

describe('deliveries to a partner that does what it likes', () => {
  let stage: DeliveryStage;
  let partner: WhimsicalPartner;
  let run = 0;
  let revision = 0;

  const connect = (status: 'REGISTERED' | 'SUSPENDED' = 'REGISTERED') =>
    stage.tell(stage.partner(partner.url, ++revision, { status }));

  beforeAll(async () => {
    stage = await DeliveryStage.start({
      VOLTAP_GATEWAY_PARTNER_TIMEOUT_MS: '100',
      VOLTAP_GATEWAY_RETRY_MS: '1',
      VOLTAP_GATEWAY_REFUSED_RETRY_MS: '2',
    });
    partner = await WhimsicalPartner.start();
    await connect();
  });
  afterAll(async () => {
    await stage?.close();
    await partner?.stop();
  });

  async function result(world: World): Promise<DomainEvent[]> {
    const id = `${run}-${world.results.size}`;
    await stage.sql(
      `insert into callback (correlation_id, partner_id, response_url, command, expires_at)
       values ($1, 'partner', $2, 'START_SESSION', now() + interval '1 hour')`,
      [id, `${partner.url}/result/${id}`],
    );
    world.results.add(`/result/${id}`);
    return [told.result(`command-${id}`, [`voltap:correlation:${id}`])];
  }

  async function happen(world: World, step: Step): Promise<void> {
    switch (step.what) {
      case 'location':
        return stage.publish(...world.location(step.which, step.name));
      case 'status':
        return stage.publish(...world.status(step.which, step.status));
      case 'tariff':
        return stage.publish(...world.tariff(step.which, step.deleted));
      case 'session':
        return stage.publish(...world.session(step.which, step.ends));
      case 'result':
        return stage.publish(...(await result(world)));
      case 'suspend':
        await connect('SUSPENDED');
        return connect();
      case 'restart':
        return stage.restart();
      case 'pause': {
        const before = partner.requests;
        await waitUntil(async () => partner.requests > before || ((await stage.queue())?.pending ?? 0) === 0, {
          describe: 'the partner to be asked',
        });
      }
    }
  }

  /** All planned is settled at the partner: every object has its newest revision accepted. */
  async function settled(world: World): Promise<void> {
    const { locations, tariffs, sessions, cdrs, results } = world;
    const counts = {
      location: locations.size,
      tariff: tariffs.size,
      session: sessions.size,
      cdr: cdrs.size,
      'command-result': results.size,
    };
    await waitUntil(
      async () => {
        const heads = await stage.sql<{ kind: string; n: string }>(
          `select kind, count(*) as n from delivery_head
           where object_key ~ ('(\\*[LTSC]${run}-)|(^COMMAND-${run}-)|(^command-${run}-)') group by kind`,
        );
        const planned = new Map(heads.map(({ kind, n }) => [kind, Number(n)]));
        const missing = Object.entries(counts).filter(([kind, n]) => (planned.get(kind) ?? 0) !== n);
        if (missing.length > 0) throw new Error(`planned ${JSON.stringify([...planned])} of ${JSON.stringify(counts)}`);
        return true;
      },
      { describe: 'all of it to be planned' },
    );
    await waitUntil(async () => (await newest(world)) && ((await stage.queue())?.pending ?? 1) === 0, {
      describe: 'the newest of all to be planned and nothing to wait',
    });
    await stage.quiet();
  }

  async function newest(world: World): Promise<boolean> {
    const rows = await stage.sql<{ key: string; revision: string }>(
      `select key, revision from location_state union all select key, revision from tariff_state
       union all select object_key, max(revision) from delivery_head where kind = 'session' group by object_key`,
    );
    const known = new Map(rows.map(({ key, revision: number }) => [key.split('*').at(-1), Number(number)]));
    return [...world.locations.keys(), ...world.tariffs.keys(), ...world.sessions.keys()].every(
      (id) => known.get(id) === world.revisionOf(id),
    );
  }

  it('ends with exactly what we hold, and all money once, for every schedule (COO-01, CDR-01, SES-05, LOC-24, OFF-05)', async () => {
    await fc.assert(
      fc.asyncProperty(steps, whims, async (happened, treated) => {
        run += 1;
        const world = new World(run);
        partner.begin(treated);
        for (const step of happened) await happen(world, step);
        await settled(world);
        expect(partner.complaints).toEqual([]);
        expect(byId(partner.locations)).toEqual(new Map([...world.locations].map(([id, one]) => [id, plain(one)])));
        const tariffs = [...world.tariffs].flatMap(([id, one]) => (one === null ? [] : [[id, plain(one)] as const]));
        expect(byId(partner.tariffs)).toEqual(new Map(tariffs));
        expect(byId(partner.sessions)).toEqual(new Map([...world.sessions].map(([id, one]) => [id, plain(one)])));
        expect(new Set(partner.cdrs.keys())).toEqual(world.cdrs);
        expect([...partner.results.keys()].sort()).toEqual([...world.results].sort());
        for (const bodies of partner.results.values()) expect(new Set(bodies).size).toBe(1);
      }),
      { numRuns: RUNS, seed: Number(process.env.VOLTAP_PROPERTY_SEED ?? 20261124), endOnFailure: true },
    );
  });
});

function byId(held: ReadonlyMap<string, object>): Map<string, unknown> {
  return new Map([...held].map(([path, one]) => [path.split('/').at(-1) ?? '', one]));
}

/** As JSON has it. */
function plain(value: object): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown;
}
