import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { VoltapError } from '@voltap/kernel';
import {
  type Admin,
  type Batch,
  type Consumer,
  type ConsumerConfig,
  type EachBatchPayload,
  Kafka,
  type KafkaMessage,
  type LogEntry,
  logLevel,
  type Message,
  type Producer,
  type SASLOptions,
} from 'kafkajs';
import {
  type BusRecord,
  type ConsumedRecord,
  EventBus,
  type ReadToEndOptions,
  type Subscription,
  type SubscriptionOptions,
  type TopicDefinition,
} from '../messaging/event-bus.js';
import { assertSameTopic } from '../messaging/topic-settings.js';
import type { Logger } from '../telemetry/logger.js';

export interface KafkaSettings {
  /** `host:port` each. */
  readonly brokers: readonly string[];
  /** PEM texts; undefined: no TLS. An empty object trusts the authorities that Node trusts. */
  readonly tls?: { readonly ca?: string; readonly certificate?: string; readonly key?: string };
  readonly sasl?: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
    readonly username: string;
    readonly password: string;
  };
  /** Before the name of every topic and group. */
  readonly prefix: string;
  /** Replicas of new topics; -1 leaves it to the broker. */
  readonly replication: number;
  /** How long a dead consumer keeps its partitions. Not below the broker's `group.min.session.timeout.ms`. */
  readonly sessionTimeoutMs: number;
}

/** A fetch waits this long for records; closing and resuming wait for the fetch in flight. */
const FETCH_WAIT_MS = 250;
const HEARTBEAT_MS = 500;
/** A commit for every record costs more than the record. */
const COMMIT_EVERY_MS = 50;
const DEFAULT_BATCH = 200;
/** Brokers refuse a batch above 1 MB by default, and one partition's records of one send are one batch. */
const SEND_BYTES = 640 * 1024;
/** Of new topics: an event carries a whole document, whose body may have 1 MB. */
const LARGEST_RECORD_BYTES = 4 * 1024 * 1024;
const TOMBSTONES_MS = 7 * 24 * 60 * 60 * 1000;
const FIRST_CONTACT_MS = 20_000;
const CLOSE_PATIENCE_MS = 10_000;
const REVIVE_MS = 500;
const READING_CHECK_MS = 5000;
/** Being away is only a pause for a consumer: it keeps its place in the group and tries again for ever. */
const PATIENT = { initialRetryTime: 100, maxRetryTime: 1000, retries: 1e9 };
/** A send must fail before it is repeated elsewhere: its caller holds a lock meanwhile, and asks again. */
const BRISK = { initialRetryTime: 100, maxRetryTime: 1000, retries: 6 };

/**
 * Kafka as the log that joins the services; the only file that knows kafkajs. The producer is plain: an idempotent one
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
    repairRequestQueue();
    const { tls, sasl } = settings;
    this.kafka = new Kafka({
      clientId: 'voltap',
      brokers: [...settings.brokers],
      connectionTimeout: 1000,
      authenticationTimeout: 5000,
      requestTimeout: 5000,
      retry: BRISK,
      logLevel: logLevel.WARN,
      logCreator: () => (entry) => say(logger, entry),
      ...(tls === undefined ? {} : { ssl: { ca: tls.ca, cert: tls.certificate, key: tls.key } }),
      ...(sasl === undefined ? {} : { sasl: sasl as SASLOptions }),
    });
  }

  override async ensureTopics(topics: readonly TopicDefinition[]): Promise<void> {
    if (topics.length === 0) return;
    const admin = await this.administration();
    await orUnavailable('Making topics', async () => {
      const existing = new Set(await admin.listTopics());
      const missing = topics.filter(({ topic }) => !existing.has(this.named(topic)));
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
    consumer.on(consumer.events.CRASH, ({ payload: { error } }) => reading.fail(error));
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

/** One member of a group. No error of a handler reaches kafkajs, and none of kafkajs' own is kept from it. */
class KafkaSubscription implements Subscription {
  private consumer: Consumer | undefined;
  private readonly resting = new Map<string, NodeJS.Timeout>();
  private readonly inHand = new Map<string, Promise<void>>();
  private reviving: NodeJS.Timeout | undefined;
  private closing: Promise<void> | undefined;

