import { type AnyEventDefinition, type EventMessage, isRetryable } from '@voltap/kernel';
import type { Database, Transaction } from '../persistence/database.js';
import type { Logger } from '../telemetry/logger.js';
import { errorType, type Metrics } from '../telemetry/metrics.js';
import { NO_TRACING, noteCharge, type Tracing } from '../telemetry/tracing.js';
import { Attempts } from './attempts.js';
import { backoffMs } from './backoff.js';
import { type ConsumptionModes, InjectedFailure, randomNumbers } from './consumption-modes.js';
import type { BatchOutcome, ConsumedRecord, TopicDefinition } from './event-bus.js';
import { idOf, messageOf, type ParsedRecord, payloadOf, UnreadableEvent } from './event-reading.js';
import { isOutage } from './outages.js';
import { type Outbox, REFERENCE_HEADER } from './outbox.js';
import { SetAsideEvents } from './set-aside-events.js';

/** What a consumer method gets beside the message: the transaction of its effect. */
export interface Consumption {
  readonly transaction: Transaction;
  readonly headers: Readonly<Record<string, string>>;
}

export interface EventHandler {
  readonly definition: AnyEventDefinition;
  handle(message: EventMessage<unknown>, consumption: Consumption): Promise<void>;
}

export interface InboxSettings {
  readonly maxAttempts: number;
  readonly retryBaseMs: number;
  readonly retryMaxMs: number;
  readonly modes: ConsumptionModes;
}

export interface InboxParts {
  readonly database: Database;
  readonly outbox: Outbox;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly tracing?: Tracing;
  /** The consumer group, which is the name of the service. */
  readonly group: string;
  readonly settings: InboxSettings;
}

export const DEAD_LETTER_TOPIC = 'voltap.dead-letter';
/** For who watches from outside; what is replayed lies in the table of each service. */
export const DEAD_LETTERS: TopicDefinition = {
  topic: DEAD_LETTER_TOPIC,
  partitions: 1,
  compacted: false,
  retentionMs: 30 * 24 * 60 * 60 * 1000,
};
/** While a part of ours is away, this often is said so. */
const SAY_EVERY_MS = 30_000;

/** What became of a transaction over records: all settled, or where and why it failed. */
type Attempt = { readonly failedAt?: undefined } | { readonly failedAt: number; readonly error: unknown };

/**
 * At-least-once delivery, exactly-once effect: the dedupe row, the effect and further outbox rows are one transaction;
 * the offset is committed after it. A batch is one transaction; when a record fails, those before it are one, and it is
 * one of its own. What keeps failing is set aside: a state event goes to the dead-letter topic as well, an event of a money
 * aggregate parks its key. An outage of our own parts is waited for and sets nothing aside.
 */
export class Inbox {
  private readonly handlers = new Map<string, EventHandler>();
  private readonly attempts = new Attempts();
  private readonly setAsideEvents = new SetAsideEvents();
  private readonly failedOnce = new Set<string>();
  private readonly permutation: () => number;
  private outage: { readonly since: number; saidAt: number; attempts: number } | undefined;
  private stopping = false;

  constructor(private readonly parts: InboxParts) {
    this.permutation = randomNumbers(parts.settings.modes.permuteSeed ?? 0);
    parts.metrics.observe(['voltap.inbox.waiting'], async () => [
      {
        name: 'voltap.inbox.waiting',
        value: this.outage === undefined ? 0 : 1,
        attributes: { 'messaging.consumer.group.name': parts.group },
      },
    ]);
  }

  register(handler: EventHandler): void {
    const { topic } = handler.definition;
    if (this.handlers.has(topic)) throw new Error(`two consumers of ${topic} in one service: join them in one method`);
    this.handlers.set(topic, handler);
  }

  /** Topics that have a consumer. */
  get topics(): readonly string[] {
    return [...this.handlers.keys()];
  }

  /** Records that failed and are in hand. */
  get failing(): number {
    return this.attempts.size;
  }

  /** Ends batches in hand after their present transaction; the rest is delivered again, to whoever comes next. */
  stop(): void {
    this.stopping = true;
  }

  readonly handleBatch = async (records: readonly ConsumedRecord[]): Promise<BatchOutcome> => {
    const { deliverTwice, permuteSeed } = this.parts.settings.modes;
    const [first] = records;
    if (first !== undefined) this.attempts.startedAt(first);
    if (permuteSeed !== undefined) {
      await new Promise((resolve) => setTimeout(resolve, this.permutation() * 40));
      return this.handlePermuted(records);
    }
    const outcome = await this.handleInOrder(records);
    return deliverTwice && outcome.settled === records.length ? this.handleInOrder(records) : outcome;
  };

