import type { ConsumedRecord, Subscription, SubscriptionOptions } from '../../messaging/event-bus.js';
import type { Logger } from '../../telemetry/logger.js';
import type { Consumer, EachBatchPayload, Kafka, KafkaSettings } from './client.js';
import { consumerSettings } from './client.js';
import { within } from './failures.js';
import { beating, toRecord } from './records.js';

/** A commit for every record costs more than the record. */
const COMMIT_EVERY_MS = 50;
const DEFAULT_BATCH = 500;
/** Beside the session of a member that died: until it is over, the group waits for that one. */
const FIRST_CONTACT_MS = 20_000;
const CLOSE_PATIENCE_MS = 10_000;
const REVIVE_MS = 500;

/** One member of a group. No error of a handler reaches kafkajs, and none of kafkajs' own is kept from it. */
export class KafkaSubscription implements Subscription {
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
    const patienceMs = this.settings.sessionTimeoutMs + FIRST_CONTACT_MS;
    const deadline = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => deadline.reject(new Error(`no member of the group within ${patienceMs / 1000} s`)),
      patienceMs,
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
