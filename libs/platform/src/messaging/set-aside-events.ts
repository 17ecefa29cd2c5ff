import type { EventKind } from '@voltap/kernel';
import type { EntityManager } from 'typeorm';
import type { Transaction } from '../persistence/database.js';
import type { ConsumedRecord } from './event-bus.js';

export type SetAsideState = 'WAITING' | 'REPLAYED' | 'DISCARDED';

/** An event that this service could not handle, and what became of it. Times are RFC 3339. */
export interface SetAsideEvent {
  /** Rising in the order in which events were set aside. */
  readonly id: string;
  readonly kind: EventKind;
  readonly record: ConsumedRecord;
  readonly eventId: string | null;
  /** Why the last handling failed. */
  readonly error: string;
  /** Replays that failed. */
  readonly attempts: number;
  readonly setAsideAt: string;
  readonly triedAt: string | null;
  readonly state: SetAsideState;
  readonly settledAt: string | null;
  readonly settledBy: string | null;
  /** Why it was discarded. */
  readonly reason: string | null;
}

export interface SetAsideQuery {
  readonly state?: SetAsideState;
  readonly kind?: EventKind;
  readonly topic?: string;
  readonly key?: string;
  /** Id after which the page begins. */
  readonly after?: string;
  readonly limit: number;
}

/** One count by topic. */
export interface SetAsideCount {
  readonly topic: string;
  readonly kind: EventKind;
  readonly events: number;
  readonly keys: number;
}

interface Row {
  readonly id: string;
  readonly kind: EventKind;
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly key: string;
  readonly event_id: string | null;
  readonly headers: Record<string, string>;
  readonly value: string | null;
  readonly error: string;
  readonly attempts: number;
  readonly set_aside_at: Date;
  readonly tried_at: Date | null;
  readonly state: SetAsideState;
  readonly settled_at: Date | null;
  readonly settled_by: string | null;
  readonly reason: string | null;
}

/** The table of events that were set aside. A key is parked while one of its money events waits in it. */
export class SetAsideEvents {
  /** @returns the id; null when this position was set aside before. */
  async add(
    transaction: Transaction,
    record: ConsumedRecord,
    { kind, eventId, error }: { kind: EventKind; eventId: string | null; error: string },
  ): Promise<string | null> {
    const rows: { id: string }[] = await transaction.query(
      `insert into set_aside_event (kind, topic, partition, "offset", key, event_id, headers, value, error)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (topic, partition, "offset") do nothing returning id`,
      [
        kind,
        record.topic,
        record.partition,
        record.offset,
        storable(record.key),
        eventId,
        storable(JSON.stringify(record.headers).replaceAll('\\u0000', '\\ufffd')),
        record.value === null ? null : storable(record.value),
        storable(error),
      ],
    );
    return rows[0]?.id ?? null;
  }

  /** Those of the keys of a topic that are parked. */
  async parkedKeys(transaction: Transaction, topic: string, keys: readonly string[]): Promise<Set<string>> {
    const rows: { key: string }[] = await transaction.query(
      `select distinct key from set_aside_event where state = 'WAITING' and kind = 'money' and topic = $1 and key = any($2)`,
      [topic, [...new Set(keys)]],
    );
    return new Set(rows.map(({ key }) => key));
  }

