import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { EventDefinition } from '@voltap/kernel';
import { EmbeddedEventBus } from '@voltap/platform/embedded';
import { type EventBus, messageOf, ProjectionRebuilds, type ReadToEndOptions } from '@voltap/platform/messaging';
import { Database, Leases, openDataSource, ProjectionTable, projects } from '@voltap/platform/persistence';
import { createLogger } from '@voltap/platform/telemetry';
import { createTestDatabase, type TestDatabase, waitUntil } from '@voltap/platform/testing';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { z } from 'zod';

interface Thing {
  readonly text: string;
}

class Copies1764000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of ProjectionTable.ddl('copy')) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table copy');
  }
}

function thing(name: string): EventDefinition<Thing> {
  const schema = z.object({ text: z.string() });
  const rest = { version: 1, compacted: true, producer: 'test', partitions: 3, keyedBy: 'key', schema };
  return { name, topic: name, kind: 'state', ...rest };
}

const changed = thing('thing.changed');
const deleted = thing('thing.deleted');
const copies = new ProjectionTable<Thing>('copy', [
  projects(changed, ({ key, revision, payload }) => ({ key, revision, content: payload })),
  projects(deleted, ({ key, revision }) => ({ key, revision, removed: true })),
]);
const KEYS = 40;
const logger = createLogger({ level: 'silent', service: 'test' });

