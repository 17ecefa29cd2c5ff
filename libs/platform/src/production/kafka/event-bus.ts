import { randomUUID } from 'node:crypto';
import {
  type BusRecord,
  EventBus,
  liesBehind,
  type ReadToEndOptions,
  type Subscription,
  type SubscriptionOptions,
  type TopicDefinition,
  type TopicEnd,
} from '../../messaging/event-bus.js';
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
import { closedError, orUnavailable, withCoordinator, within } from './failures.js';
import { beating, portions, toMessage, toRecord } from './records.js';
import { KafkaSubscription } from './subscription.js';
import { TopicReading } from './topic-reading.js';
import { describeTopics, ensureTopics } from './topics.js';

const CLOSE_PATIENCE_MS = 10_000;
const READING_CHECK_MS = 5000;

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
    if (topics.length > 0) await ensureTopics(await this.administration(), this.settings, topics);
  }

  override async describeTopics(topics: readonly string[]): Promise<Map<string, TopicDefinition>> {
    return describeTopics(await this.administration(), this.settings, topics);
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
    let lag = 0n;
    for (const { end, position } of await this.positions(group, only)) lag += end - position;
    return Number(lag);
  }

  override async endOf(topic: string): Promise<TopicEnd> {
    const admin = await this.administration();
    const partitions = await orUnavailable(`Asking for the end of ${topic}`, () =>
      admin.fetchTopicOffsets(this.named(topic)),
    );
    return new Map(partitions.map(({ partition, high }) => [partition, BigInt(high)]));
  }

  override async hasReached(group: string, topic: string, end: TopicEnd): Promise<boolean> {
    const positions = await this.positions(group, topic);
    return liesBehind(end, new Map(positions.map(({ partition, position }) => [partition, position])));
  }

  /** Of each partition of a group's topics, or of one: where it ends, and what the group committed, or the oldest record that is left. */
  private async positions(
    group: string,
    only?: string,
  ): Promise<{ readonly partition: number; readonly end: bigint; readonly position: bigint }[]> {
    const admin = await this.administration();
    return orUnavailable(`Asking how far ${group} is`, async () => {
      const committed = await withCoordinator(() => admin.fetchOffsets({ groupId: this.named(group) }));
      const topics = new Set(committed.map(({ topic }) => topic));
      for (const topic of this.topicsOfGroup.get(group) ?? []) topics.add(this.named(topic));
      const positions = [];
      for (const topic of topics) {
        if (only !== undefined && topic !== this.named(only)) continue;
        const offsets = new Map(
          committed
            .find((each) => each.topic === topic)
            ?.partitions.map(({ partition, offset }) => [partition, BigInt(offset)]),
        );
        for (const { partition, high, low } of await admin.fetchTopicOffsets(topic)) {
          // -1: nothing was ever committed.
          const offset = offsets.get(partition) ?? -1n;
          const position = offset > BigInt(low) ? offset : BigInt(low);
          positions.push({ partition, end: BigInt(high), position });
        }
      }
      return positions;
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