  private async handleInOrder(records: readonly ConsumedRecord[]): Promise<BatchOutcome> {
    let settled = 0;
    let step = records.length;
    for (;;) {
      const first = records[settled];
      if (first === undefined) break;
      if (this.stopping) return { settled, retryAfterMs: 0 };
      const size = this.attempts.of(first) > 0 ? 1 : step;
      const part = records.slice(settled, settled + size);
      const attempt = await this.attempt(part);
      if (attempt.failedAt === undefined) {
        settled += part.length;
        // What comes after a part that was cut short is the record that failed: alone, so that its repetitions cost no others.
        step = part.length === 1 ? records.length : 1;
        continue;
      }
      if (attempt.failedAt > 0 && !isOutage(attempt.error)) {
        step = attempt.failedAt;
        continue;
      }
      const retryAfterMs = await this.failed(first, attempt.error);
      if (retryAfterMs !== null) return { settled, retryAfterMs };
      settled += 1;
      step = records.length;
    }
    return { settled };
  }

  /** Whole batch in an order that keeps only the order per key; nothing is settled until all of it is. */
  private async handlePermuted(records: readonly ConsumedRecord[]): Promise<BatchOutcome> {
    const byKey = Map.groupBy(records, (record) => record.key);
    const queues = [...byKey.values()];
    while (queues.length > 0) {
      const pick = Math.floor(this.permutation() * queues.length);
      const [record, ...rest] = queues[pick] ?? [];
      if (record === undefined) throw new Error('empty queue');
      const attempt = await this.attempt([record]);
      const retryAfterMs = attempt.failedAt === undefined ? null : await this.failed(record, attempt.error);
      if (retryAfterMs !== null) return { settled: 0, retryAfterMs };
      if (rest.length === 0) queues.splice(pick, 1);
      else queues[pick] = rest;
    }
    return { settled: records.length };
  }

  /** One transaction over records of one topic. */
  private async attempt(records: readonly ConsumedRecord[]): Promise<Attempt> {
    const parsed: ParsedRecord[] = [];
    let at = 0;
    let opened = false;
    const startedAt = performance.now();
    const labels = this.labelsOf(records[0]?.topic ?? '');
    try {
      for (const record of records) {
        parsed.push({ record, message: messageOf(record) });
        at += 1;
      }
      at = 0;
      await this.parts.database.transaction(async (transaction) => {
        opened = true;
        await this.apply(transaction, parsed, (index) => {
          at = index;
        });
      });
      this.passed(records);
      this.parts.metrics.time('messaging.process.duration', startedAt, labels);
      this.parts.metrics.count('messaging.client.consumed.messages', labels, records.length);
      return {};
    } catch (error) {
      this.parts.metrics.time('messaging.process.duration', startedAt, { ...labels, 'error.type': errorType(error) });
      // Without a transaction nothing was asked of the event yet.
      const unopened = !opened && !(error instanceof UnreadableEvent);
      return { failedAt: at, error: unopened ? new DatabaseAway(error) : error };
    }
  }

  private passed(records: readonly ConsumedRecord[]): void {
    for (const record of records) this.attempts.settled(record);
    if (this.outage === undefined) return;
    const seconds = Math.round((performance.now() - this.outage.since) / 1000);
    this.outage = undefined;
    this.parts.logger.info({ seconds }, 'consumption goes on');
  }

  /** @returns null when the record is settled, else the time to wait before it is tried again. */
  private async failed(record: ConsumedRecord, error: unknown): Promise<number | null> {
    if (error instanceof InjectedFailure) return 1;
    if (error instanceof DatabaseAway || isOutage(error)) return this.wait(record, error);
    const { logger, metrics, settings } = this.parts;
    const attempt = this.attempts.add(record);
    logger.warn({ error, topic: record.topic, key: record.key, attempt }, 'handling an event failed');
    const mayPass = isRetryable(error) && !(error instanceof UnreadableEvent);
    if (mayPass && attempt < settings.maxAttempts) {
      metrics.count('voltap.inbox.retries', { ...this.labelsOf(record.topic), 'error.type': errorType(error) });
      return backoffMs(settings, attempt, positionOf(record));
    }
    return this.setAside(record, error);
  }

  /** A part of ours is away: how long it is, is nothing that the event can help. */
  private wait(record: ConsumedRecord, error: unknown): number {
    const now = performance.now();
    this.outage ??= { since: now, saidAt: Number.NEGATIVE_INFINITY, attempts: 0 };
    if (now - this.outage.saidAt >= SAY_EVERY_MS) {
      this.outage.saidAt = now;
      this.parts.logger.warn({ error, topic: record.topic }, 'consumption waits for a part of ours');
    }
    this.outage.attempts += 1;
    return backoffMs(this.parts.settings, this.outage.attempts, positionOf(record));
  }

  private async apply(
    transaction: Transaction,
    batch: readonly ParsedRecord[],
    reached: (index: number) => void,
  ): Promise<void> {
    const pending = await this.claim(
      transaction,
      batch.map(({ message }) => message.id),
    );
    const parked = await this.parkedKeys(transaction, batch);
    for (const [index, { record, message }] of batch.entries()) {
      reached(index);
      if (!pending.delete(message.id)) continue;
      if (parked.has(record.key) && (await this.isStillParked(transaction, record))) {
        const error = 'an earlier event of this key is parked';
        await this.setAsideEvents.add(transaction, record, { kind: 'money', eventId: message.id, error });
        continue;
      }
      parked.delete(record.key);
      await this.handle(transaction, record, message);
      if (this.parts.settings.modes.failFirst && !this.failedOnce.has(message.id)) {
        this.failedOnce.add(message.id);
        throw new InjectedFailure();
      }
    }
  }