  constructor(
    private readonly kafka: Kafka,
    private readonly settings: KafkaSettings,
    private readonly options: SubscriptionOptions,
    private readonly logger: Logger,
    private readonly closed: () => void,
  ) {}

  /** Resolves when it is a member of its group. */
  async open(): Promise<void> {
    const { group, topics, concurrency = 1 } = this.options;
    const consumer = this.kafka.consumer(consumerSettings(this.settings, this.settings.prefix + group));
    this.consumer = consumer;
    const joined = Promise.withResolvers<void>();
    consumer.on(consumer.events.GROUP_JOIN, () => joined.resolve());
    consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
      this.logger.warn({ error, group, restart }, 'a Kafka consumer crashed and begins anew');
      if (!restart) this.revive(consumer);
    });
    const started = (async () => {
      await consumer.connect();
      await consumer.subscribe({ topics: topics.map((topic) => this.settings.prefix + topic), fromBeginning: true });
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: concurrency,
        eachBatch: (payload) => this.take(payload),
      });
      await joined.promise;
    })();
    const deadline = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => deadline.reject(new Error(`no member of the group within ${FIRST_CONTACT_MS / 1000} s`)),
      FIRST_CONTACT_MS,
    );
    try {
      await Promise.race([started, deadline.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  close(): Promise<void> {
    this.closing ??= this.leave();
    return this.closing;
  }

  private async leave(): Promise<void> {
    clearTimeout(this.reviving);
    for (const timer of this.resting.values()) clearTimeout(timer);
    await Promise.all(this.inHand.values());
    if (this.consumer !== undefined) await within(CLOSE_PATIENCE_MS, this.consumer.disconnect());
    this.closed();
  }

  /** kafkajs gives some consumers up for good while their process looks healthy. */
  private revive(dead: Consumer): void {
    if (this.closing !== undefined || this.consumer !== dead) return;
    this.consumer = undefined;
    this.reviving = setTimeout(() => {
      void (async () => {
        await within(CLOSE_PATIENCE_MS, dead.disconnect());
        if (this.closing !== undefined) return;
        try {
          await this.open();
        } catch (error) {
          this.logger.warn({ error, group: this.options.group }, 'a Kafka consumer could not begin anew, trying again');
          if (this.consumer !== undefined) this.revive(this.consumer);
        }
      })();
    }, REVIVE_MS);
  }

  /** One batch of a partition at a time, also when a rebalance hands the partition out again meanwhile. */
  private async take(payload: EachBatchPayload): Promise<void> {
    const partition = `${payload.batch.topic}/${payload.batch.partition}`;
    const before = this.inHand.get(partition);
    const run = (async () => {
      await before;
      await this.handle(payload, partition);
    })();
    const ended = run
      .catch(() => undefined)
      .finally(() => {
        if (this.inHand.get(partition) === ended) this.inHand.delete(partition);
      });
    this.inHand.set(partition, ended);
    // Its rejection is how kafkajs learns of a rebalance.
    await run;
  }

  private async handle(payload: EachBatchPayload, partition: string): Promise<void> {
    const { batch, heartbeat, isRunning, isStale, resolveOffset } = payload;
    const { messages } = batch;
    const size = this.options.batchSize ?? DEFAULT_BATCH;
    let settled = 0;
    let committed = 0;
    let committedAt = performance.now();
    const commit = async (): Promise<void> => {
      const last = messages[settled - 1];
      if (last === undefined || committed === settled) return;
      const next = String(BigInt(last.offset) + 1n);
      // The payload's commit rejoins after a lost session; the consumer's own ends it for ever.
      await payload.commitOffsetsIfNecessary({
        topics: [{ topic: batch.topic, partitions: [{ partition: batch.partition, offset: next }] }],
      });
      committed = settled;
      committedAt = performance.now();
      resolveOffset(last.offset);
    };
    while (settled < messages.length && this.closing === undefined && isRunning() && !isStale()) {
      const records = messages
        .slice(settled, settled + size)
        .map((message) => toRecord(this.settings.prefix, batch, message));
      const outcome = await beating(heartbeat, this.logger, () => this.handOver(records));
      settled += outcome.settled;
      if (outcome.settled < records.length) {
        await commit();
        this.rest(payload, partition, outcome.retryAfterMs ?? 0);
        return;
      }
      if (performance.now() - committedAt >= COMMIT_EVERY_MS) await commit();
      await heartbeat();
    }
    await commit();
  }

  private async handOver(records: readonly ConsumedRecord[]) {
    try {
      return await this.options.handleBatch(records);
    } catch (error) {
      this.logger.error({ error, group: this.options.group }, 'a handler threw, which it must not; trying again');
      return { settled: 0, retryAfterMs: 1000 };
    }
  }

  /** A pause outlives losing and regaining the partition; who has it meanwhile tries at once, which is no harm. */
  private rest({ pause }: EachBatchPayload, partition: string, ms: number): void {
    const resume = pause();
    clearTimeout(this.resting.get(partition));
    this.resting.set(
      partition,
      setTimeout(() => {
        this.resting.delete(partition);
        if (this.closing === undefined) resume();
      }, ms),
    );
  }
}

/** One reading of a topic from its oldest records to its end as it stood at first. */
class TopicReading {
  private readonly left: Map<number, { next: bigint; readonly end: bigint }>;
  private readonly end = Promise.withResolvers<void>();
  private over = false;

  constructor(
    ends: readonly { partition: number; low: string; high: string }[],
    private readonly options: ReadToEndOptions,
  ) {
    this.left = new Map(ends.map(({ partition, low, high }) => [partition, { next: BigInt(low), end: BigInt(high) }]));
    // It is looked at only after the consumer runs.
    this.end.promise.catch(() => undefined);
    options.signal?.addEventListener('abort', () => this.fail(options.signal?.reason), { once: true });
    if (options.signal?.aborted) this.fail(options.signal.reason);
  }

  /** Resolves at the end; rejects with what the reader threw or the signal's reason. */
  get ended(): Promise<void> {
    return this.end.promise;
  }

  get remaining(): number {
    let sum = 0n;
    for (const { next, end } of this.left.values()) if (end > next) sum += end - next;
    return Number(sum);
  }

  /** Never throws: kafkajs would begin anew. */
  async take(records: readonly ConsumedRecord[]): Promise<void> {
    const [last] = records.slice(-1);
    if (last === undefined || this.over) return;
    this.advance(last.partition, BigInt(last.offset) + 1n);
    try {
      await this.options.handleBatch(records, this.remaining);
    } catch (error) {
      this.fail(error);
      return;
    }
    this.finish();
  }

  removed(offsets: readonly { partition: number; low: string }[]): void {
    for (const { partition, low } of offsets) this.advance(partition, BigInt(low));
    this.finish();
  }

  fail(error: unknown): void {
    this.over = true;
    this.end.reject(error);
  }

  private advance(partition: number, next: bigint): void {
    const position = this.left.get(partition);
    if (position !== undefined && next > position.next) position.next = next;
  }

  private finish(): void {
    if (this.over || this.remaining > 0) return;
    this.over = true;
    this.end.resolve();
  }
}

function consumerSettings(settings: KafkaSettings, groupId: string): ConsumerConfig {
  return {
    groupId,
    sessionTimeout: settings.sessionTimeoutMs,
    rebalanceTimeout: Math.max(30_000, settings.sessionTimeoutMs),
    heartbeatInterval: HEARTBEAT_MS,
    maxWaitTimeInMs: FETCH_WAIT_MS,
    allowAutoTopicCreation: false,
    retry: PATIENT,
  };
}

/** Stays a member while a handler works for longer than a session. */
async function beating<Result>(
  heartbeat: () => Promise<void>,
  logger: Logger,
  work: () => Promise<Result>,
): Promise<Result> {
  const beat = setInterval(() => {
    // A failure shows again at the commit, where kafkajs deals with it.
    heartbeat().catch((error: unknown) => logger.debug({ error }, 'a heartbeat beside a handler failed'));
  }, HEARTBEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(beat);
  }
}

function toRecord(prefix: string, batch: Batch, message: KafkaMessage): ConsumedRecord {
  return {
    topic: batch.topic.slice(prefix.length),
    partition: batch.partition,
    offset: message.offset,
    key: message.key?.toString('utf8') ?? '',
    value: message.value?.toString('utf8') ?? null,
    headers: Object.fromEntries(
      Object.entries(message.headers ?? {}).map(([name, value]) => [
        name,
        String(Array.isArray(value) ? value.at(-1) : (value ?? '')),
      ]),
    ),
  };
}

/** Kafka's number for the kind of resource. */
const TOPIC_RESOURCE = 2;

function toMessage({ key, value, headers }: BusRecord): Message {
  return { key, value, headers: { ...headers } };
}

/** In their order, in parts that a broker takes. */
function* portions(records: readonly BusRecord[]): Generator<BusRecord[]> {
  let part: BusRecord[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = Buffer.byteLength(record.value ?? '') + Buffer.byteLength(record.key) + 256;
    if (part.length > 0 && bytes + size > SEND_BYTES) {
      yield part;
      part = [];
      bytes = 0;
    }
    part.push(record);
    bytes += size;
  }
  if (part.length > 0) yield part;
}

/** Errors that no repetition cures: a wrong password, a certificate that nobody trusts, missing rights. */
const LASTING = /SASL|authentication|authoriz|certificate|INVALID_CONFIG|INVALID_REPLICATION/i;

async function orUnavailable<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof VoltapError) throw cause;
    const reason = reasonOf(cause);
    throw new VoltapError(LASTING.test(reason) ? 'internal' : 'unavailable', `${what} failed: ${reason}`, { cause });
  }
}

