import { type AnyEventDefinition, type EventMessage, isRetryable } from '@voltap/kernel';
import type { Database, Transaction } from '../persistence/database.js';
import type { Logger } from '../telemetry/logger.js';
import type { BatchOutcome, ConsumedRecord, EventBus } from './event-bus.js';

/** What a consumer method gets beside the message: the transaction of its effect. */
export interface Consumption {
  readonly transaction: Transaction;
  readonly headers: Readonly<Record<string, string>>;
}

export interface EventHandler {
  readonly definition: AnyEventDefinition;
  handle(message: EventMessage<unknown>, consumption: Consumption): Promise<void>;
}

/** How consumption is disturbed in tests; all off in production. */
export interface ConsumptionModes {
  /** Every record is handed over twice. */
  readonly deliverTwice?: boolean;
  /** The first handling of every event fails after its effect. */
  readonly failFirst?: boolean;
  /** Seed of a permutation of the order across keys and topics; the order per key stays. */
  readonly permuteSeed?: number;
}

export interface InboxSettings {
  readonly maxAttempts: number;
  readonly retryBaseMs: number;
  readonly retryMaxMs: number;
  readonly modes: ConsumptionModes;
}

export const DEAD_LETTER_TOPIC = 'voltap.dead-letter';

interface ParsedRecord {
  readonly record: ConsumedRecord;
  readonly message: EventMessage<unknown>;
}

/**
 * At-least-once delivery, exactly-once effect: the dedupe row, the effect and further outbox rows are one transaction;
 * the offset is committed after it. A batch is tried as one transaction and, when that fails, record by record.
 * What keeps failing: a state event goes to the dead-letter topic, an event of a money aggregate parks its key.
 */
export class Inbox {
  private readonly handlers = new Map<string, EventHandler>();
  private readonly attempts = new Map<string, number>();
  private readonly failedOnce = new Set<string>();
  private permutation: () => number;

  constructor(
    private readonly database: Database,
    private readonly bus: EventBus,
    private readonly logger: Logger,
    private readonly settings: InboxSettings,
  ) {
    this.permutation = randomNumbers(settings.modes.permuteSeed ?? 0);
  }

  register(handler: EventHandler): void {
    const { topic } = handler.definition;
    if (this.handlers.has(topic)) throw new Error(`two consumers of ${topic} in one service: join them in one method`);
    this.handlers.set(topic, handler);
  }

  readonly handleBatch = async (records: readonly ConsumedRecord[]): Promise<BatchOutcome> => {
    const { deliverTwice, permuteSeed } = this.settings.modes;
    if (permuteSeed !== undefined) {
      await new Promise((resolve) => setTimeout(resolve, this.permutation() * 40));
      return this.handlePermuted(records);
    }
    const outcome = await this.handleInOrder(records);
    return deliverTwice && outcome.settled === records.length ? this.handleInOrder(records) : outcome;
  };

  private async handleInOrder(records: readonly ConsumedRecord[]): Promise<BatchOutcome> {
    if (records.length > 1) {
      const done = await this.tryTogether(records);
      if (done) return { settled: records.length };
    }
    for (const [index, record] of records.entries()) {
      const retryAfterMs = await this.handleOne(record);
      if (retryAfterMs !== null) return { settled: index, retryAfterMs };
    }
    return { settled: records.length };
  }

  /** Whole batch in an order that keeps only the order per key; nothing is settled until all of it is. */
  private async handlePermuted(records: readonly ConsumedRecord[]): Promise<BatchOutcome> {
    const byKey = Map.groupBy(records, (record) => record.key);
    const queues = [...byKey.values()];
    while (queues.length > 0) {
      const pick = Math.floor(this.permutation() * queues.length);
      const [record, ...rest] = queues[pick] ?? [];
      if (record === undefined) throw new Error('empty queue');
      const retryAfterMs = await this.handleOne(record);
      if (retryAfterMs !== null) return { settled: 0, retryAfterMs };
      if (rest.length === 0) queues.splice(pick, 1);
      else queues[pick] = rest;
    }
    return { settled: records.length };
  }

  private async tryTogether(records: readonly ConsumedRecord[]): Promise<boolean> {
    try {
      const parsed = records.map(parse);
      await this.database.transaction((transaction) => this.apply(transaction, parsed));
      return true;
    } catch {
      // The failing record is found, counted and reported one by one.
      return false;
    }
  }

  /** @returns null when the record is settled, else the time to wait before it is tried again. */
  private async handleOne(record: ConsumedRecord): Promise<number | null> {
    const position = `${record.topic}/${record.partition}/${record.offset}`;
    try {
      const parsed = parse(record);
      await this.database.transaction((transaction) => this.apply(transaction, [parsed]));
      this.attempts.delete(position);
      return null;
    } catch (error) {
      const attempt = (this.attempts.get(position) ?? 0) + 1;
      this.attempts.set(position, attempt);
      const injected = error instanceof InjectedFailure;
      if (!injected)
        this.logger.warn({ error, topic: record.topic, key: record.key, attempt }, 'handling an event failed');
      const mayPass = isRetryable(error) && !(error instanceof UnreadableEvent);
      if (injected || (mayPass && attempt < this.settings.maxAttempts)) {
        return injected ? 1 : Math.min(this.settings.retryMaxMs, this.settings.retryBaseMs * 2 ** (attempt - 1));
      }
      return this.setAside(record, position, error);
    }
  }

