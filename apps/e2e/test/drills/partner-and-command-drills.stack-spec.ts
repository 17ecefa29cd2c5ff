import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@voltap/platform/testing';
import {
  assign,
  CUSTOMER_REFERENCE,
  ensureRegistered,
  type JsonObject,
  type Simulator,
  textOf,
} from '@voltap/simulator';
import { type AlertDrill, openAlertDrill } from '../stage/alert-drill.js';
import { namedStack } from '../stage/named-stack.js';
import { asObject, listed } from '../stage/settled-charge.js';
import { openStage, type Stage } from '../stage/stage.js';
import { commandsUntilLastNight } from './command-history.js';

const TERMINAL = 'T-1';
const OFTEN = 1_000_000;
/** Of a promise these are kept for telling the partner, so that one of five seconds ends after two. */
const MARGIN_SECONDS = 3;
const HASTY_SECONDS = 5;
/** Until it is answered by hand. */
const PATIENT_SECONDS = 300;
/** Well after the promise of five seconds has ended, on a slow machine too. */
const LATE_START_MS = 12_000;
const PATIENCE_MS = 150_000;

interface Place {
  readonly locationId: string;
  readonly evseUid: string;
  readonly connectorId: string;
}

/**
 * Each runbook about partners, commands and sessions, followed once: the fault is caused, a real Prometheus finds what the alert
 * asks, the operator types what the page names and reads what it promises, does what it says, and the alert ends.
 *
 * Days and minutes pass by SQL, and each place says so. An alert about what was counted within the last minutes ends by
 * itself so much later; that is not waited for, its question is asked about the last seconds.
 */
