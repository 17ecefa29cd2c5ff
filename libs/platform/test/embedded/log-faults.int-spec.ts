import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { isRetryable, VoltapError } from '@voltap/kernel';
import {
  EmbeddedCorrelationStore,
  EmbeddedEventBus,
  type PostgresServer,
  startPostgresServer,
} from '@voltap/platform/embedded';
import type { ConsumedRecord } from '@voltap/platform/messaging';
import {
  createTestDatabase,
  startTestProcess,
  type TestDatabase,
  type TestProcess,
  waitUntil,
} from '@voltap/platform/testing';
import { Client } from 'pg';

function program(name: string, ...args: string[]): TestProcess {
  return startTestProcess(new URL(`./programs/${name}.ts`, import.meta.url), args);
}

describe('The embedded log, when processes die', () => {
  let database: TestDatabase;
  let bus: EmbeddedEventBus;
  const processes: TestProcess[] = [];
  const topic = 'faults';
  let group: string;

  beforeEach(async () => {
    database = await createTestDatabase();
    bus = new EmbeddedEventBus({ url: database.url });
    group = randomUUID();
    await bus.ensureTopics([{ topic, partitions: 6, compacted: false }]);
  });

  afterEach(async () => {
    await Promise.all(processes.splice(0).map((one) => one.end()));
    await bus.close();
    await database.drop();
  });

  function start(name: string, ...args: string[]): TestProcess {
    const started = program(name, database.url, ...args);
    processes.push(started);
    return started;
  }

  it('hands a record over again when its consumer was killed between effect and commit', async () => {
    await bus.publish(['1', 'hang', '3'].map((value) => ({ topic, key: 'k', headers: {}, value })));
    const consumer = start('consume', group, topic);
    await waitUntil(() => consumer.lines.some((line) => line.endsWith('k=hang')), {
      describe: 'the effect before the kill',
    });
    await waitUntil(async () => (await bus.lag(group)) === 2, { describe: 'the commit of the first record' });
    await consumer.end('SIGKILL');

    const seen: string[] = [];
    await bus.subscribe(reading(topic, group, (record) => seen.push(record.value ?? '')));
    await waitUntil(() => seen.length === 2, { describe: 'what was not committed' });
    expect(seen).toEqual(['hang', '3']);
  });

  it('gives a dead member its partitions to the living one', async () => {
    const seen: ConsumedRecord[] = [];
    await bus.subscribe(reading(topic, group, (record) => seen.push(record)));
    const other = start('consume', group, topic);
    const everyKey = Array.from({ length: 40 }, (_, index) => `key-${index}`);
    const round = (value: string) => bus.publish(everyKey.map((key) => ({ topic, key, headers: {}, value })));
    const share = () =>
      new Set(other.lines.filter((line) => line.includes('=')).map((line) => line.split(':')[0])).size;
    await waitUntil(
      async () => {
        await round('shared');
        return share() >= 3;
      },
      { describe: 'three partitions at the other process' },
    );
    await waitUntil(async () => (await bus.lag(group)) === 0, { describe: 'everything handled' });
    await other.end('SIGKILL');

    await round('alone');
    const own = () => seen.filter(({ value }) => value === 'alone').length;
    await waitUntil(() => own() >= everyKey.length, { describe: 'all records at the survivor' });
    expect(own()).toBe(everyKey.length);
  });

  it('keeps the order per key of two publishing processes, and wakes the reader in a third', async () => {
    const seen: ConsumedRecord[] = [];
    await bus.subscribe(reading(topic, group, (record) => seen.push(record)));
    const publishers = ['one', 'two'].map((name) => start('publish', topic, name, '100'));
    await waitUntil(() => publishers.every(({ lines }) => lines.includes('done')), {
      describe: 'both publishers',
    });
    await waitUntil(() => seen.length >= 800, { describe: 'all records' });
    const expected = Array.from({ length: 100 }, (_, step) => step);
    for (const key of ['alpha', 'beta', 'gamma', 'delta']) {
      for (const name of ['one', 'two']) {
        const steps = seen
          .filter((record) => record.key === key && record.value?.startsWith(name))
          .map((record) => Number(record.value?.split(' ')[1]));
        expect(steps).toEqual(expected);
      }
    }
    for (const records of Map.groupBy(seen, ({ partition }) => partition).values()) {
      expect(records.map(({ offset }) => Number(offset))).toEqual(records.map((_, index) => index));
    }
  });

  it('keeps what a group has not committed and the newest of every key, and prunes the rest', async () => {
    const pruning = new EmbeddedEventBus({ url: database.url, retentionMs: 0 });
    await bus.ensureTopics([{ topic: 'states', partitions: 1, compacted: true }]);
    const publish = (to: string, key: string, value: string | null) =>
      bus.publish([{ topic: to, key, headers: {}, value }]);
    for (const value of ['1', '2', '3']) await publish(topic, 'k', value);
    for (const value of ['1', '2', null]) await publish('states', 'gone', value);
    for (const value of ['1', '2']) await publish('states', 'kept', value);

    const done: string[] = [];
    const idle = { group: 'slow', topics: [topic], handleBatch: async () => ({ settled: 0, retryAfterMs: 60_000 }) };
    await bus.subscribe(idle);
    await pruning.prune();
    await bus.subscribe(reading(topic, group, (record) => done.push(record.value ?? '')));
    await waitUntil(() => done.length === 3, { describe: 'records that the slow group needs' });

    const states: string[] = [];
    await bus.subscribe(reading('states', 'states', (record) => states.push(`${record.key}=${record.value}`)));
    await waitUntil(() => states.includes('kept=2'), { describe: 'the states' });
    expect(states).toEqual(['kept=2']);
    await pruning.close();
  });

  it('goes on after its connections were cut', async () => {
    const seen: string[] = [];
    await bus.subscribe(reading(topic, group, (record) => seen.push(record.value ?? '')));
    await bus.publish([{ topic, key: 'k', headers: {}, value: 'before' }]);
    await waitUntil(() => seen.includes('before'), { describe: 'the first record' });
    const admin = new Client({ connectionString: database.url });
    await admin.connect();
    await admin.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    );
    await admin.end();
    await waitUntil(() => publishes(bus, topic, 'after'), { describe: 'a publish' });
    await waitUntil(() => seen.includes('after'), { describe: 'the record after the cut' });
  });
});

