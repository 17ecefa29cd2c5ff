import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import type { KafkaSettings, RedisSettings } from '../production/index.js';
import { openKafka } from '../production/kafka/client.js';
import { createLogger } from '../telemetry/index.js';
import { waitUntil } from './wait-until.js';

export interface TestStack {
  readonly kafka: KafkaSettings;
  readonly redis: RedisSettings;
}

/**
 * The Kafka and Redis of this run, under names that nobody else uses; null when the run has none and the embedded parts
 * are meant.
 */
export function testStack(): TestStack | null {
  const { VOLTAP_KAFKA_BROKERS: brokers, VOLTAP_REDIS_URL: url } = process.env;
  if (brokers === undefined || url === undefined) return null;
  const prefix = `test-${randomBytes(6).toString('hex')}.`;
  return {
    kafka: { brokers: brokers.split(','), prefix, replication: -1, sessionTimeoutMs: 10_000 },
    // A test means what Redis answers, not how fast: its own process may stand still for longer than a partner may wait.
    redis: { url, prefix, commandTimeoutMs: 60_000 },
  };
}

/**
 * Removes the topics of one prefix. A broker that keeps those of every test has thousands of partitions before long, and
 * then takes minutes to make new ones.
 */
export async function dropTopics({ brokers, prefix }: Pick<KafkaSettings, 'brokers' | 'prefix'>): Promise<void> {
  if (prefix === '') throw new Error('without a prefix these would be the topics of everybody');
  const settings = { brokers, prefix, replication: -1, sessionTimeoutMs: 10_000 };
  const admin = openKafka(settings, createLogger({ level: 'silent', service: 'test' })).admin();
  await admin.connect();
  try {
    const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(prefix));
    if (topics.length === 0) return;
    await admin.deleteTopics({ topics });
    // The controller has removed them; the broker may show them for a moment, to who wants to make them anew.
    await waitUntil(async () => !(await admin.listTopics()).some((topic) => topic.startsWith(prefix)), {
      describe: `the topics of ${prefix} to be gone`,
    });
  } finally {
    await admin.disconnect();
  }
}

/**
 * Lets a group, none of whose members runs, begin anew in all topics of one prefix that it has read. A member that was
 * killed belongs to it until its session is over, which is waited for.
 */
export async function rewindGroup(
  { brokers, prefix }: Pick<KafkaSettings, 'brokers' | 'prefix'>,
  group: string,
): Promise<void> {
  const settings = { brokers, prefix, replication: -1, sessionTimeoutMs: 10_000 };
  const admin = openKafka(settings, createLogger({ level: 'silent', service: 'test' })).admin();
  await admin.connect();
  try {
    const groupId = `${prefix}${group}`;
    await waitUntil(
      async () => (await admin.describeGroups([groupId])).groups.every(({ members }) => members.length === 0),
      {
        describe: `the last member of ${group} to have left`,
      },
    );
    for (const { topic } of await admin.fetchOffsets({ groupId })) {
      await admin.resetOffsets({ groupId, topic, earliest: true });
    }
  } finally {
    await admin.disconnect();
  }
}

/** Forgets all keys of one prefix, as a Redis that lost its memory has. */
export async function dropKeys({ url, prefix }: Pick<RedisSettings, 'url' | 'prefix'>): Promise<void> {
  if (prefix === '') throw new Error('without a prefix these would be the keys of everybody');
  const redis = new Redis(url);
  try {
    const keys = await redis.keys(`${prefix}*`);
    if (keys.length > 0) await redis.del(...keys);
  } finally {
    redis.disconnect();
  }
}
