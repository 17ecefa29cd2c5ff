import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type EventDefinition, type EventKind, type EventMessage, VoltapError } from '@voltap/kernel';
import { EmbeddedEventBus } from '@voltap/platform/embedded';
import { type ConsumedRecord, DEAD_LETTER_TOPIC, Inbox } from '@voltap/platform/messaging';
import { Database, openDataSource } from '@voltap/platform/persistence';
import { createLogger } from '@voltap/platform/telemetry';
import { createTestDatabase, type TestDatabase, waitUntil } from '@voltap/platform/testing';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { z } from 'zod';

interface Content {
  readonly text: string;
}

class Effects1764000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create table effect (place bigint generated always as identity, text text not null)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table effect');
  }
}

function definition(kind: EventKind): EventDefinition<Content> {
  const schema = z.object({ text: z.string() });
  const rest = { version: 1, compacted: false, producer: 'test', partitions: 1, keyedBy: 'key', schema };
  return { name: `thing.${kind}`, topic: `thing-${kind}`, kind, ...rest };
}

describe('the inbox', () => {
  let databases: TestDatabase[];
  let database: Database;
  let bus: EmbeddedEventBus;
  let inbox: Inbox;
  let deadLetters: ConsumedRecord[];
  /** What handling a text throws, as long as it does. */
  const failures = new Map<string, () => Error | undefined>();

  beforeEach(async () => {
    databases = [await createTestDatabase(), await createTestDatabase()];
    const settings = { url: databases[0]?.url ?? '', poolSize: 5, applicationName: 'test' };
    database = new Database(await openDataSource(settings, [Effects1764000000001], []));
    bus = new EmbeddedEventBus({ url: databases[1]?.url ?? '' });
    failures.clear();
    deadLetters = [];
    await bus.ensureTopics([
      { topic: DEAD_LETTER_TOPIC, partitions: 1, compacted: false },
      ...(['state', 'money'] as const).map((kind) => ({ topic: `thing-${kind}`, partitions: 1, compacted: false })),
    ]);
    await bus.subscribe({
      group: 'dead-letters',
      topics: [DEAD_LETTER_TOPIC],
      handleBatch: async (records) => {
        deadLetters.push(...records);
        return { settled: records.length };
      },
    });
    inbox = new Inbox(database, bus, createLogger({ level: 'silent', service: 'test' }), {
      maxAttempts: 4,
      retryBaseMs: 1,
      retryMaxMs: 10,
      modes: {},
    });
    for (const kind of ['state', 'money'] as const) {
      inbox.register({
        definition: definition(kind),
        handle: async ({ payload }: EventMessage<unknown>, { transaction }) => {
          const { text } = payload as Content;
          await transaction.query('insert into effect (text) values ($1)', [text]);
          const failure = failures.get(text)?.();
          if (failure !== undefined) throw failure;
        },
      });
    }
    await bus.subscribe({ group: 'things', topics: ['thing-state', 'thing-money'], handleBatch: inbox.handleBatch });
  });

  afterEach(async () => {
    await bus.close();
    await database.dataSource.destroy();
    await Promise.all(databases.map((each) => each.drop()));
  });

  const record = (kind: EventKind, key: string, value: unknown) => ({
    topic: `thing-${kind}`,
    key,
    headers: {},
    value: typeof value === 'string' ? value : JSON.stringify(value),
  });
  const message = (kind: EventKind, key: string, text: unknown, id: string = randomUUID()) =>
    record(kind, key, { id, name: `thing.${kind}`, version: 1, key, revision: 1, occurredAt: '', payload: { text } });
  const effects = async (): Promise<string[]> =>
    ((await database.reader.query('select text from effect order by place')) as Content[]).map(({ text }) => text);
  const parked = async () =>
    (await database.reader.query('select key, event_id, error from parked_event order by "offset"')) as {
      key: string;
      event_id: string | null;
      error: string;
    }[];
  const effectsUntil = async (last: string): Promise<string[]> => {
    await waitUntil(async () => (await effects()).includes(last), { describe: `the effect of ${last}` });
    return effects();
  };

  it('has each effect once, however often the event comes, and undoes what failed before it tries again', async () => {
    let left = 2;
    failures.set('b', () => (left-- > 0 ? new Error('database away') : undefined));
    const twice = message('state', 'k', 'a');
    await bus.publish([twice, twice, message('state', 'k', 'b'), twice, message('state', 'k', 'c')]);
    expect(await effectsUntil('c')).toEqual(['a', 'b', 'c']);
    expect(deadLetters).toEqual([]);
  });

  it('sets a state event aside that keeps failing, with where it was and why, and goes on', async () => {
    failures.set('b', () => new Error('always'));
    const failing = message('state', 'k', 'b');
    await bus.publish([message('state', 'k', 'a'), failing, message('state', 'k', 'c')]);
    expect(await effectsUntil('c')).toEqual(['a', 'c']);
    await waitUntil(() => deadLetters.length === 1, { describe: 'the dead letter' });
    expect(deadLetters[0]).toMatchObject({
      key: 'k',
      value: failing.value,
      headers: {
        'dead-letter-topic': 'thing-state',
        'dead-letter-position': 'thing-state/0/1',
        'dead-letter-error': 'Error: always',
      },
    });
  });

  it('parks the key of a money event that fails, so that nothing overtakes it, while other keys go on', async () => {
    failures.set('b', () => new VoltapError('conflict', 'it contradicts'));
    const behind = message('money', 'k', 'c');
    await bus.publish([
      message('money', 'k', 'a'),
      message('money', 'k', 'b'),
      behind,
      message('money', 'other', 'x'),
      behind,
      message('money', 'k', 'd'),
      message('money', 'other', 'y'),
      message('state', 'k', 'z'),
    ]);
    await effectsUntil('z');
    expect((await effectsUntil('y')).filter((text) => text !== 'z')).toEqual(['a', 'x', 'y']);
    expect((await parked()).map(({ key, error }) => [key, error])).toEqual([
      ['k', 'VoltapError: it contradicts'],
      ['k', 'an earlier event of this key is parked'],
      ['k', 'an earlier event of this key is parked'],
    ]);
    expect(deadLetters).toEqual([]);
  });

  it('is not held up by what it cannot read', async () => {
    await bus.publish([
      record('state', 'k', '{"id":'),
      record('state', 'k', { id: 'no uuid' }),
      message('state', 'k', 42),
      record('money', 'm', 'null'),
      message('money', 'n', 42),
      message('money', 'k', 'm'),
      message('state', 'k', 's'),
    ]);
    await effectsUntil('m');
    await effectsUntil('s');
    await waitUntil(() => deadLetters.length === 3, { describe: 'three dead letters' });
    expect((await parked()).map(({ key, event_id }) => [key, event_id === null])).toEqual([
      ['m', true],
      ['n', false],
    ]);
  });
});
