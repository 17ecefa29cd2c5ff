import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type EventDefinition, event, SystemClock, UuidIds } from '@voltap/kernel';
import { EmbeddedEventBus } from '@voltap/platform/embedded';
import { type ConsumedRecord, Outbox } from '@voltap/platform/messaging';
import { Database, openDataSource } from '@voltap/platform/persistence';
import {
  createTestDatabase,
  startTestProcess,
  type TestDatabase,
  type TestProcess,
  waitUntil,
} from '@voltap/platform/testing';

const counted: EventDefinition<{ count: number }> = {
  name: 'counter.counted',
  version: 1,
  topic: 'counted',
  kind: 'state',
  compacted: false,
  producer: 'test',
  partitions: 3,
  keyedBy: 'counter',
  schema: { parse: (value) => value as { count: number } },
};
const KEYS = Array.from({ length: 10 }, (_, index) => `key-${index}`);
const ROUNDS = 60;

describe('the outbox relay', () => {
  let databases: TestDatabase[];
  let database: Database;
  let bus: EmbeddedEventBus;
  const relays: TestProcess[] = [];

  beforeEach(async () => {
    databases = [await createTestDatabase(), await createTestDatabase()];
    database = new Database(await openDataSource({ url: urlOf(0), poolSize: 5, applicationName: 'test' }, [], []));
    bus = new EmbeddedEventBus({ url: urlOf(1) });
    await bus.ensureTopics([{ topic: counted.topic, partitions: counted.partitions, compacted: false }]);
  });

  afterEach(async () => {
    await Promise.all(relays.splice(0).map((relay) => relay.end()));
    await bus.close();
    await database.dataSource.destroy();
    await Promise.all(databases.map((each) => each.drop()));
  });

  const urlOf = (index: number): string => databases[index]?.url ?? '';

  async function startRelay(): Promise<TestProcess> {
    const relay = startTestProcess(new URL('./programs/relay.ts', import.meta.url), [urlOf(0), urlOf(1)]);
    relays.push(relay);
    await waitUntil(() => relay.lines.includes('relaying'), { describe: 'a relay to start' });
    return relay;
  }

  /** Revisions in order of arrival, by key. */
  async function arrivals(): Promise<Map<string, number[]>> {
    const seen = new Map<string, number[]>();
    await bus.subscribe({
      group: 'reader',
      topics: [counted.topic],
      handleBatch: async (records: readonly ConsumedRecord[]) => {
        for (const { key, value } of records) {
          const { revision } = JSON.parse(value ?? '{}') as { revision: number };
          seen.set(key, [...(seen.get(key) ?? []), revision]);
        }
        return { settled: records.length };
      },
    });
    return seen;
  }

  const outbox = () => new Outbox(database, new SystemClock(), new UuidIds());

  async function publishRound(round: number): Promise<void> {
    await Promise.all(
      KEYS.map((key) =>
        database.transaction((transaction) =>
          outbox().add(transaction, event(counted, { key, revision: round, payload: { count: round } })),
        ),
      ),
    );
  }

  async function untilEmpty(): Promise<void> {
    await waitUntil(async () => ((await database.reader.query('select 1 from outbox')) as unknown[]).length === 0, {
      describe: 'the outbox to be empty',
    });
  }

  const rising = Array.from({ length: ROUNDS }, (_, index) => index + 1);

  it('of two processes relays each event once, in the order of its key', async () => {
    const seen = await arrivals();
    await Promise.all([startRelay(), startRelay()]);
    for (const round of rising) await publishRound(round);
    await untilEmpty();
    await waitUntil(() => KEYS.every((key) => seen.get(key)?.includes(ROUNDS)), { describe: 'the last of each key' });
    for (const key of KEYS) expect(seen.get(key)).toEqual(rising);
  });

  it('of two processes, one of them killed in its work, loses nothing and keeps the order of each key', async () => {
    const seen = await arrivals();
    const [victim] = await Promise.all([startRelay(), startRelay()]);
    for (const round of rising) {
      await publishRound(round);
      if (round !== ROUNDS / 2) continue;
      await waitUntil(() => seen.size > 0, { describe: 'the relays to be at work' });
      await victim?.end();
    }
    await untilEmpty();
    await waitUntil(() => KEYS.every((key) => seen.get(key)?.includes(ROUNDS)), { describe: 'the last of each key' });
    // A kill may repeat what was relayed last; the first sight of each event is in order and complete.
    for (const key of KEYS) expect([...new Set(seen.get(key))]).toEqual(rising);
  });
});
