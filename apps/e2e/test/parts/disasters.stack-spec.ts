import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SERVICE_NAMES } from '@voltap/contracts/back-office';
import { dropKeys, dropTopics, queryDatabase, rewindGroup, waitUntil } from '@voltap/platform/testing';
import {
  ensureNetwork,
  type JsonObject,
  playCharge,
  type Simulator,
  sampleLocations,
  sampleTariffs,
  startSimulator,
} from '@voltap/simulator';
import { namedStack } from '../stage/named-stack.js';
import {
  makeHome,
  type PlatformHome,
  type RunningPlatform,
  removeHome,
  startPlatform,
} from '../stage/running-platform.js';
import { asObject, expectSettledOnce, listed } from '../stage/settled-charge.js';

/** Begins a process a while after the others; they do not wait for it. */
const LATE = ['sh', '-c', 'sleep 6; exec "$0" "$@"'];

/** What is ours to lose; terminals and confirmations are read again from their partner. */
const LISTS = ['/locations', '/tariffs', '/commands', '/sessions', '/cdrs'];

// What docs/operations.md says of backups and disasters, done once more at each run.
describe('a platform whose parts are lost', () => {
  const stack = namedStack();
  let home: PlatformHome;
  let platform: RunningPlatform;
  let simulator: Simulator;

  const start = async (environment: Readonly<Record<string, string>> = {}) => {
    platform = await startPlatform({ stack, home, environment: { VOLTAP_KAFKA_SESSION_MS: '6000', ...environment } });
  };
  const databaseOf = (service: string) => `${home.name}voltap_${service}`;
  const savedOf = (service: string) => `${home.name}saved_${service}`;
  const copy = async (from: string, to: string) => {
    await queryDatabase(stack.VOLTAP_POSTGRES_URL, `drop database if exists ${to} with (force)`);
    await queryDatabase(stack.VOLTAP_POSTGRES_URL, `create database ${to} template ${from}`);
  };
  const charge = async (): Promise<string> => {
    const { charge: played } = await playCharge(simulator, { minutes: 2, ocpiVersion: '2.3.0' });
    await expectSettledOnce(simulator, played.authorizationReference);
    return played.authorizationReference;
  };
  const money = async (reference: string): Promise<JsonObject> =>
    asObject(await simulator.operator.get(`/reconciliation/${reference}`));
  const everything = async () =>
    Object.fromEntries(await Promise.all(LISTS.map(async (path) => [path, await listed(simulator, path)] as const)));

  beforeAll(async () => {
    home = await makeHome();
    await start();
    simulator = await startSimulator({
      gatewayUrl: platform.gatewayUrl,
      backOfficeUrl: platform.backOfficeUrl,
      apiKey: platform.apiKey,
      ptpPort: 0,
      controlPort: null,
      backEnd: { speed: 1_200, reportEveryMs: 100, pollSeconds: 2 },
      ptp: { confirmationRetryMs: 100 },
    });
    await ensureNetwork(simulator, { locations: sampleLocations(), tariffs: sampleTariffs() });
  });
  afterAll(async () => {
    await simulator?.close();
    await platform?.stop();
    await removeHome(home, stack);
  });

  it('has after a restore all that was there at the backup, and goes on', async () => {
    const before = await charge();
    const known = await everything();
    const owed = await money(before);
    const paid = await listed(simulator, '/confirmations');
    await platform.stop();
    for (const service of SERVICE_NAMES) await copy(databaseOf(service), savedOf(service));
    await start();
    const lost = await charge();
    await platform.stop();
    for (const service of SERVICE_NAMES) await copy(savedOf(service), databaseOf(service));
    // Payments looks what it missed before there is a gateway to ask through.
    await start({ VOLTAP_TEST_WRAPPERS: JSON.stringify({ gateway: LATE, 'gateway-2': LATE }) });
    expect(await everything()).toEqual(known);
    expect(await money(before)).toEqual(owed);
    expect(await listed(simulator, '/confirmations')).toEqual(expect.arrayContaining(paid));
    // Its money is heard of from the partner, whose list is read by itself; its bill is not made again.
    const found = await waitUntil(() => money(lost).catch(() => false as const), {
      describe: 'the charge after the backup to be known by its confirmation',
    });
    expect(found).toMatchObject({ state: 'DIFFERENT', cdrId: null });
    await charge();
  });

  it('goes on when all of Redis is lost, with every charge that runs', async () => {
    let forgotten: Promise<void> | undefined;
    const { charge: played } = await playCharge(simulator, {
      minutes: 2,
      ocpiVersion: '2.3.0',
      onEvent: ({ message }) => {
        if (message === 'START_SESSION') forgotten ??= dropKeys({ url: stack.VOLTAP_REDIS_URL, prefix: home.name });
      },
    });
    await forgotten;
    expect(forgotten).toBeDefined();
    await expectSettledOnce(simulator, played.authorizationReference);
  });

  it('goes on when all of Kafka is lost, once nothing was on its way in it', async () => {
    const before = await charge();
    const known = await everything();
    const owed = await money(before);
    await platform.stop();
    await dropTopics({ brokers: stack.VOLTAP_KAFKA_BROKERS.split(','), prefix: home.name });
    await start();
    expect(await everything()).toEqual(known);
    expect(await money(before)).toEqual(owed);
    await charge();
  });

  it('makes no second CDR when the database of cdrs is restored to an earlier point, and the first one again when its events are read again', async () => {
    await platform.stop();
    await copy(databaseOf('cdrs'), savedOf('cdrs'));
    await start();
    const lost = await charge();
    const posts = () =>
      simulator.ptp.log.requests.filter(({ method, path }) => method === 'POST' && /\/cdrs\/?$/.test(path));
    const posted = posts().length;
    await platform.stop();
    await copy(savedOf('cdrs'), databaseOf('cdrs'));
    await start();
    await charge();
    expect(posts()).toHaveLength(posted + 1);
    const cdrs = async () =>
      new Map(
        (await listed(simulator, '/cdrs')).map(({ cdr }) => {
          const { authorization_reference, id } = asObject(cdr);
          return [authorization_reference, id] as const;
        }),
      );
    expect((await cdrs()).has(lost)).toBe(false);
    await platform.stop();
    await rewindGroup({ brokers: stack.VOLTAP_KAFKA_BROKERS.split(','), prefix: home.name }, 'cdrs');
    await start();
    await waitUntil(async () => (await cdrs()).has(lost), { describe: 'the CDR to be made again' });
    await charge();
    // It is the one that the partner has: nothing is sent for it.
    const { cdrKey } = simulator.ptp.desk.charge(lost);
    expect((await cdrs()).get(lost)).toBe(simulator.ptp.store.state.cdrs[cdrKey ?? '']?.id);
    expect(posts()).toHaveLength(posted + 2);
    // Payments has its own copy of what the CDR said, and of the receipt.
    expect(await money(lost)).toMatchObject({ state: 'MATCHED' });
  });
});