/** kafkajs hides what happened in causes and lists. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause, errors } = error as { cause?: unknown; errors?: unknown[] };
  const inner = [cause, ...(errors ?? [])].filter((each) => each instanceof Error).map(reasonOf);
  return [...new Set([error.message, ...inner])].join(': ');
}

function closedError(): VoltapError {
  return new VoltapError('unavailable', 'The bus is closed.');
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, deadline]);
  clearTimeout(timer);
}

function say(logger: Logger, { level, log }: LogEntry): void {
  const { message, logger: _logger, timestamp: _timestamp, ...details } = log;
  // What kafkajs calls an error is often a retry; what fails for good is thrown, and said there.
  if (level <= logLevel.WARN) logger.warn(details, `kafka: ${message}`);
  else logger.debug(details, `kafka: ${message}`);
}

interface RequestQueue {
  readonly pending: readonly unknown[];
  readonly throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
  scheduleCheckPendingRequests(): void;
}

const CHECK_PENDING_MS = 10;

/**
 * The library's queue re-arms a timer of `-1 - now` milliseconds for ever, which Node takes for 1: 5 % of a core for each
 * idle connection, and a warning at start. This one waits only while something is pending.
 */
function repairRequestQueue(): void {
  const require = createRequire(import.meta.url);
  const { prototype } = require('kafkajs/src/network/requestQueue') as { prototype: RequestQueue };
  prototype.scheduleCheckPendingRequests = function schedule(this: RequestQueue) {
    if (this.pending.length === 0 || this.throttleCheckTimeoutId !== null) return;
    const throttled = this.throttledUntil - Date.now();
    this.throttleCheckTimeoutId = setTimeout(
      () => {
        this.throttleCheckTimeoutId = null;
        this.checkPendingRequests();
      },
      throttled > 0 ? throttled : CHECK_PENDING_MS,
    );
  };
}
