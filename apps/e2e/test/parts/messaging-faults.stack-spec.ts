import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { queryDatabase, waitUntil } from '@voltap/platform/testing';
import { type RunningStack, startStack } from '@voltap/tools/stack';
import { LedgerStage } from './ledger-stage.js';

/** Outbox, relay, Kafka, inbox: two services in processes of their own, and everything that can happen to them. */
describe('what is committed in one service has its effect in another exactly once', () => {
  let stack: RunningStack;
  let ledger: LedgerStage;
  let number = 0;
  beforeAll(async () => {
    stack = await startStack({ parts: ['kafka', 'redis', 'postgres'] });
  });
  beforeEach(async () => {
    number += 1;
    ledger = new LedgerStage(stack, `ledger${number}`);
    await ledger.prepare();
  });
  afterEach(() => ledger.endAll());
  afterAll(() => stack?.stop());

  async function expectExactlyOnce(leastSteps: number): Promise<void> {
    const { counted, problems } = await ledger.settle();
    expect(problems).toEqual([]);
    expect(counted).toBeGreaterThanOrEqual(leastSteps);
  }

  /** In a session that may write whatever the server says of others. */
  async function administer(statement: string): Promise<void> {
    const url = new URL(stack.postgres.url);
    url.searchParams.set('options', '-c default_transaction_read_only=off');
    await queryDatabase(url.href, statement);
    await queryDatabase(url.href, 'select pg_reload_conf()');
  }

  it('when the broker is killed and started again under load, three times', async () => {
    await Promise.all([ledger.start('writer'), ledger.start('reader'), ledger.start('reader')]);
    for (let round = 0; round < 3; round += 1) {
      await ledger.untilMore(300);
      await stack.kafka.kill();
      await pause(1000);
      await stack.kafka.start();
    }
    await ledger.untilMore(300);
    await expectExactlyOnce(1200);
  });

  it('when the broker is frozen for 20 seconds', async () => {
    await Promise.all([ledger.start('writer'), ledger.start('reader')]);
    await ledger.untilMore(300);
    await stack.kafka.freeze();
    await pause(20_000);
    await stack.kafka.thaw();
    await ledger.untilMore(1000);
    await expectExactlyOnce(1300);
  });

  it('when readers are killed between their effect and the commit of its offset', async () => {
    // More than readers can take: one that dies has a batch in hand.
    ledger = new LedgerStage(stack, `ledger${number}`, 4000);
    // Which deaths met the moment is read from the offsets that the dead left behind.
    let uncommitted = 0;
    for (let round = 0; round < 10 && uncommitted === 0; round += 1) {
      await Promise.all([ledger.start('writer'), ledger.start('reader'), ledger.start('reader')]);
      await ledger.untilMore(300);
      // What was fetched has its effect; nobody is there to take its offset.
      await stack.kafka.kill();
      await pause(500);
      await ledger.endAll();
      await stack.kafka.start();
      uncommitted = await ledger.effectsWithoutCommit();
    }
    expect(uncommitted).toBeGreaterThan(0);
    await Promise.all([ledger.start('writer'), ledger.start('reader')]);
    await ledger.untilMore(300);
    await expectExactlyOnce(600);
  });

  it('when a consumer gave up on a broker that came later: it is no member, and holds nothing', async () => {
    const topic = 'late.broker';
    const bus = ledger.bus();
    try {
      await bus.ensureTopics([{ topic, partitions: 6, compacted: false }]);
      const seen = new Set<string>();
      const consumer = {
        group: 'late',
        topics: [topic],
        handleBatch: async (records: readonly { readonly key: string }[]) => {
          for (const { key } of records) seen.add(key);
          return { settled: records.length };
        },
      };
      await stack.kafka.kill();
      await expect(bus.subscribe(consumer)).rejects.toMatchObject({ code: 'unavailable' });
      await stack.kafka.start();
      await waitUntil(() => bus.lag('late').then(() => true), { describe: 'the broker' });
      // As long as one that gave up may take to connect again.
      await pause(2000);
      await bus.subscribe(consumer);
      const keys = Array.from({ length: 60 }, (_, index) => `key-${index}`);
      await bus.publish(keys.map((key) => ({ topic, key, headers: {}, value: '{}' })));
      await waitUntil(() => seen.size === keys.length, {
        describe: 'every key, of every partition',
      });
      await waitUntil(async () => (await bus.lag('late')) === 0, { describe: 'no lag' });
    } finally {
      await bus.close();
    }
  });

  it('when one of two readers dies, partitions move, and others come and go under load', async () => {
    await Promise.all([ledger.start('writer'), ledger.start('writer')]);
    let [, victim] = await Promise.all([ledger.start('reader'), ledger.start('reader')]);
    for (let round = 0; round < 3; round += 1) {
      await ledger.untilMore(200);
      await ledger.end(victim);
      victim = await ledger.start('reader');
    }
    await ledger.untilMore(200);
    await ledger.end(victim, 'SIGTERM');
    await expectExactlyOnce(800);
  });

  it('when writers are killed at any moment, also between sending and forgetting', async () => {
    await ledger.start('reader');
    let writers = await Promise.all([ledger.start('writer'), ledger.start('writer')]);
    for (let round = 0; round < 4; round += 1) {
      await ledger.untilMore(200);
      await Promise.all(writers.map((writer) => ledger.end(writer)));
      writers = await Promise.all([ledger.start('writer'), ledger.start('writer')]);
    }
    await expectExactlyOnce(800);
  });

  it('when the database is killed and started again', async () => {
    await Promise.all([ledger.start('writer'), ledger.start('reader')]);
    for (let round = 0; round < 2; round += 1) {
      await ledger.untilMore(300);
      await stack.postgres.kill();
      await pause(1000);
      await stack.postgres.start();
    }
    await ledger.untilMore(300);
    await expectExactlyOnce(900);
  });

  it('when the database takes no writes for a while', async () => {
    await Promise.all([ledger.start('writer'), ledger.start('reader')]);
    await ledger.untilMore(300);
    await administer('alter system set default_transaction_read_only = on');
    try {
      await pause(8000);
    } finally {
      await administer('alter system reset default_transaction_read_only');
    }
    await ledger.untilMore(300);
    await expectExactlyOnce(600);
  });

  it('when a reader comes an hour late, and its clock two minutes early', async () => {
    const reader = await ledger.start('reader');
    await ledger.end(reader);
    const eager = new LedgerStage(stack, `ledger${number}`, 4000);
    const writers = await Promise.all([eager.start('writer'), eager.start('writer')]);
    await waitUntil(async () => (await ledger.progress()).counted >= 15_000, {
      describe: '15,000 steps',
    });
    await Promise.all(writers.map((writer) => eager.end(writer, 'SIGTERM')));
    await ledger.start('writer', { wrapper: ['faketime', '-f', '-120s'] });
    await ledger.start('reader', { wrapper: ['faketime', '-f', '+120s'] });
    await expectExactlyOnce(15_000);
  });
});