  /** Hands an event to its consumer, inside of the transaction of its effect; dedupe is the caller's. */
  async handle(transaction: Transaction, record: ConsumedRecord, message = messageOf(record)): Promise<void> {
    const handler = this.handlerOf(record.topic);
    const { tracing = NO_TRACING } = this.parts;
    const { traceparent, [REFERENCE_HEADER]: reference } = record.headers;
    const options = {
      sort: 'received',
      causedBy: traceparent,
      keep: handler.definition.kind === 'money' ? 'always' : undefined,
      attributes: { 'messaging.operation.name': 'process', ...this.labelsOf(record.topic) },
    } as const;
    await tracing.step(`process ${record.topic}`, options, async () => {
      noteCharge(reference);
      const payload = payloadOf(handler.definition, message);
      await handler.handle({ ...message, payload }, { transaction, headers: record.headers });
    });
  }

  /** Takes charge of events. @returns the ids that nobody had taken before: to be handled, or set aside, now. */
  private async claim(transaction: Transaction, ids: readonly string[]): Promise<Set<string>> {
    const fresh: { id: string }[] = await transaction.query(
      'insert into inbox (id) select unnest($1::uuid[]) on conflict do nothing returning id',
      [[...new Set(ids)].toSorted()],
    );
    const taken = new Set(fresh.map(({ id }) => id));
    return new Set(ids.filter((id) => taken.has(id.toLowerCase())));
  }

  private async parkedKeys(transaction: Transaction, batch: readonly ParsedRecord[]): Promise<Set<string>> {
    const topic = batch[0]?.record.topic;
    if (topic === undefined || this.handlerOf(topic).definition.kind !== 'money') return new Set();
    return this.setAsideEvents.parkedKeys(
      transaction,
      topic,
      batch.map(({ record }) => record.key),
    );
  }

  /** Asked again behind the lock: the last event of the key may just have been replayed. */
  private async isStillParked(transaction: Transaction, { topic, key }: ConsumedRecord): Promise<boolean> {
    await this.setAsideEvents.lockKey(transaction, topic, key);
    return (await this.setAsideEvents.parkedKeys(transaction, topic, [key])).has(key);
  }

  private async setAside(record: ConsumedRecord, cause: unknown): Promise<number | null> {
    const { database, logger, metrics, settings } = this.parts;
    const { kind } = this.handlerOf(record.topic).definition;
    const position = positionOf(record);
    const reason = reasonOf(cause);
    try {
      const id = await database.transaction((transaction) => this.keepAside(transaction, record, reason));
      this.passed([record]);
      if (id === null) return null;
      const labels = this.labelsOf(record.topic);
      metrics.count('voltap.inbox.set_aside', { ...labels, 'voltap.event.kind': kind });
      metrics.count('messaging.client.consumed.messages', labels);
      logger.error({ topic: record.topic, key: record.key, position, reason, kind, id }, 'an event was set aside');
      return null;
    } catch (error) {
      logger.error({ error, position }, 'an event could not be set aside, trying again');
      return settings.retryMaxMs;
    }
  }

  /** @returns the id under which it is listed; null when another member of the group dealt with the event meanwhile. */
  private async keepAside(transaction: Transaction, record: ConsumedRecord, reason: string): Promise<string | null> {
    const { kind } = this.handlerOf(record.topic).definition;
    const eventId = idOf(record);
    if (eventId !== null && (await this.claim(transaction, [eventId])).size === 0) return null;
    if (kind === 'money') await this.setAsideEvents.lockKey(transaction, record.topic, record.key);
    const id = await this.setAsideEvents.add(transaction, record, { kind, eventId, error: reason });
    if (id === null || kind !== 'state') return id;
    const headers = {
      ...record.headers,
      'dead-letter-group': this.parts.group,
      'dead-letter-id': id,
      'dead-letter-topic': record.topic,
      'dead-letter-position': positionOf(record),
      'dead-letter-error': reason,
    };
    const { key, value } = record;
    await this.parts.outbox.forward(transaction, { topic: DEAD_LETTER_TOPIC, key, headers, value }, 'dead-letter');
    return id;
  }

  private labelsOf(topic: string) {
    return { 'messaging.destination.name': topic, 'messaging.consumer.group.name': this.parts.group };
  }

  private handlerOf(topic: string): EventHandler {
    const handler = this.handlers.get(topic);
    if (handler === undefined) throw new Error(`no consumer of ${topic}`);
    return handler;
  }
}

/** The transaction could not even begin. */
class DatabaseAway extends Error {
  override readonly name = 'DatabaseAway';

  constructor(cause: unknown) {
    super(`no transaction could be opened: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** What went wrong, in words that can be kept. */
export function reasonOf(cause: unknown): string {
  return cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
}

function positionOf({ topic, partition, offset }: ConsumedRecord): string {
  return `${topic}/${partition}/${offset}`;
}
