import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { locationChanged, tariffChanged } from '@voltap/contracts/events';
import { dropTopics, queryDatabase, waitUntil } from '@voltap/platform/testing';
import { type JsonObject, sampleLocations } from '@voltap/simulator';
import { openAlertDrill } from '../stage/alert-drill.js';
import { namedStack } from '../stage/named-stack.js';
import { processesOf, untilWhole } from '../stage/processes.js';
import { asObject } from '../stage/settled-charge.js';
import { runVoltap } from '../stage/voltap.js';
import { type DrilledPlatform, openDrilledPlatform, PATIENCE_MS } from './drilled-platform.js';
import { moneyAndNetworkDrills } from './money-and-network-drills.js';

/** More than the alert about a lag wants. */
const LARGE_NETWORK = 1_100;
/** Above the two seconds of the alert about slow answers. */
const LOCKED_SECONDS = 3;

// Each alert is raised by its fault, in the words of its rule, and ended by what its runbook says. What its runbook lets an
// operator see is looked for as well: by voltap, in logs, at the health port and in the trace store. What it says of
// kubectl and helm cannot be done here, nor that more replicas or a vacuum make anything faster.
describe('what is done at the alerts about the platform, its messaging, its money and its network', () => {
  const world = () => opened;
  let opened: DrilledPlatform;
  beforeAll(async () => {
    opened = await openDrilledPlatform();
  });
  afterAll(() => opened?.close());

  moneyAndNetworkDrills(world);

  it('VoltapOutboxStands: a topic is gone, and events go on when it is made again', async () => {
    const { stage, drill, stores, untilLogged, putTariff } = world();
    const { kafka } = stores();
    if (kafka === null) throw new Error('where the topics are is not known');
    const settings = { VOLTAP_KAFKA_BROKERS: kafka.brokers, VOLTAP_KAFKA_PREFIX: kafka.prefix };
    // The lag of a topic that is gone is asked for with retries, at each scrape that finds no other under way.
    const patient = await openAlertDrill(stage.platform, undefined, 6);
    try {
      await dropTopics({ brokers: kafka.brokers.split(','), prefix: `${kafka.prefix}${tariffChanged.topic}` });
      await putTariff('Parking is free.');
      // A minute and a half passes.
      const aged = `update outbox set created_at = created_at - interval '90 seconds' returning 1`;
      await waitUntil(async () => (await drill.sql('tariffs', aged)).length > 0, {
        describe: 'the event to be in the outbox',
        timeoutMs: PATIENCE_MS,
      });
      await patient.untilRaised('VoltapOutboxStands');
      const expression = await patient.prometheus.expressionOf('VoltapOutboxStands');
      expect((await patient.prometheus.query(expression)).map(({ metric }) => metric.service_name)).toEqual([
        'tariffs',
      ]);

      await untilLogged('tariffs', 'outbox relay failed', 'does not host this topic');
      const planned = await runVoltap(['topics', 'plan'], settings);
      expect(planned.code).toBe(1);
      expect(planned.out).toMatch(/^voltap\.tariff\.changed\.v1 +missing /m);

      const applied = await runVoltap(['topics', 'apply'], settings);
      expect(applied).toMatchObject({ code: 0, out: expect.stringMatching(/^voltap\.tariff\.changed\.v1 +made /m) });
      await patient.untilEnded('VoltapOutboxStands');
      // Who listened to the topic that is gone hears what comes on the new one.
      await waitUntil(
        async () =>
          JSON.stringify(await drill.sql('commands', 'select content from tariff_projection')).includes(
            'Parking is free.',
          ),
        { describe: 'commands to know the price', timeoutMs: PATIENCE_MS },
      );
    } finally {
      await patient.close();
    }
  });

  it('VoltapConsumptionWaits: a service has lost its database, and goes on when that is back', async () => {
    const { drill, untilLogged, raised, putTariff, withoutDatabase } = world();
    await withoutDatabase('payments', async () => {
      await putTariff('While a database is away.');
      expect(await raised('VoltapConsumptionWaits')).toMatchObject([{ service_name: 'payments' }]);
      const line = await untilLogged('payments', 'consumption waits for a part of ours');
      expect(line).toMatch(/not currently accepting connections|terminating connection|Connection terminated/);
      const count = 'select count(*) as connections from pg_stat_activity';
      const [{ connections = '0' } = {}] = await queryDatabase<{ connections: string }>(
        namedStack().VOLTAP_POSTGRES_URL,
        count,
      );
      expect(Number(connections)).toBeGreaterThan(0);
    });
    await drill.untilEnded('VoltapConsumptionWaits');
    await untilLogged('payments', 'consumption goes on');
    expect(await drill.told('events', 'list')).toBe('none\n');
  });

  it('VoltapConsumerLag: a large network is imported while a service hears nothing, and the peak passes', async () => {
    const { drill, raised, importLocations, withoutDatabase } = world();
    await withoutDatabase('commands', async () => {
      const model = asObject(sampleLocations()[1]);
      const [evse] = model.evses as JsonObject[];
      // Of a party that no partner has: nobody is told.
      const network = Array.from({ length: LARGE_NETWORK }, (_, index) => ({
        ...model,
        ...{ party_id: 'OTH', id: `OTH-${index}`, name: `Number ${index}` },
        evses: [{ ...evse, uid: `OTH-E${index}`, evse_id: `DE*OTH*E${index}` }],
      }));
      expect(await importLocations(network)).toMatchObject({ created: LARGE_NETWORK });
      const lagging = { service_name: 'commands', messaging_destination_name: locationChanged.topic };
      expect(await raised('VoltapConsumerLag')).toContainEqual(expect.objectContaining(lagging));
      await waitUntil(
        async () => {
          const waiting = await drill.prometheus.query('voltap_inbox_waiting == 1');
          return waiting.some(({ metric }) => metric.service_name === 'commands');
        },
        { describe: 'voltap_inbox_waiting of commands to be 1', timeoutMs: PATIENCE_MS },
      );
    });
    await drill.untilEnded('VoltapConsumerLag');
  });

  it('VoltapJobFails: the jobs of a service find no database', async () => {
    const { drill, untilLogged, untilTraced, raised, withoutDatabase } = world();
    await withoutDatabase('commands', async () => {
      expect(await raised('VoltapJobFails')).toContainEqual(expect.objectContaining({ service_name: 'commands' }));
      await untilLogged('commands', 'a job failed, trying again', '"job":"sweep-deadlines"');
      await untilTraced(
        'the run that failed',
        ({ service, name, failed }) => service === 'commands' && name === 'job sweep-deadlines' && failed,
      );
    });
    await drill.untilEnded('VoltapJobFails', ['15m', '10s']);
  });

  it('VoltapRequestsFail: a module has no database, which partners are told in HTTP 200', async () => {
    const { stage, drill, untilLogged, untilTraced, raised, withoutDatabase } = world();
    const { mirror } = stage.simulator.ptp;
    await withoutDatabase('tariffs', async () => {
      await waitUntil(
        async () => {
          await expect(mirror.poll('tariffs')).rejects.toThrow();
          return (await drill.prometheus.alerts()).includes('VoltapRequestsFail');
        },
        { describe: 'VoltapRequestsFail to be raised', timeoutMs: PATIENCE_MS },
      );
      expect(await raised('VoltapRequestsFail')).toMatchObject([{ voltap_module: 'tariffs' }]);
      await untilTraced(
        'the request that failed',
        ({ service, failed, attributes }) => service === 'gateway' && failed && attributes['error.type'] === '3000',
      );
      await untilLogged('tariffs', 'GET', 'failed (correlation', 'not currently accepting connections');
    });
    await waitUntil(async () => (await mirror.poll('tariffs')) !== undefined, {
      describe: 'tariffs to be read again',
      timeoutMs: PATIENCE_MS,
    });
    await drill.untilEnded('VoltapRequestsFail', ['5m', '10s']);
  });

  it('VoltapRequestsSlow: statements wait for a lock, which a trace names, and are fast when it is gone', async () => {
    const { stage, drill, untilTraced, raised } = world();
    const { state, registration } = stage.simulator.ptp.store;
    const [{ confirmation } = {}] = Object.values(state.confirmations);
    const url = `${stage.platform.gatewayUrl}/ocpi/cpo/2.3.0/payments/financial-advice-confirmations`;
    const authorization = `Token ${Buffer.from(registration.ownToken).toString('base64')}`;
    const confirm = async () => {
      const headers = { authorization, 'content-type': 'application/json' };
      const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(confirmation) });
      return answer.text();
    };
    await waitUntil(
      async () => {
        const locked = drill.sql(
          'payments',
          `do $$ begin lock table confirmation in access exclusive mode; perform pg_sleep(${LOCKED_SECONDS}); end $$`,
        );
        const held = `select 1 from pg_locks where relation = 'confirmation'::regclass and granted and mode = 'AccessExclusiveLock'`;
        await waitUntil(async () => (await drill.sql('payments', held)).length > 0, {
          describe: 'the lock',
          // What came and went unseen is tried anew.
          timeoutMs: LOCKED_SECONDS * 1_000,
        });
        await Promise.all([confirm(), confirm(), confirm()]);
        await locked;
        return (await drill.prometheus.alerts()).includes('VoltapRequestsSlow');
      },
      { describe: 'VoltapRequestsSlow to be raised', timeoutMs: PATIENCE_MS },
    );
    expect(await raised('VoltapRequestsSlow')).toMatchObject([{ voltap_module: 'payments' }]);
    const statement = await untilTraced(
      'the statement that took the time',
      ({ service, milliseconds, attributes }) =>
        service === 'payments' && milliseconds > 2_000 && attributes['db.query.text'] !== undefined,
    );
    expect(statement.attributes['db.query.text']).toContain('confirmation');
    await untilTraced(
      'the request of it at the gateway',
      ({ service, milliseconds, traceId }) =>
        service === 'gateway' && milliseconds > 2_000 && traceId === statement.traceId,
    );
    await confirm();
    await drill.untilEnded('VoltapRequestsSlow', ['5m', '10s']);
  });

  it('VoltapServiceMissing: a service cannot start without its database, and is there again with it', async () => {
    const { stage, drill, untilLogged, withoutDatabase } = world();
    await withoutDatabase('tokens', async () => {
      process.kill(Number((await processesOf(stage.platform)).tokens), 'SIGKILL');
      await drill.untilRaised('VoltapServiceMissing');
      const { prometheus } = drill;
      const measured = async () =>
        (await prometheus.query('count by (service_name) (voltap_outbox_backlog)')).map(
          ({ metric }) => metric.service_name,
        );
      await waitUntil(
        async () => {
          const names = await measured();
          return names.length === 8 && !names.includes('tokens');
        },
        { describe: 'only tokens not to be measured', timeoutMs: PATIENCE_MS },
      );
      const { services } = (await (await fetch(`${stage.platform.healthUrl}/ready`)).json()) as {
        services: Record<string, { ready: boolean }>;
      };
      const away = Object.entries(services).filter(([, { ready }]) => !ready);
      expect(away.map(([name]) => name)).toEqual(['tokens']);
      await untilLogged('tokens', 'not currently accepting connections');
    });
    await untilWhole(stage.platform);
    await drill.untilEnded('VoltapServiceMissing');
  });
});
