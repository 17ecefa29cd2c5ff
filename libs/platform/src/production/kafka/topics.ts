import { setTimeout as delay } from 'node:timers/promises';
import { VoltapError } from '@voltap/kernel';
import type { TopicDefinition } from '../../messaging/event-bus.js';
import { assertSameTopic } from '../../messaging/topic-settings.js';
import type { Admin, KafkaSettings } from './client.js';
import { orUnavailable } from './failures.js';

/** Of new topics: an event carries a whole document, whose body may have 1 MB. */
const LARGEST_RECORD_BYTES = 4 * 1024 * 1024;
const TOMBSTONES_MS = 7 * 24 * 60 * 60 * 1000;
/** Kafka's number for the kind of resource. */
const TOPIC_RESOURCE = 2;
const SERVED_PATIENCE_MS = 120_000;
const SERVED_PAUSE_MS = 100;

type Prefixed = Pick<KafkaSettings, 'prefix' | 'replication'>;

/**
 * Makes what is missing and compares what exists. The controller acknowledges a topic before the brokers
 * serve it, so new ones are waited for: a producer that meets them earlier repeats whole batches.
 */
export async function ensureTopics(
  admin: Admin,
  settings: Prefixed,
  topics: readonly TopicDefinition[],
): Promise<void> {
  const wanted = [...new Map(topics.map((topic) => [topic.topic, topic])).values()];
  const missing = await orUnavailable('Making topics', async () => {
    const existing = new Set(await admin.listTopics());
    const absent = wanted.filter(({ topic }) => !existing.has(settings.prefix + topic));
    if (absent.length > 0) {
      await admin.createTopics({ waitForLeaders: false, topics: absent.map((topic) => newTopic(settings, topic)) });
    }
    return absent.map(({ topic }) => settings.prefix + topic);
  });
  await served(admin, missing);
  const found = await describeTopics(
    admin,
    settings,
    wanted.map(({ topic }) => topic),
  );
  for (const topic of wanted) {
    const existing = found.get(topic.topic);
    if (existing === undefined) {
      throw new VoltapError('unavailable', `Topic ${topic.topic} is not there: somebody deleted it.`);
    }
    assertSameTopic(existing, topic);
  }
}

/** Those of `topics` that the broker shows, by their name without the prefix. */
export async function describeTopics(
  admin: Admin,
  { prefix }: Pick<KafkaSettings, 'prefix'>,
  topics: readonly string[],
): Promise<Map<string, TopicDefinition>> {
  return orUnavailable('Describing topics', async () => {
    const existing = new Set(await admin.listTopics());
    const names = topics.map((topic) => prefix + topic).filter((name) => existing.has(name));
    if (names.length === 0) return new Map();
    const [metadata, { resources }] = await Promise.all([
      admin.fetchTopicMetadata({ topics: names }),
      admin.describeConfigs({
        includeSynonyms: false,
        resources: names.map((name) => ({
          type: TOPIC_RESOURCE,
          name,
          configNames: ['cleanup.policy', 'retention.ms'],
        })),
      }),
    ]);
    const partitionsOf = new Map(metadata.topics.map(({ name, partitions }) => [name, partitions.length]));
    return new Map(
      resources.map(({ resourceName, configEntries }) => {
        const configured = (wanted: string) =>
          configEntries.find(({ configName }) => configName === wanted)?.configValue ?? '';
        const topic = resourceName.slice(prefix.length);
        const partitions = partitionsOf.get(resourceName) ?? 0;
        const compacted = configured('cleanup.policy').includes('compact');
        const retentionMs = Number(configured('retention.ms'));
        const kept = compacted || !(retentionMs > 0) ? {} : { retentionMs };
        return [topic, { topic, partitions, compacted, ...kept }];
      }),
    );
  });
}

/** Until the leader of each partition answers for it. */
async function served(admin: Admin, names: readonly string[]): Promise<void> {
  const deadline = Date.now() + SERVED_PATIENCE_MS;
  for (const name of names) {
    await orUnavailable(`Waiting for topic ${name}`, async () => {
      for (;;) {
        try {
          return await admin.fetchTopicOffsets(name);
        } catch (error) {
          // Unknown, without a leader, or with one that has yet to hear of it.
          if (Date.now() >= deadline) throw error;
        }
        await delay(SERVED_PAUSE_MS);
      }
    });
  }
}

/** How a topic is set up that we make, beside its partitions; who makes it otherwise sets it up like this. */
export function topicConfiguration({ compacted, retentionMs }: TopicDefinition): Readonly<Record<string, string>> {
  return {
    'cleanup.policy': compacted ? 'compact' : 'delete',
    'max.message.bytes': String(LARGEST_RECORD_BYTES),
    ...(compacted ? { 'delete.retention.ms': String(TOMBSTONES_MS) } : {}),
    ...(compacted || retentionMs === undefined ? {} : { 'retention.ms': String(retentionMs) }),
  };
}

function newTopic(settings: Prefixed, topic: TopicDefinition) {
  return {
    topic: settings.prefix + topic.topic,
    numPartitions: topic.partitions,
    replicationFactor: settings.replication,
    configEntries: Object.entries(topicConfiguration(topic)).map(([name, value]) => ({ name, value })),
  };
}