describe('a projection that is rebuilt', () => {
  let databases: TestDatabase[];
  let database: Database;
  let bus: EmbeddedEventBus;
  let expected: Map<string, { revision: number; text: string | null }>;

  beforeEach(async () => {
    databases = [await createTestDatabase(), await createTestDatabase()];
    const address = { url: databases[0]?.url ?? '', poolSize: 6, applicationName: 'test' };
    database = new Database(await openDataSource(address, [Copies1764000000001], []));
    bus = new EmbeddedEventBus({ url: databases[1]?.url ?? '' });
    expected = new Map();
    await bus.ensureTopics([changed, deleted].map(({ topic }) => ({ topic, partitions: 3, compacted: true })));
  });

  afterEach(async () => {
    await bus.close();
    await database.dataSource.destroy();
    await Promise.all(databases.map((each) => each.drop()));
  });

  const rebuildsOn = (log: EventBus) =>
    new ProjectionRebuilds({
      database,
      bus: log,
      leases: new Leases(database),
      logger,
      projections: [copies],
      owner: randomUUID(),
    });
  const rows = async (): Promise<Map<string, { revision: number; text: string | null }>> => {
    const found: { key: string; revision: string; removed: boolean; content: Thing }[] =
      await database.reader.query('select * from copy');
    return new Map(
      found.map(({ key, revision, removed, content }) => [
        key,
        { revision: Number(revision), text: removed ? null : content.text },
      ]),
    );
  };
  const consume = () =>
    bus.subscribe({
      group: 'copies',
      topics: [changed.topic, deleted.topic],
      handleBatch: async (records) => {
        await database.transaction(async (transaction) => {
          for (const record of records) await copies.take(transaction, messageOf(record));
        });
        return { settled: records.length };
      },
    });
  /** A random change of a random thing, at the log when it resolves. */
  const change = async (random = Math.random) => {
    const key = `key-${Math.floor(random() * KEYS)}`;
    const revision = (expected.get(key)?.revision ?? 0) + 1;
    const text = random() < 0.15 ? null : `${key} at ${revision}`;
    expected.set(key, { revision, text });
    const { name, topic } = text === null ? deleted : changed;
    const message = {
      id: randomUUID(),
      name,
      version: 1,
      key,
      revision,
      occurredAt: '',
      payload: { text: text ?? '' },
    };
    await bus.publish([{ topic, key, headers: {}, value: JSON.stringify(message) }]);
  };
  const caughtUp = () =>
    waitUntil(async () => (await bus.lag('copies')) === 0, { describe: 'the consumer to have caught up' });

  it('equals its topics afterwards, whatever was in it, while events go on arriving and being read', async () => {
    await consume();
    for (let count = 0; count < 300; count += 1) await change();
    await caughtUp();
    const rebuilds = rebuildsOn(bus);
    for (let round = 0; round < 4; round += 1) {
      // Lost, altered and invented rows.
      await database.reader.query(`delete from copy where key like '%${round}'`);
      await database.reader.query(
        `update copy set content = '{"text":"altered"}', revision = 0 where key like '%${round + 4}'`,
      );
      await database.reader.query(`insert into copy (key, revision, content) values ('invented', 99, '{"text":"x"}')`);
      const before = (await rows()).size;
      let ended = false;
      const changes = (async () => {
        for (let count = 0; count < 40 || !ended; count += 1) await change();
      })();
      const reading = (async () => {
        let fewest = before;
        while (!ended) fewest = Math.min(fewest, (await rows()).size);
        return fewest;
      })();
      await rebuilds.start('copy');
      await rebuilds.ended('copy');
      ended = true;
      await changes;
      // Nobody saw it empty or half full: at most the invented row went.
      expect(await reading).toBeGreaterThanOrEqual(before - 1);
      await caughtUp();
      expect(await rows()).toEqual(expected);
      const [status] = await rebuilds.list();
      expect(status).toMatchObject({
        name: 'copy',
        rebuild: { state: 'DONE', eventsLeft: 0, unreadable: 0, error: null },
      });
      expect(status?.rebuild?.eventsRead).toBeGreaterThanOrEqual(300);
    }
    const [left] = await database.reader.query('select count(*) as rows from projection_generation');
    expect(left).toEqual({ rows: '0' });
  });

  it('stays as it was when the rebuild breaks, and can be rebuilt again', async () => {
    await consume();
    for (let count = 0; count < 50; count += 1) await change();
    await caughtUp();
    const broken = brokenReading(bus);
    const rebuilds = rebuildsOn(broken);
    await rebuilds.start('copy');
    await rebuilds.ended('copy');
    expect(await rows()).toEqual(expected);
    expect((await rebuilds.list())[0]?.rebuild).toMatchObject({ state: 'FAILED', error: 'the connection broke' });
    // A process that was killed in the middle: running for the database, but its lease has run out.
    await database.reader.query(
      `update projection_rebuild set state = 'RUNNING', started_at = now() - interval '1 hour'`,
    );
    expect((await rebuildsOn(bus).list())[0]?.rebuild).toMatchObject({ state: 'FAILED' });
    await change();
    await caughtUp();
    const next = rebuildsOn(bus);
    await next.start('copy');
    await next.ended('copy');
    expect((await next.list())[0]?.rebuild).toMatchObject({ state: 'DONE' });
    expect(await rows()).toEqual(expected);
  });

  it('is rebuilt once when two replicas are asked', async () => {
    for (let count = 0; count < 50; count += 1) await change();
    const gate = Promise.withResolvers<void>();
    const slow = rebuildsOn(brokenReading(bus, gate.promise));
    expect((await slow.start('copy')).rebuild).toMatchObject({ state: 'RUNNING' });
    const other = rebuildsOn(bus);
    expect((await other.start('copy')).rebuild).toMatchObject({ state: 'RUNNING', eventsRead: 0 });
    await other.ended('copy');
    expect((await rows()).size).toBe(0);
    gate.resolve();
    await slow.ended('copy');
    await other.start('copy');
    await other.ended('copy');
    expect(await rows()).toEqual(expected);
    await expect(other.start('nothing')).rejects.toMatchObject({ code: 'not_found' });
  });
});

/** The same log, whose reading breaks after a batch, once `when` has come. */
function brokenReading(bus: EventBus, when: Promise<void> = Promise.resolve()): EventBus {
  return new Proxy(bus, {
    get: (target, property) =>
      property === 'readToEnd'
        ? async (topic: string, { handleBatch }: ReadToEndOptions) => {
            await when;
            await target.readToEnd(topic, {
              handleBatch: async (records, left) => {
                await handleBatch(records, left);
                throw new Error('the connection broke');
              },
            });
          }
        : (Reflect.get(target, property, target) as unknown),
  });
}
