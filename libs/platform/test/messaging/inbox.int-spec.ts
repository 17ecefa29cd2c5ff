import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  type EventDefinition,
  type EventKind,
  type EventMessage,
  SystemClock,
  UuidIds,
  VoltapError,
} from '@voltap/kernel';
import { EmbeddedEventBus } from '@voltap/platform/embedded';
import {
  type ConsumedRecord,
  DEAD_LETTER_TOPIC,
  Inbox,
  Outbox,
  OutboxRelay,
  ReplayEvents,
  SetAsideEvents,
} from '@voltap/platform/messaging';
import { Database, openDataSource } from '@voltap/platform/persistence';
import { createLogger, Metrics } from '@voltap/platform/telemetry';
import { createTestDatabase, type TestDatabase, waitUntil } from '@voltap/platform/testing';
import { Client } from 'pg';
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
  let relay: OutboxRelay;
  let metrics: Metrics;
  let deadLetters: ConsumedRecord[];
  /** What handling a text throws, as long as it does. */
  const failures = new Map<string, () => Error | undefined>();

  beforeEach(async () => {
    databases = [await createTestDatabase(), await createTestDatabase()];
    const address = { url: databases[0]?.url ?? '', poolSize: 5, applicationName: 'test' };
    database = new Database(await openDataSource(address, [Effects1764000000001], []));
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
    const logger = createLogger({ level: 'silent', service: 'test' });
    metrics = new Metrics('test', logger);
    const outbox = new Outbox(database, new SystemClock(), new UuidIds());
    relay = new OutboxRelay(database, bus, logger, metrics);
    outbox.onCommit(relay.wake);
    relay.start();
    const settings = { maxAttempts: 4, retryBaseMs: 1, retryMaxMs: 10, modes: {} };
    inbox = new Inbox({ database, outbox, metrics, logger, group: 'things', settings });
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
    await relay.stop();
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
    (await database.reader.query(
      `select key, event_id, error from set_aside_event where kind = 'money' order by "offset"`,
    )) as {
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
        'dead-letter-group': 'things',
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

  const replayed = () =>
    new ReplayEvents(database, inbox, metrics).execute({ topic: 'thing-money', key: 'k' }, 'operator');

  it('replays a parked key in order up to what fails again, and lets the key go when all of it was handled', async () => {
    failures.set('a', () => new VoltapError('conflict', 'not yet'));
    failures.set('c', () => new VoltapError('conflict', 'nor this'));
    const texts = ['a', 'b', 'c', 'd'];
    await bus.publish([...texts.map((text) => message('money', 'k', text)), message('money', 'other', 'x')]);
    await effectsUntil('x');
    failures.delete('a');
    const first = await replayed();
    expect(first).toMatchObject({ replayed: 2, waiting: 2, failed: [{ key: 'k', error: 'VoltapError: nor this' }] });
    await bus.publish([message('money', 'k', 'e'), message('money', 'other', 'y')]);
    await effectsUntil('y');
    expect(await effects()).toEqual(['x', 'a', 'b', 'y']);
    failures.delete('c');
    expect(await Promise.all([replayed(), replayed()])).toMatchObject([{ waiting: 0 }, { waiting: 0 }]);
    await bus.publish([message('money', 'k', 'f')]);
    expect(await effectsUntil('f')).toEqual(['x', 'a', 'b', 'y', 'c', 'd', 'e', 'f']);
  });

  it('keeps the order of a key, and each effect once, while two replicas replay and more events arrive', async () => {
    failures.set('0', () => new VoltapError('conflict', 'not yet'));
    const texts = Array.from({ length: 120 }, (_, index) => String(index));
    const send = (from: number, to: number) =>
      bus.publish(texts.slice(from, to).flatMap((text) => [message('money', 'k', text)]));
    await send(0, 30);
    await waitUntil(async () => (await parked()).length === 30, { describe: 'the parked key' });
    failures.delete('0');
    const arriving = (async () => {
      for (let at = 30; at < 120; at += 5) await send(at, at + 5);
    })();
    for (let done = false; !done; ) {
      const outcomes = await Promise.all([replayed(), replayed()]);
      expect(outcomes.flatMap(({ failed }) => failed)).toEqual([]);
      const handled = await effects();
      expect(handled).toEqual(texts.slice(0, handled.length));
      done = handled.length === texts.length;
    }
    await arriving;
  });

  it('gives an event up with a reason, which lets those behind it be replayed', async () => {
    failures.set('a', () => new VoltapError('conflict', 'never'));
    await bus.publish(['a', 'b'].map((text) => message('money', 'k', text)));
    await waitUntil(async () => (await parked()).length === 2, { describe: 'the parked key' });
    const replay = new ReplayEvents(database, inbox, metrics);
    const [event] = await new SetAsideEvents().list(database.reader, { limit: 1 });
    const id = event?.id ?? '';
    const given = { state: 'DISCARDED', reason: 'refunded by hand', settledBy: 'operator' };
    expect(await replay.discard(id, 'refunded by hand', 'operator')).toMatchObject(given);
    await expect(replay.discard(id, 'again', 'operator')).rejects.toMatchObject({ code: 'conflict' });
    expect(await replayed()).toEqual({ replayed: 1, failed: [], waiting: 0 });
    expect(await effects()).toEqual(['b']);
  });

  it('replays a dead letter once, and not what was delivered again', async () => {
    failures.set('a', () => new VoltapError('conflict', 'not yet'));
    const twice = message('state', 'k', 'a');
    await bus.publish([twice, twice, message('state', 'k', 'b')]);
    await effectsUntil('b');
    await waitUntil(() => deadLetters.length === 1, { describe: 'the dead letter' });
    failures.delete('a');
    const replay = new ReplayEvents(database, inbox, metrics);
    const ids = [deadLetters[0]?.headers['dead-letter-id'] ?? ''];
    expect(await replay.execute({ ids }, 'operator')).toEqual({ replayed: 1, failed: [], waiting: 0 });
    expect(await replay.execute({ ids }, 'operator')).toEqual({ replayed: 0, failed: [], waiting: 0 });
    expect(await effects()).toEqual(['b', 'a']);
    expect(deadLetters.length).toBe(1);
  });

  it('sets nothing aside while the database is read-only, full or cut off, and goes on by itself afterwards', async () => {
    const admin = new Client({ connectionString: databases[1]?.url });
    await admin.connect();
    const name = new URL(databases[0]?.url ?? '').pathname.slice(1);
    const cut = () => admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]);
    await admin.query(`alter database ${name} set default_transaction_read_only = on`);
    await cut();
    await bus.publish([message('state', 'k', 's'), message('money', 'k', 'm')]);
    const waits = async () =>
      (await metrics.expose()).includes(
        'voltap_inbox_waiting{messaging_consumer_group_name="things",service_name="test"} 1',
      );
    await waitUntil(waits, { describe: 'consumption that waits' });
    let full = 40;
    failures.set('s', () => (full-- > 0 ? Object.assign(new Error('no space left'), { code: '53100' }) : undefined));
    await admin.query(`alter database ${name} reset default_transaction_read_only`);
    await cut();
    await admin.end();
    expect(await effectsUntil('s')).toContain('s');
    await effectsUntil('m');
    expect(full).toBe(-1);
    expect([deadLetters, await parked()]).toEqual([[], []]);
    expect(inbox.failing).toBe(0);
  });

  it('repeats only what fails, not the batch around it', async () => {
    let handled = 0;
    for (let index = 0; index < 60; index += 1) {
      failures.set(`n${index}`, () => {
        handled += 1;
        return undefined;
      });
    }
    let left = 3;
    failures.set('n30', () => (left-- > 0 ? new Error('a moment') : undefined));
    await bus.publish(Array.from({ length: 60 }, (_, index) => message('state', `k${index}`, `n${index}`)));
    await effectsUntil('n59');
    expect((await effects()).length).toBe(60);
    expect(handled).toBeLessThanOrEqual(2 * 60);
  });
});