describe('The embedded log, when Postgres restarts', () => {
  it('refuses retryably while it is away, and goes on afterwards without a loss', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'voltap-log-'));
    const start = (port?: number): Promise<PostgresServer> => startPostgresServer({ directory, port, durable: false });
    const server = await start();
    await server.ensureDatabase('voltap_bus');
    const warnings: string[] = [];
    const logger = { warn: (_details: object, message: string) => void warnings.push(message) };
    const bus = new EmbeddedEventBus({ url: server.url('voltap_bus'), logger });
    const correlation = new EmbeddedCorrelationStore({ url: server.url('voltap_bus') });
    await correlation.open('id', 'value', 600_000);
    const topic = 'restart';
    await bus.ensureTopics([{ topic, partitions: 3, compacted: false }]);
    const seen: string[] = [];
    await bus.subscribe(reading(topic, 'group', (record) => seen.push(record.value ?? '')));

    const accepted: string[] = [];
    const publish = async (value: string): Promise<void> => {
      await bus.publish([{ topic, key: value, headers: {}, value }]);
      accepted.push(value);
    };
    for (let step = 0; step < 20; step += 1) await publish(`before ${step}`);
    await server.stop();
    const error = await publish('away').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(VoltapError);
    expect(isRetryable(error)).toBe(true);
    await expect(correlation.find('id')).rejects.toMatchObject({ code: 'unavailable' });

    const restarted = await start(server.port);
    await waitUntil(async () => (await correlation.find('id')) === 'value', { describe: 'the correlation' });
    await waitUntil(() => publishes(bus, topic, 'again'), { describe: 'a publish after the restart' });
    for (let step = 0; step < 20; step += 1) await publish(`after ${step}`);
    await waitUntil(() => accepted.every((value) => seen.includes(value)), { describe: 'everything accepted' });
    await waitUntil(async () => (await bus.lag('group')) === 0, { describe: 'no lag' });
    expect(warnings.length).toBeGreaterThan(0);

    // Shutting down must not depend on a server that went first.
    await restarted.stop();
    await bus.close();
    await correlation.close();
    await rm(directory, { recursive: true });
  });
});

function reading(topic: string, group: string, effect: (record: ConsumedRecord) => void) {
  return {
    group,
    topics: [topic],
    async handleBatch(records: readonly ConsumedRecord[]) {
      for (const record of records) effect(record);
      return { settled: records.length };
    },
  };
}

async function publishes(bus: EmbeddedEventBus, topic: string, value: string): Promise<boolean> {
  await bus.publish([{ topic, key: 'k', headers: {}, value }]);
  return true;
}
