import { randomUUID } from 'node:crypto';
import { VoltapError } from '@voltap/kernel';
import {
  type BusRecord,
  EventBus,
  type ReadToEndOptions,
  type Subscription,
  type SubscriptionOptions,
  type TopicDefinition,
} from '../../messaging/event-bus.js';
import { assertSameTopic } from '../../messaging/topic-settings.js';
import type { Logger } from '../../telemetry/logger.js';
import {
  type Admin,
  BRISK,
  consumerSettings,
  DefaultPartitioner,
  type Kafka,
  type KafkaSettings,
  openKafka,
  type Producer,
} from './client.js';
import { closedError, orUnavailable, within } from './failures.js';
import { beating, portions, toMessage, toRecord } from './records.js';
import { KafkaSubscription } from './subscription.js';
import { TopicReading } from './topic-reading.js';

/** Of new topics: an event carries a whole document, whose body may have 1 MB. */
const LARGEST_RECORD_BYTES = 4 * 1024 * 1024;
const TOMBSTONES_MS = 7 * 24 * 60 * 60 * 1000;
const CLOSE_PATIENCE_MS = 10_000;
const READING_CHECK_MS = 5000;
/** Kafka's number for the kind of resource. */
const TOPIC_RESOURCE = 2;

/**
 * Kafka as the log that joins the services. The producer is plain: an idempotent one
 * of this library loses records when a broker restarts, and duplicates are the inbox's to drop.
 */
export class KafkaEventBus extends EventBus {
  private readonly kafka: Kafka;
  private readonly subscriptions = new Set<KafkaSubscription>();
  private readonly topicsOfGroup = new Map<string, Set<string>>();
  private admin: Promise<Admin> | undefined;
  private producer: Promise<Producer> | undefined;
  private closed: Promise<void> | undefined;

  constructor(
    private readonly settings: KafkaSettings,
    private readonly logger: Logger,
  ) {
    super();
    this.kafka = openKafka(settings, logger);
  }

  override async ensureTopics(topics: readonly TopicDefinition[]): Promise<void> {
    if (topics.length === 0) return;
    const admin = await this.administration();
    await orUnavailable('Making topics', async () => {
      const existing = new Set(await admin.listTopics());
      const wanted = new Map(topics.map((topic) => [topic.topic, topic]));
      const missing = [...wanted.values()].filter(({ topic }) => !existing.has(this.named(topic)));
      if (missing.length > 0) {
        await admin.createTopics({ waitForLeaders: true, topics: missing.map((topic) => this.newTopic(topic)) });
      }
    });
    const found = await this.describeTopics(topics.map(({ topic }) => topic));
    for (const wanted of topics) {
      const existing = found.get(wanted.topic);
      if (existing === undefined) {
        throw new VoltapError('unavailable', `Topic ${wanted.topic} was made but is not shown yet.`);
      }
      assertSameTopic(existing, wanted);
    }
  }

