import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { cdrCreated, deliverySucceeded, tariffChanged } from '@voltap/contracts/events';
import { DEAD_LETTERS, topicOf } from '@voltap/platform/messaging';
import { KafkaEventBus } from '@voltap/platform/production';
import { createLogger } from '@voltap/platform/telemetry';
import { testStack } from '@voltap/platform/testing';
import { buildOnce } from './stage/running-platform.js';
import { runVoltap } from './stage/voltap.js';

interface Told {
  readonly topic: string;
  readonly state: string;
}

describe('voltap topics', () => {
  let bus: KafkaEventBus;
  let environment: Record<string, string>;
  const opened: KafkaEventBus[] = [];
  beforeAll(() => buildOnce());

  /** A part of the cluster that nobody used before. */
  beforeEach(() => {
    const stack = testStack();
    if (stack === null) throw new Error('VOLTAP_KAFKA_BROKERS is missing: run this by npm run test:stack.');
    bus = new KafkaEventBus(stack.kafka, createLogger({ level: 'silent', service: 'test' }));
    opened.push(bus);
    environment = { VOLTAP_KAFKA_BROKERS: stack.kafka.brokers.join(','), VOLTAP_KAFKA_PREFIX: stack.kafka.prefix };
  });
  afterAll(() => Promise.all(opened.map((each) => each.close())));

  const voltap = (...words: string[]) => runVoltap(['topics', ...words], environment);
  async function states(...words: string[]): Promise<ReadonlyMap<string, string>> {
    const { out } = await voltap(...words, '--json');
    return new Map((JSON.parse(out) as Told[]).map(({ topic, state }) => [topic, state]));
  }

  it('tells what is missing, makes it as the catalogue wants it, and has nothing to do then', async () => {
    const planned = await voltap('plan');
    expect(planned).toMatchObject({
      code: 1,
      error: expect.stringMatching(/topics are missing; `voltap topics apply`/),
    });
    expect(planned.out).toMatch(/^voltap\.delivery\.succeeded\.v1 +missing +12 partitions, 7 days$/m);
    expect((await bus.describeTopics([tariffChanged.topic])).size).toBe(0);

    const applied = await voltap('apply');
    expect(applied).toMatchObject({ code: 0, error: '' });
    expect(applied.out).toMatch(/^voltap\.tariff\.changed\.v1 +made +12 partitions, compacted$/m);
    const wanted = [...[tariffChanged, cdrCreated, deliverySucceeded].map(topicOf), DEAD_LETTERS];
    const found = await bus.describeTopics(wanted.map(({ topic }) => topic));
    expect([...found.values()].toSorted(byTopic)).toEqual(wanted.toSorted(byTopic));

    expect((await voltap('plan')).code).toBe(0);
    expect(new Set((await states('apply')).values())).toEqual(new Set(['same']));
  });

  it('tells of a topic that exists otherwise, changes nothing of it, and makes the rest', async () => {
    const other = { topic: deliverySucceeded.topic, partitions: 12, compacted: false, retentionMs: 3_600_000 };
    const narrow = { ...topicOf(tariffChanged), partitions: 2 };
    await bus.ensureTopics([other, narrow]);
    const applied = await voltap('apply');
    expect(applied.code).toBe(1);
    expect(applied.error).toMatch(
      /Nothing was changed of what differs: .*delivery\.succeeded\.v1, .*tariff\.changed\.v1\./,
    );
    expect(applied.out).toMatch(
      /^voltap\.delivery\.succeeded\.v1 +different +12 partitions, 7 days +12 partitions, 1 hours$/m,
    );
    const found = await bus.describeTopics([other.topic, narrow.topic, cdrCreated.topic]);
    expect(found.get(other.topic)).toEqual(other);
    expect(found.get(narrow.topic)).toEqual(narrow);
    expect(found.get(cdrCreated.topic)).toEqual(topicOf(cdrCreated));
    expect((await states('plan')).get(narrow.topic)).toBe('different');
  });

  it('says which setting is missing or wrong, and when Kafka is away', async () => {
    const unnamed = await runVoltap(['topics', 'plan'], { VOLTAP_KAFKA_BROKERS: '' });
    expect(unnamed).toMatchObject({ code: 2, error: expect.stringMatching(/VOLTAP_KAFKA_BROKERS: is missing/) });
    const half = await runVoltap(['topics', 'plan'], { ...environment, VOLTAP_KAFKA_USERNAME: 'somebody' });
    expect(half).toMatchObject({
      code: 2,
      error: expect.stringMatching(/VOLTAP_KAFKA_PASSWORD: give all three or none/),
    });
    const away = await runVoltap(['topics', 'plan'], { VOLTAP_KAFKA_BROKERS: '127.0.0.1:9' });
    expect(away).toMatchObject({ code: 3, error: expect.stringMatching(/Kafka at 127\.0\.0\.1:9: connecting failed/) });
  });
});

function byTopic(one: { readonly topic: string }, other: { readonly topic: string }): number {
  return one.topic < other.topic ? -1 : 1;
}
