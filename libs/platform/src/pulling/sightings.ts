import type { EntityManager } from 'typeorm';
import type { Database, Transaction } from '../persistence/database.js';

/** A document by its table's scope and id. */
export interface Sighted {
  readonly scope: string;
  readonly id: string;
}

/**
 * When a source last named each of its documents, and since when it does not any more: a document that is missing from a
 * complete list counts as no longer valid, and is kept (PAG-18).
 */
export class Sightings {
  constructor(private readonly database: Database) {}

  static readonly ddl = [
    `create table sighting (
      source text not null,
      scope text not null,
      id text not null,
      seen_at timestamptz not null,
      missing_since timestamptz(3),
      primary key (source, scope, id)
    )`,
  ];

  /** The source named it just now. */
  async see(transaction: Transaction, source: string, { scope, id }: Sighted): Promise<void> {
    await transaction.query(
      `insert into sighting (source, scope, id, seen_at) values ($1, upper($2), upper($3), clock_timestamp())
       on conflict (source, scope, id) do update set seen_at = excluded.seen_at, missing_since = null`,
      [source, scope, id],
    );
  }

  /** Whether the source named it since then; what it was asked for before is older news. */
  async seenSince(transaction: Transaction, source: string, { scope, id }: Sighted, since: Date): Promise<boolean> {
    const rows: unknown[] = await transaction.query(
      'select 1 from sighting where source = $1 and scope = upper($2) and id = upper($3) and seen_at >= $4',
      [source, scope, id, since],
    );
    return rows.length > 0;
  }

  /**
   * Flags the documents of a table that the source (their audience) has not named since `from`.
   * @returns how many are missing now.
   */
  async flagMissing(table: string, source: string, from: Date): Promise<number> {
    if (!/^[a-z_]+$/.test(table)) throw new Error(`not a table name: ${table}`);
    const rows: unknown[] = await this.database.reader.query(
      `insert into sighting as s (source, scope, id, seen_at, missing_since)
       select $1, upper(d.scope), upper(d.id), d.last_updated, clock_timestamp() from ${table} d
       where d.audience = $1 and not d.removed and d.last_updated < $2
         and not exists (select 1 from sighting seen where seen.source = $1 and seen.scope = upper(d.scope)
           and seen.id = upper(d.id) and seen.seen_at >= $2)
       on conflict (source, scope, id) do update set missing_since = coalesce(s.missing_since, excluded.missing_since)
         where s.seen_at < $2
       returning 1`,
      [source, from],
    );
    return rows.length;
  }

  /** Since when the source names it no more; null while it does. */
  async missingSince(
    source: string,
    { scope, id }: Sighted,
    manager: EntityManager = this.database.reader,
  ): Promise<string | null> {
    const rows: { missing_since: Date | null }[] = await manager.query(
      'select missing_since from sighting where source = $1 and scope = upper($2) and id = upper($3)',
      [source, scope, id],
    );
    return rows[0]?.missing_since?.toISOString() ?? null;
  }
}