describe('a runbook followed against its fault', () => {
  let stage: Stage;
  let simulator: Simulator;
  let drill: AlertDrill;
  let partner: string;
  let folder: string;
  const places: Place[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'voltap-drill-'));
    stage = await openStage({
      platform: {
        stack: namedStack(),
        environment: {
          VOLTAP_GATEWAY_RETRY_MS: '100',
          VOLTAP_GATEWAY_REFUSED_RETRY_MS: '500',
          VOLTAP_COMMANDS_DELIVERY_MARGIN_SECONDS: `${MARGIN_SECONDS}`,
          VOLTAP_COMMANDS_STOP_TIMEOUT_SECONDS: '20',
        },
      },
    });
    simulator = stage.simulator;
    partner = (await ensureRegistered(simulator, '2.3.0')).partnerId ?? '';
    drill = await openAlertDrill(stage.platform, commandsUntilLastNight(partner, String(stage.platform.healthUrl)));
  });
  afterEach(() => simulator?.misbehaviours.clear());
  afterAll(async () => {
    await drill?.close();
    await stage?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** The charge whose report is forgotten. */
  const lost = {
    place: { locationId: '', evseUid: '', connectorId: '' },
    session: randomUUID(),
    since: new Date().toISOString(),
  };
  const report = ({ commandId }: { commandId: string }, more: JsonObject = {}) => {
    const { locationId: location_id, evseUid: evse_uid, connectorId: connector_id } = lost.place;
    const place = { location_id, evse_uid, connector_id };
    const session = { status: 'ACTIVE', start_date_time: lost.since, kwh: 1, ...place, ...more };
    return simulator.operator.put(`/sessions/DE/VLT/${lost.session}`, { commandId, session });
  };
  const unbound = async () => (await listed(simulator, '/sessions/unbound')).find(({ id }) => id === lost.session);

  const terminal = () => simulator.ptp.terminal(TERMINAL);

  /** A free charge point at a location of its own. */
  function freePlace(): Place {
    const place = places.shift();
    if (place === undefined) throw new Error('there is no free place left');
    return place;
  }

  function setStatus({ evseUid }: Place, status: string): void {
    const point = simulator.backEnd.network.all.find((each) => each.evseUid === evseUid);
    if (point === undefined) throw new Error(`the back-end does not know ${evseUid}`);
    simulator.backEnd.setStatus(point, status);
    simulator.backEnd.tick();
  }

  function promise({ locationId }: Place, seconds: number): Promise<unknown> {
    return simulator.operator.put(`/command-timeouts/DE/VLT/${locationId}`, { START_SESSION: seconds });
  }

  /** Of the newest delivery of a module that waits and was answered so. */
  async function waiting(module: string, reason: RegExp): Promise<string> {
    const words = ['deliveries', 'list', '--partner', partner, '--module', module, '--state', 'PENDING'];
    const out = await drill.untilTold(words, reason);
    return /^([\da-f-]{36}) /m.exec(out)?.[1] ?? '';
  }

  /** A driver whose charge runs. */
  async function charging(place: Place): Promise<string> {
    const reference = randomUUID();
    expect(await terminal().tap({ ...place, authorizationReference: reference })).toMatchObject({ result: 'ACCEPTED' });
    const charge = () => simulator.backEnd.chargeOf(reference);
    await simulator.until('some energy', () => (charge()?.activeSeconds ?? 0) > 300, PATIENCE_MS);
    await simulator.until('charging', () => simulator.ptp.desk.charge(reference).phase === 'CHARGING', PATIENCE_MS);
    return reference;
  }

  async function settled(reference: string): Promise<void> {
    await simulator.until('the CDR', () => simulator.ptp.desk.charge(reference).cdrKey !== null, PATIENCE_MS);
  }

  async function charged(place: Place): Promise<string> {
    const reference = await charging(place);
    expect((await terminal().stop(reference)).accepted).toBe(true);
    return reference;
  }

  /** Until payments knows this of a charge; what it hears later would change when the charge is due. */
  async function untilKnown(reference: string, facts: JsonObject): Promise<JsonObject> {
    return waitUntil(
      async () => {
        const found = asObject(await simulator.operator.get(`/reconciliation/${reference}`));
        return Object.entries(facts).every(([name, value]) => found[name] === value) && found;
      },
      { describe: `${reference} to be known with ${JSON.stringify(facts)}`, timeoutMs: PATIENCE_MS },
    );
  }

  /** A start that the back-end accepts with a word, and of which it then knows nothing. @returns its reference and command */
  async function startWithoutCharge(place: Place): Promise<{ reference: string; commandId: string }> {
    const reference = randomUUID();
    simulator.misbehaviours.add({ kind: 'no-answer' });
    const tapped = terminal().tap({ ...place, authorizationReference: reference });
    const commandId = await waitUntil(
      async () => {
        const open = JSON.parse(await drill.told('commands', 'list', '--status', 'ACCEPTED', '--json')) as JsonObject[];
        return textOf(
          open.find((each) => each.authorization_reference === reference),
          'commandId',
        );
      },
      { describe: 'the command to be listed', timeoutMs: PATIENCE_MS },
    );
    await simulator.operator.post(`/commands/${commandId}/answer`, { result: 'ACCEPTED' });
    expect(await tapped).toMatchObject({ result: 'ACCEPTED' });
    return { reference, commandId };
  }

  it('VoltapPartnerDoesNotPoll: it registered yesterday, and has read nothing', async () => {
    const daysPass = () =>
      drill.sql('credentials', `update partner_token set issued_at = issued_at - interval '26 hours'`);
    await daysPass();
    await drill.untilRaised('VoltapPartnerDoesNotPoll');
    expect(await drill.told('partners', 'history', partner)).toMatch(/ register done .* by the partner, request /);

    const { versionsUrl, tokenA } = JSON.parse(
      await drill.told('partners', 'token', partner, '--end-registration', '--json'),
    ) as Record<'versionsUrl' | 'tokenA', string>;
    await simulator.ptp.credentials.register(versionsUrl, tokenA, '2.3.0');
    await daysPass();
    await drill.untilRaised('VoltapPartnerDoesNotPoll');
    await simulator.ptp.mirror.crawl('tariffs');
    await simulator.ptp.mirror.crawl('locations');
    await drill.untilEnded('VoltapPartnerDoesNotPoll');

    simulator.ptp.store.locations.clear();
    const said = await drill.told('deliveries', 'resync', partner, 'locations');
    const planned = Number(/^(\d+) of locations are to be sent/.exec(said)?.[1]);
    expect(planned).toBeGreaterThan(0);
    await simulator.until('all locations', () => simulator.ptp.store.locations.size === planned, PATIENCE_MS);
  });

  it('VoltapTokenOld: a month passes', async () => {
    await drill.sql('credentials', `update partner_token set issued_at = issued_at - interval '31 days'`);
    await drill.untilRaised('VoltapTokenOld');
    expect(await drill.told('partners', 'show', partner)).toMatch(/ current, since \d{4}-/);
    expect(await drill.told('partners', 'rotate', partner)).toMatch(/^status +REGISTERED/m);
    await drill.untilEnded('VoltapTokenOld');
  });

  it('VoltapPartnerSilent: drivers started until last night, and the gateway was started anew since', async () => {
    // What was counted before is history that Prometheus was given: nobody waits a week here.
    await drill.untilRaised('VoltapPartnerSilent');
    await simulator.ptp.createTerminal({ terminalId: 'T-2', customerReference: CUSTOMER_REFERENCE });
    await simulator.ptp.createTerminal({ terminalId: TERMINAL, customerReference: CUSTOMER_REFERENCE });
    const free = new Map(
      simulator.backEnd.network.all
        .filter(({ status }) => status === 'AVAILABLE')
        .map(({ locationId, evseUid, connectorId }) => [locationId, { locationId, evseUid, connectorId }]),
    );
    await assign(simulator, partner, TERMINAL, { location_ids: [...free.keys()], evse_uids: [] });
    places.push(...free.values());

    expect(await drill.told('terminals', 'list')).toMatch(new RegExp(`^${partner} +T-2 `, 'm'));
    const broken = await drill.voltap('terminals', 'ready', partner, 'T-2');
    expect(broken).toMatchObject({ code: 1, out: expect.stringMatching(/^No\./) });
    await drill.untilTold(['terminals', 'ready', partner, TERMINAL], /^Yes, at \d+ of \d+ connectors/);

    expect(await drill.told('terminals', 'deactivate', partner, 'T-2')).toMatch(/^T-2: out of use/);
    await settled(await charged(freePlace()));
    await drill.untilEnded('VoltapPartnerSilent');
  });

  it('VoltapReportsForgotten: a charge is reported under a command that we never gave', async () => {
    lost.place = freePlace();
    expect(await report({ commandId: 'CP-4711' })).toMatchObject({ bound: false });
    expect(await unbound()).toMatchObject({ commandId: 'CP-4711', reason: 'WAITING' });
    // Two weeks pass, and it is forgotten within a minute; what follows of the runbook comes last.
    await drill.sql('sessions', `update unbound_report set kept_since = kept_since - interval '15 days'`);
  });

  it('VoltapDeliveriesHeld: somebody paused the partner', async () => {
    const place = freePlace();
    await drill.told('deliveries', 'pause', partner, '--reason', 'their window');
    await drill.untilRaised('VoltapDeliveriesHeld');
    expect(await drill.told('deliveries', 'queues')).toMatch(/paused by key \w+: their window/);
    setStatus(place, 'OUTOFORDER');
    expect(await drill.told('deliveries', 'resume', partner)).toMatch(/: open; \d+ wait/);
    await drill.untilEnded('VoltapDeliveriesHeld');
    const known = () =>
      terminal()
        .screen()
        .connectors.find(({ evseUid }) => evseUid === place.evseUid)?.status;
    await simulator.until('the status to be told', () => known() === 'OUTOFORDER', PATIENCE_MS);
  });

  it('VoltapStateLate: the partner refuses a location again and again', async () => {
    const place = freePlace();
    simulator.misbehaviours.add({ kind: 'status-2003', route: 'locations', times: OFTEN });
    setStatus(place, 'BLOCKED');
    const id = await waiting('locations', /status 2003/);
    // Eleven minutes pass.
    await drill.sql('gateway', `update delivery set opened_at = opened_at - interval '11 minutes' where id = $1`, [id]);
    await drill.untilRaised('VoltapStateLate');
    expect(await drill.told('deliveries', 'show', id)).toMatch(/ refused, \d+ ms: HTTP 200, status 2003/);
    expect(await drill.told('deliveries', 'queues')).toMatch(new RegExp(`^${partner} +open `, 'm'));
    simulator.misbehaviours.clear();
    setStatus(place, 'AVAILABLE');
    await drill.untilEnded('VoltapStateLate');
  });

  it('VoltapResultLate: the partner does not take the result of a start', async () => {
    const place = freePlace();
    simulator.misbehaviours.add({ kind: 'status-2003', route: 'callbacks', times: OFTEN });
    const reference = randomUUID();
    const tapped = terminal().tap({ ...place, authorizationReference: reference });
    await drill.untilRaised('VoltapResultLate');
    const id = await waiting('commands', /status 2003/);
    expect(await drill.told('deliveries', 'show', id)).toMatch(
      / refused, \d+ ms: HTTP 200, status 2003.*\n +POST http:\S+\[redacted\]: 200, /,
    );
    expect(await drill.told('partners', 'show', partner)).toMatch(/ current, since \d{4}-/);
    const sessions = () => Object.values(simulator.ptp.store.state.sessions);
    await simulator.until(
      'its session to be told',
      () => sessions().some(({ authorization_reference }) => authorization_reference === reference),
      PATIENCE_MS,
    );
    await drill.told('partners', 'rotate', partner);
    simulator.misbehaviours.clear();
    expect(await tapped).toMatchObject({ result: 'ACCEPTED' });
    await drill.untilEnded('VoltapResultLate', ['5m', '3s']);
    await terminal().stop(reference);
    await settled(reference);
  });

  it('VoltapStartsRepeated, VoltapEvseCannotStart: a charge point does not answer, and drivers try again and again', async () => {
    const place = freePlace();
    await promise(place, HASTY_SECONDS);
    simulator.misbehaviours.add({ kind: 'no-answer', times: 3 });
    const results = await Promise.all([1, 2, 3].map(() => terminal().tap(place)));
    expect(results.map(({ result }) => result)).toEqual(['TIMEOUT', 'TIMEOUT', 'TIMEOUT']);

    await drill.untilRaised('VoltapStartsRepeated');
    const [, ...failed] = (await drill.told('commands', 'list', '--evse', place.evseUid)).trimEnd().split('\n');
    expect(failed.map((line) => / START_SESSION +TIMEOUT +DEADLINE /.test(line))).toEqual([true, true, true]);
    await drill.untilTold(['deliveries', 'list', '--module', 'commands'], /command-result +SUCCEEDED +1 /);
    // Eleven minutes pass.
    await drill.sql(
      'commands',
      `update command set accepted_at = accepted_at - interval '11 minutes' where evse_uid = $1`,
      [place.evseUid],
    );
    await drill.untilEnded('VoltapStartsRepeated');

    await drill.untilRaised('VoltapEvseCannotStart');
    setStatus(place, 'OUTOFORDER');
    await drill.untilTold(['terminals', 'list'], new RegExp(`^${partner} +${TERMINAL} .*${place.locationId}`, 'm'));
    await drill.untilTold(
      ['terminals', 'ready', partner, TERMINAL],
      new RegExp(`^${place.locationId} ${place.evseUid} \\S+: no\n.*OUTOFORDER`, 'm'),
    );
    const offered = () =>
      terminal()
        .screen()
        .connectors.find(({ evseUid }) => evseUid === place.evseUid)?.startable;
    await simulator.until('the terminal not to offer it', () => offered() === false, PATIENCE_MS);
    // It was restarted, and the next driver can start.
    setStatus(place, 'AVAILABLE');
    await simulator.until('the terminal to offer it', offered, PATIENCE_MS);
    await promise(place, 60);
    await settled(await charged(place));
    await drill.untilEnded('VoltapEvseCannotStart');
  });

  it('VoltapStartsFail: nobody answers for the charge points', async () => {
    const place = freePlace();
    const other = freePlace();
    await promise(place, HASTY_SECONDS);
    await promise(other, PATIENT_SECONDS);
    simulator.misbehaviours.add({ kind: 'no-answer', times: 13 });
    const waits = terminal().tap(other);
    const results = await Promise.all(Array.from({ length: 12 }, () => terminal().tap(place)));
    expect(results.every(({ result }) => result === 'TIMEOUT')).toBe(true);
    await drill.untilRaised('VoltapStartsFail');

    const decided = await drill.prometheus.query(
      'sum by (voltap_decided_by, voltap_result) (voltap_commands_outcomes_total{voltap_decided_by="DEADLINE"}) >= 12',
    );
    expect(decided).toMatchObject([{ metric: { voltap_decided_by: 'DEADLINE', voltap_result: 'TIMEOUT' } }]);
    const open = await drill.untilTold(['commands', 'list', '--status', 'ACCEPTED'], ` ${other.evseUid} `);
    expect(open).toMatch(/ START_SESSION +none yet /);
    const commandId = /(\S+)$/.exec(open.split('\n').find((line) => line.includes(` ${other.evseUid} `)) ?? '')?.[1];
    const message = [{ language: 'en', text: 'The charge point is offline' }];
    await simulator.operator.post(`/commands/${commandId}/answer`, { result: 'FAILED', message });
    expect(await waits).toMatchObject({ result: 'FAILED' });
    await drill.untilTold(['commands', 'list'], new RegExp(` START_SESSION +FAILED +BACK_END .* ${other.evseUid} `));

    await promise(place, 60);
    simulator.misbehaviours.clear();
    await settled(await charged(place));
    await drill.untilEnded('VoltapStartsFail', ['30m', '10s']);
  });

  it('VoltapOrphanCharge: a charge begins when its start has failed for the driver', async () => {
    const place = freePlace();
    await promise(place, HASTY_SECONDS);
    // It does not heed the stops either.
    simulator.misbehaviours.add({ kind: 'late-start', delayMs: LATE_START_MS }, { kind: 'no-answer', times: OFTEN });
    expect(await terminal().tap(place)).toMatchObject({ result: 'TIMEOUT' });
    await drill.untilRaised('VoltapOrphanCharge');
    const orphans = await drill.untilTold(['commands', 'list', '--orphans'], / TIMEOUT +DEADLINE .* stop, session \S+/);
    expect(orphans).toContain(` ${place.evseUid} `);
    const session = / stop, session (\S+)/.exec(orphans)?.[1] ?? '';
    simulator.misbehaviours.clear();
    await waitUntil(
      async () => (await drill.voltap('sessions', 'stop', 'DE', 'VLT', session)).error.includes('has ended'),
      { describe: 'the charge to be stopped', timeoutMs: PATIENCE_MS },
    );

    await promise(place, 60);
    simulator.misbehaviours.add({ kind: 'late-start', delayMs: 4_000 });
    await settled(await charged(place));
    await drill.untilEnded('VoltapOrphanCharge', ['15m', '10s']);
  });

  it('VoltapStartWithoutSession: the back-end reports no sessions, and of one start it knows nothing', async () => {
    const unheard = await startWithoutCharge(freePlace());
    simulator.misbehaviours.add({ kind: 'stop-reporting', times: OFTEN });
    const unreported = randomUUID();
    const { result } = await terminal().tap({ ...freePlace(), authorizationReference: unreported });
    expect(result).toBe('ACCEPTED');
    for (const reference of [unheard.reference, unreported])
      await untilKnown(reference, { state: 'AUTHORISED', startResult: 'ACCEPTED' });
    // Half an hour passes.
    await drill.untilOverdue('AUTHORISED', unheard.reference, unreported);
    await drill.untilRaised('VoltapStartWithoutSession');
    expect((await listed(simulator, '/sessions/unbound')).filter(({ id }) => id !== lost.session)).toEqual([]);

    simulator.misbehaviours.clear();
    await untilKnown(unreported, { state: 'STARTED' });
    const overdue = await drill.told('reconciliation', 'list', '--state', 'AUTHORISED', '--overdue');
    expect(overdue).not.toContain(unreported);
    const words = ['--reason', 'the charge point was broken', '--by', 'Ada'];
    expect(await drill.told('reconciliation', 'write-off', unheard.reference, ...words)).toMatch(
      /^state +WRITTEN_OFF/m,
    );
    await drill.untilEnded('VoltapStartWithoutSession');
    await terminal().stop(unreported);
    await settled(unreported);
  });

  it('VoltapCdrNotAccepted: the partner is away when a charge ends', async () => {
    simulator.misbehaviours.add({ kind: 'http-500', route: 'cdrs', times: OFTEN });
    const reference = await charged(freePlace());
    await untilKnown(reference, { state: 'CDR_SENT', sessionStatus: 'COMPLETED', startResult: 'ACCEPTED' });
    // A quarter of an hour passes.
    await drill.untilOverdue('CDR_SENT', reference);
    await drill.untilRaised('VoltapCdrNotAccepted');
    expect(await drill.told('reconciliation', 'list', '--state', 'ENDED', '--overdue')).toBe('none\n');
    const list = await drill.untilTold(
      ['deliveries', 'list', '--charge', reference, '--module', 'cdrs'],
      / cdr /,
      'HTTP 500',
    );
    const id = /^([\da-f-]{36}) /m.exec(list)?.[1] ?? '';
    expect(await drill.told('deliveries', 'show', id)).toMatch(/POST \S+\/cdrs\S*: 500, \d+ ms, request [\da-f-]+/);
    simulator.misbehaviours.clear();
    await drill.told('deliveries', 'resume', partner);
    await settled(reference);
    await drill.untilEnded('VoltapCdrNotAccepted');
  });

  it('VoltapCdrRefused: the partner refuses two bills for a week', async () => {
    simulator.misbehaviours.add({ kind: 'status-2003', route: 'cdrs', times: OFTEN });
    const [mended, wrong] = [await charged(freePlace()), await charged(freePlace())];
    const given = ['deliveries', 'list', '--module', 'cdrs', '--state', 'EXHAUSTED'];
    const deliveryOf = async (reference: string) => {
      const out = await drill.untilTold(
        ['deliveries', 'list', '--charge', reference, '--module', 'cdrs'],
        'status 2003',
      );
      return /^([\da-f-]{36}) /m.exec(out)?.[1] ?? '';
    };
    const ids = { mended: await deliveryOf(mended), wrong: await deliveryOf(wrong) };
    // Eight days pass.
    await drill.sql('gateway', `update delivery set opened_at = opened_at - interval '8 days' where kind = 'cdr'`);
    await drill.untilRaised('VoltapCdrRefused');
    await drill.untilTold(given, ids.mended, ids.wrong, 'status 2003');
    expect(await drill.told('deliveries', 'show', ids.wrong)).toMatch(
      /^state +EXHAUSTED[\s\S]+ refused, \d+ ms: HTTP 200/m,
    );
    const { cdrId } = await untilKnown(wrong, { state: 'CDR_SENT' });
    expect(await drill.told('cdrs', 'show', 'DE*VLT', String(cdrId))).toMatch(/has not accepted it yet/);
    const file = join(folder, 'cdr.json');
    const { cdr } = JSON.parse(await drill.told('cdrs', 'show', 'DE*VLT', String(cdrId), '--json')) as JsonObject;
    await writeFile(file, JSON.stringify(cdr));
    expect(await drill.told('price', '--cdr', file, '--time-zone', 'Europe/Berlin')).toMatch(/^Total +\d/m);

    simulator.misbehaviours.clear();
    await drill.told('deliveries', 'resend', ids.mended);
    await settled(mended);
    const corrected = ['--reason', 'charger was broken', '--by', 'Ada', '--free'];
    expect(await drill.told('cdrs', 'correct', 'DE*VLT', String(cdrId), ...corrected)).toMatch(/^credits /m);
    await drill.told('deliveries', 'give-up', ids.wrong, '--reason', 'it was wrong, and is credited');
    await drill.untilEnded('VoltapCdrRefused');
  });

  it('VoltapReportsForgotten: the report is forgotten, and is made again under its command', async () => {
    await drill.untilRaised('VoltapReportsForgotten');
    const log = await readFile(join(String(stage.platform.directory), 'logs/sessions.log'), 'utf8');
    expect(log.split('\n').find((line) => line.includes('a report never became a session and is forgotten'))).toMatch(
      /"commandId":"CP-4711"/,
    );
    expect(await unbound()).toBeUndefined();

    const { reference, commandId } = await startWithoutCharge(lost.place);
    await drill.untilTold(['commands', 'list'], commandId);
    expect(await report({ commandId })).toMatchObject({ bound: true });
    await report({ commandId }, { status: 'COMPLETED', end_date_time: new Date().toISOString() });
    await settled(reference);
    await drill.untilEnded('VoltapReportsForgotten', ['1h', '10s']);
  });
});