  override async describeTopics(topics: readonly string[]): Promise<Map<string, TopicDefinition>> {
    const admin = await this.administration();
    return orUnavailable('Describing topics', async () => {
      const existing = new Set(await admin.listTopics());
      const names = topics.map((topic) => this.named(topic)).filter((name) => existing.has(name));
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
          const topic = resourceName.slice(this.settings.prefix.length);
          const partitions = partitionsOf.get(resourceName) ?? 0;
          const compacted = configured('cleanup.policy').includes('compact');
          const retentionMs = Number(configured('retention.ms'));
          const kept = compacted || !(retentionMs > 0) ? {} : { retentionMs };
          return [topic, { topic, partitions, compacted, ...kept }];
        }),
      );
    });
  }

  private newTopic({ topic, partitions, compacted, retentionMs }: TopicDefinition) {
    const settings: Record<string, string> = {
      'cleanup.policy': compacted ? 'compact' : 'delete',
      'max.message.bytes': String(LARGEST_RECORD_BYTES),
      ...(compacted ? { 'delete.retention.ms': String(TOMBSTONES_MS) } : {}),
      ...(compacted || retentionMs === undefined ? {} : { 'retention.ms': String(retentionMs) }),
    };
    return {
      topic: this.named(topic),
      numPartitions: partitions,
      replicationFactor: this.settings.replication,
      configEntries: Object.entries(settings).map(([name, value]) => ({ name, value })),
    };
  }

  override async publish(records: readonly BusRecord[]): Promise<void> {
    if (this.closed !== undefined) throw closedError();
    this.producer ??= this.connected(
      this.kafka.producer({
        idempotent: false,
        allowAutoTopicCreation: false,
        maxInFlightRequests: 1,
        createPartitioner: DefaultPartitioner,
        metadataMaxAge: 60_000,
      }),
      () => {
        this.producer = undefined;
      },
    );
    const producer = await this.producer;
    for (const part of portions(records)) {
      await orUnavailable('Publishing', () =>
        producer.sendBatch({
          acks: -1,
          topicMessages: [...Map.groupBy(part, ({ topic }) => topic)].map(([topic, messages]) => ({
            topic: this.named(topic),
            messages: messages.map(toMessage),
          })),
        }),
      );
    }
  }

  override async subscribe(options: SubscriptionOptions): Promise<Subscription> {
    if (this.closed !== undefined) throw closedError();
    const topics = this.topicsOfGroup.get(options.group) ?? new Set();
    for (const topic of options.topics) topics.add(topic);
    this.topicsOfGroup.set(options.group, topics);
    const subscription = new KafkaSubscription(this.kafka, this.settings, options, this.logger, () =>
      this.subscriptions.delete(subscription),
    );
    this.subscriptions.add(subscription);
    try {
      await orUnavailable(`Subscribing as ${options.group}`, () => subscription.open());
    } catch (error) {
      await subscription.close();
      throw error;
    }
    return subscription;
  }

  override async readToEnd(topic: string, options: ReadToEndOptions): Promise<void> {
    const admin = await this.administration();
    const name = this.named(topic);
    const ends = await orUnavailable(`Reading topic ${topic}`, async () => {
      if (!(await admin.listTopics()).includes(name)) throw new Error('it does not exist');
      return admin.fetchTopicOffsets(name);
    });
    const reading = new TopicReading(ends, options);
    if (reading.remaining === 0) return;
    const group = this.named(`reader-${randomUUID()}`);
    const consumer = this.kafka.consumer({ ...consumerSettings(this.settings, group), retry: BRISK });
    consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
      // A broker that has just started still loads its groups; when it is away, the watch below says so.
      if (!restart) reading.fail(error);
    });
    const watch = setInterval(() => {
      // What age or compaction removes meanwhile will never be handed over.
      admin.fetchTopicOffsets(name).then(
        (offsets) => reading.removed(offsets),
        (error: unknown) => reading.fail(error),
      );
    }, READING_CHECK_MS);
    try {
      await orUnavailable(`Reading topic ${topic}`, async () => {
        await consumer.connect();
        await consumer.subscribe({ topics: [name], fromBeginning: true });
        await consumer.run({
          autoCommit: false,
          eachBatch: async ({ batch, isRunning, isStale, heartbeat }) => {
            const records = batch.messages.map((message) => toRecord(this.settings.prefix, batch, message));
            if (isRunning() && !isStale()) await beating(heartbeat, this.logger, () => reading.take(records));
          },
        });
      });
      await reading.ended;
    } finally {
      clearInterval(watch);
      await within(CLOSE_PATIENCE_MS, consumer.disconnect());
      // An empty group is forgotten by the broker after some days; this is only tidiness.
      await admin
        .deleteGroups([group])
        .catch((error: unknown) => this.logger.debug({ error, group }, 'group not deleted'));
    }
  }

  override async lag(group: string, only?: string): Promise<number> {
    const admin = await this.administration();
    return orUnavailable(`Asking for the lag of ${group}`, async () => {
      const committed = await admin.fetchOffsets({ groupId: this.named(group) });
      const topics = new Set(committed.map(({ topic }) => topic));
      for (const topic of this.topicsOfGroup.get(group) ?? []) topics.add(this.named(topic));
      let lag = 0n;
      for (const topic of topics) {
        if (only !== undefined && topic !== this.named(only)) continue;
        const positions = new Map(
          committed
            .find((each) => each.topic === topic)
            ?.partitions.map(({ partition, offset }) => [partition, BigInt(offset)]),
        );
        for (const { partition, high, low } of await admin.fetchTopicOffsets(topic)) {
          // -1: nothing was ever committed.
          const position = positions.get(partition) ?? -1n;
          lag += BigInt(high) - (position > BigInt(low) ? position : BigInt(low));
        }
      }
      return Number(lag);
    });
  }

  override close(): Promise<void> {
    this.closed ??= this.shutDown();
    return this.closed;
  }

  private async shutDown(): Promise<void> {
    await Promise.all([...this.subscriptions].map((subscription) => subscription.close()));
    for (const client of [this.producer, this.admin]) {
      if (client === undefined) continue;
      await within(
        CLOSE_PATIENCE_MS,
        client.then(
          (open) => open.disconnect(),
          // It never connected, so there is nothing to close.
          () => undefined,
        ),
      );
    }
  }

  private administration(): Promise<Admin> {
    if (this.closed !== undefined) throw closedError();
    this.admin ??= this.connected(this.kafka.admin(), () => {
      this.admin = undefined;
    });
    return this.admin;
  }

  /** A client that cannot connect is thrown away, so that the next call begins anew. */
  private async connected<Client extends Producer | Admin>(client: Client, forget: () => void): Promise<Client> {
    try {
      await orUnavailable(`Kafka at ${this.settings.brokers.join(', ')}: connecting`, () => client.connect());
      return client;
    } catch (error) {
      forget();
      await client.disconnect();
      throw error;
    }
  }

  private named(name: string): string {
    return this.settings.prefix + name;
  }
}
