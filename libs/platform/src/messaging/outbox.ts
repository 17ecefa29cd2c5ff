import type { Clock, DomainEvent, EventMessage, Ids } from '@voltap/kernel';
import type { Database, Transaction } from '../persistence/database.js';
import { currentTraceparent } from '../telemetry/trace-context.js';
import { keepStep, noteCharge } from '../telemetry/tracing.js';
import type { BusRecord } from './event-bus.js';

/** Spread of keys over relays; a key stays in its shard for ever. */
export const OUTBOX_SHARDS = 4;

/** Header of an event about a charge: its authorization reference. */
export const REFERENCE_HEADER = 'authorization-reference';

/** Events leave with the state that they tell of: both are committed, or neither is. */
export class Outbox {
  /** One for each shard, always the same, so that a transaction keeps one of them however many events it adds. */
  private wakes: readonly (() => void)[] = [];

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /** The relay that is woken after a commit, with the shard in which something waits. */
  onCommit(wake: (shard: number) => void): void {
    this.wakes = Array.from({ length: OUTBOX_SHARDS }, (_, shard) => () => wake(shard));
  }

  /** A record as it is, for a topic that has no events of its own; it leaves with the transaction like they do. */
  async forward(transaction: Transaction, record: BusRecord, type: string): Promise<void> {
    await transaction.query(
      `insert into outbox (id, shard, aggregatetype, aggregateid, type, headers, payload) values ($1, $2, $3, $4, $5, $6, $7)`,
      [this.ids.next(), shardOf(record.key), record.topic, record.key, type, record.headers, record.value],
    );
    this.leaves(transaction, record.key);
  }

  async add(transaction: Transaction, ...events: readonly DomainEvent[]): Promise<void> {
    if (events.length === 0) return;
    for (const { definition, payload } of events) {
      noteCharge(definition.referenceOf?.(payload));
      if (definition.kind === 'money') keepStep();
    }
    const traceparent = currentTraceparent();
    const parameters: unknown[] = [];
    const rows = events.map(({ definition, key, revision, payload, causedBy = traceparent }) => {
      const message: EventMessage<unknown> = {
        id: this.ids.next(),
        name: definition.name,
        version: definition.version,
        key,
        revision,
        occurredAt: this.clock.now().toISOString(),
        payload,
      };
      const reference = definition.referenceOf?.(payload) ?? undefined;
      const headers = {
        event: definition.name,
        ...(causedBy === undefined ? {} : { traceparent: causedBy }),
        ...(reference === undefined ? {} : { [REFERENCE_HEADER]: reference }),
      };
      parameters.push(
        message.id,
        shardOf(key),
        definition.topic,
        key,
        definition.name,
        headers,
        JSON.stringify(message),
      );
      const at = parameters.length;
      return `($${at - 6}, $${at - 5}, $${at - 4}, $${at - 3}, $${at - 2}, $${at - 1}, $${at})`;
    });
    await transaction.query(
      `insert into outbox (id, shard, aggregatetype, aggregateid, type, headers, payload) values ${rows.join(', ')}`,
      parameters,
    );
    for (const { key } of events) this.leaves(transaction, key);
  }

  private leaves(transaction: Transaction, key: string): void {
    const wake = this.wakes[shardOf(key)];
    if (wake !== undefined) this.database.afterCommit(transaction, wake);
  }
}

/** FNV-1a over the key. */
export function shardOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index += 1) {
    hash ^= key.charCodeAt(index);
    hash = Math.imul(hash, 0x01000193);
  }
  return (hash >>> 0) % OUTBOX_SHARDS;
}