  /**
   * Keeps everybody else from the events of a key until the transaction ends: who adds an event behind others, and who
   * replays the last of them, must not pass each other unseen.
   */
  async lockKey(transaction: Transaction, topic: string, key: string): Promise<void> {
    await transaction.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`set-aside ${topic} ${key}`]);
  }

  /** The first waiting event of a key, in the order of the topic; locked. */
  async firstOfKey(transaction: Transaction, topic: string, key: string): Promise<SetAsideEvent | null> {
    const rows: Row[] = await transaction.query(
      `select * from set_aside_event where state = 'WAITING' and kind = 'money' and topic = $1 and key = $2
       order by partition, "offset" limit 1 for update`,
      [topic, key],
    );
    return rows[0] === undefined ? null : eventOf(rows[0]);
  }

  /** An event, locked against others who would settle it. */
  async claim(transaction: Transaction, id: string): Promise<SetAsideEvent | null> {
    const rows: Row[] = await transaction.query('select * from set_aside_event where id = $1 for update', [id]);
    return rows[0] === undefined ? null : eventOf(rows[0]);
  }

  async find(manager: EntityManager, id: string): Promise<SetAsideEvent | null> {
    const rows: Row[] = await manager.query('select * from set_aside_event where id = $1', [id]);
    return rows[0] === undefined ? null : eventOf(rows[0]);
  }

  /** Oldest first. */
  async list(manager: EntityManager, query: SetAsideQuery): Promise<SetAsideEvent[]> {
    const rows: Row[] = await manager.query(
      `select * from set_aside_event
       where ($1::text is null or state = $1) and ($2::text is null or kind = $2) and ($3::text is null or topic = $3)
         and ($4::text is null or key = $4) and ($5::bigint is null or id > $5)
       order by id limit $6`,
      [
        query.state ?? null,
        query.kind ?? null,
        query.topic ?? null,
        query.key ?? null,
        query.after ?? null,
        query.limit,
      ],
    );
    return rows.map(eventOf);
  }

  async failedAgain(manager: EntityManager, id: string, error: string): Promise<void> {
    await manager.query(
      `update set_aside_event set attempts = attempts + 1, tried_at = now(), error = $2 where id = $1 and state = 'WAITING'`,
      [id, storable(error)],
    );
  }

  async settle(
    transaction: Transaction,
    id: string,
    { state, by, reason }: { state: Exclude<SetAsideState, 'WAITING'>; by: string; reason?: string },
  ): Promise<void> {
    await transaction.query(
      `update set_aside_event set state = $2, settled_at = now(), settled_by = $3, reason = $4, tried_at = case when $2 = 'REPLAYED' then now() else tried_at end
       where id = $1`,
      [id, state, by, reason ?? null],
    );
  }

  async countWaiting(manager: EntityManager, { topic, key }: Pick<SetAsideQuery, 'topic' | 'key'>): Promise<number> {
    const [row]: { events: string }[] = await manager.query(
      `select count(*) as events from set_aside_event
       where state = 'WAITING' and ($1::text is null or topic = $1) and ($2::text is null or key = $2)`,
      [topic ?? null, key ?? null],
    );
    return Number(row?.events ?? 0);
  }

  /** What waits, by topic. */
  async waiting(manager: EntityManager): Promise<SetAsideCount[]> {
    const rows: { topic: string; kind: EventKind; events: string; keys: string }[] = await manager.query(
      `select topic, kind, count(*) as events, count(distinct key) as keys
       from set_aside_event where state = 'WAITING' group by topic, kind order by topic, kind`,
    );
    return rows.map(({ topic, kind, events, keys }) => ({ topic, kind, events: Number(events), keys: Number(keys) }));
  }

  /** Forgets what was settled longer than this ago. */
  async prune(manager: EntityManager, days: number): Promise<void> {
    await manager.query(
      `delete from set_aside_event where state <> 'WAITING' and settled_at < now() - $1 * interval '1 day'`,
      [days],
    );
  }
}

/** The database takes no zero characters, and what cannot be read may hold them. */
function storable(text: string): string {
  return text.replaceAll('\0', '\ufffd').toWellFormed();
}

function eventOf(row: Row): SetAsideEvent {
  const { topic, partition, offset, key, headers, value } = row;
  return {
    id: row.id,
    kind: row.kind,
    record: { topic, partition, offset, key, headers, value },
    eventId: row.event_id,
    error: row.error,
    attempts: row.attempts,
    setAsideAt: row.set_aside_at.toISOString(),
    triedAt: row.tried_at?.toISOString() ?? null,
    state: row.state,
    settledAt: row.settled_at?.toISOString() ?? null,
    settledBy: row.settled_by,
    reason: row.reason,
  };
}