  private async apply(transaction: Transaction, batch: readonly ParsedRecord[]): Promise<void> {
    const fresh: { id: string }[] = await transaction.query(
      'insert into inbox (id) select unnest($1::uuid[]) on conflict do nothing returning id',
      [[...new Set(batch.map(({ message }) => message.id))]],
    );
    const pending = new Set(fresh.map(({ id }) => id));
    const parkedKeys = await this.parkedKeys(transaction, batch);
    for (const { record, message } of batch) {
      if (!pending.delete(message.id)) continue;
      if (parkedKeys.has(`${record.topic} ${record.key}`)) {
        await this.park(transaction, record, message.id, 'an earlier event of this key is parked');
        continue;
      }
      const handler = this.handlerOf(record.topic);
      const payload = payloadOf(handler.definition, message);
      await handler.handle({ ...message, payload }, { transaction, headers: record.headers });
      if (this.settings.modes.failFirst && !this.failedOnce.has(message.id)) {
        this.failedOnce.add(message.id);
        throw new InjectedFailure();
      }
    }
  }

  private async parkedKeys(transaction: Transaction, batch: readonly ParsedRecord[]): Promise<Set<string>> {
    const topics = new Set(
      batch.map(({ record }) => record.topic).filter((topic) => this.handlerOf(topic).definition.kind === 'money'),
    );
    if (topics.size === 0) return new Set();
    const rows: { topic: string; key: string }[] = await transaction.query(
      'select distinct topic, key from parked_event where topic = any($1) and key = any($2)',
      [[...topics], batch.map(({ record }) => record.key)],
    );
    return new Set(rows.map(({ topic, key }) => `${topic} ${key}`));
  }

  private async setAside(record: ConsumedRecord, position: string, cause: unknown): Promise<number | null> {
    const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    const kind = this.handlerOf(record.topic).definition.kind;
    try {
      if (kind === 'state') {
        const headers = {
          ...record.headers,
          'dead-letter-topic': record.topic,
          'dead-letter-position': position,
          'dead-letter-error': reason,
        };
        await this.bus.publish([{ ...record, topic: DEAD_LETTER_TOPIC, headers }]);
      } else {
        await this.database.transaction((transaction) => this.park(transaction, record, idOf(record), reason));
      }
      this.attempts.delete(position);
      this.logger.error({ topic: record.topic, key: record.key, position, reason, kind }, 'an event was set aside');
      return null;
    } catch (error) {
      this.logger.error({ error, position }, 'an event could not be set aside, trying again');
      return this.settings.retryMaxMs;
    }
  }

  private async park(
    transaction: Transaction,
    record: ConsumedRecord,
    eventId: string | null,
    reason: string,
  ): Promise<void> {
    await transaction.query(
      `insert into parked_event (topic, partition, "offset", key, event_id, headers, value, error) values ($1, $2, $3, $4, $5, $6, $7, $8)
       on conflict do nothing`,
      [record.topic, record.partition, record.offset, record.key, eventId, record.headers, record.value ?? '', reason],
    );
  }

  private handlerOf(topic: string): EventHandler {
    const handler = this.handlers.get(topic);
    if (handler === undefined) throw new Error(`no consumer of ${topic}`);
    return handler;
  }
}

class InjectedFailure extends Error {
  override readonly name = 'InjectedFailure';
}

/** A record that says nothing we know; trying again will not change that. */
class UnreadableEvent extends Error {
  override readonly name = 'UnreadableEvent';
}

function parse(record: ConsumedRecord): ParsedRecord {
  if (record.value === null) throw new UnreadableEvent(`a tombstone on ${record.topic}, which has none`);
  try {
    const message = JSON.parse(record.value) as EventMessage<unknown>;
    if (UUID.test(message.id)) return { record, message };
  } catch (cause) {
    throw new UnreadableEvent(`not JSON: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  throw new UnreadableEvent('an event without a UUID as its id');
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function payloadOf({ name, schema }: AnyEventDefinition, message: EventMessage<unknown>): unknown {
  try {
    return schema.parse(message.payload);
  } catch (cause) {
    throw new UnreadableEvent(`no ${name}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** Id of the event in a record; null when it cannot be read. */
function idOf(record: ConsumedRecord): string | null {
  try {
    return parse(record).message.id;
  } catch (error) {
    if (error instanceof UnreadableEvent) return null;
    throw error;
  }
}

/** Mulberry32. */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296;
  };
}
