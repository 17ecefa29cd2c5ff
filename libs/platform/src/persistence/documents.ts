import type { EntityManager } from 'typeorm';
import type { Transaction } from './database.js';

/** A stored aggregate: its whole document with our revision and our strictly rising modification time. */
export interface StoredDocument<Content> {
  readonly scope: string;
  readonly id: string;
  /** Rises by one with every write; given while the row was locked. */
  readonly revision: number;
  /** Strictly rising per document, whole milliseconds, from the database's clock. */
  readonly lastUpdated: Date;
  /** Who may read it beside the operator: null is everyone that sees the scope, else one reader's id. */
  readonly audience: string | null;
  readonly content: Content;
}

/** Place of a document in the order of creation: decimal text of a 64-bit integer. */
export type ListingPlace = string;

export interface PageQuery {
  readonly scopes: readonly string[];
  /** Reader whose own documents are listed; documents without audience are always listed. `undefined`: no filter. */
  readonly reader?: string;
  /** Only documents of the reader itself, none without audience. */
  readonly onlyOwn?: boolean;
  /** RFC 3339, inclusive. */
  readonly dateFrom?: string;
  /** RFC 3339, exclusive. */
  readonly dateTo?: string;
  readonly limit: number;
  /** Everything up to and including it has been seen. */
  readonly after?: ListingPlace;
  /** Only used for the first page of readers that count pages themselves. */
  readonly offset?: number;
  /** Last place of a crawl, as the first page returned it. */
  readonly bound?: ListingPlace;
}

export interface DocumentPage<Content> {
  readonly items: readonly StoredDocument<Content>[];
  /** Place of the last item, null when nothing follows. */
  readonly next: ListingPlace | null;
  /** Last place of this crawl; hand it to the following pages. */
  readonly bound: ListingPlace;
}

interface Row<Content> {
  place: string;
  scope: string;
  id: string;
  revision: string;
  last_updated: Date;
  audience: string | null;
  content: Content;
}

const COLUMNS = 'place, scope, id, revision, last_updated, audience, content';

/**
 * One table of versioned documents with revisions, strictly rising times of modification and listings that miss nothing.
 *
 * A listing runs in the order of creation (PAG-11), by keyset on a place that never changes: a document that is written
 * during a crawl is neither skipped nor shown twice. The first page waits for the writers that already took their time
 * stamp (a shared lock each, an exclusive one here), so that whatever carries a stamp from before is visible: a
 * transaction that commits late cannot be missed. What is created later is of the next crawl.
 */
export class DocumentTable<Content extends object> {
  private readonly lockKey: string;

  /** `table` is a name of this service's migrations, never input. `stamp` writes the modification time into the content. */
  constructor(
    readonly table: string,
    private readonly stamp: (content: Content, lastUpdated: Date) => Content,
  ) {
    if (!/^[a-z_]+$/.test(table)) throw new Error(`not a table name: ${table}`);
    this.lockKey = `documents:${table}`;
  }

  /** DDL for a migration. */
  static ddl(table: string): string[] {
    return [
      `create table ${table} (
        place bigint generated always as identity,
        scope text not null,
        id text not null,
        revision bigint not null,
        last_updated timestamptz(3) not null,
        audience text,
        removed boolean not null default false,
        content jsonb not null,
        primary key (scope, id)
      )`,
      `create unique index ${table}_place on ${table} (place)`,
      `create index ${table}_last_updated on ${table} (last_updated)`,
      `create index ${table}_audience on ${table} (audience, place)`,
    ];
  }

  /**
   * The document under a lock that lasts until the transaction ends; null when there is none. The lock is on the id then,
   * so that of two that would create it the second finds what the first made. Ids compare without case.
   */
  async lock(transaction: Transaction, scope: string, id: string): Promise<StoredDocument<Content> | null> {
    const existing = await this.lockExisting(transaction, scope, id);
    if (existing !== null) return existing;
    await transaction.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [
      `document ${this.table} ${scope} ${id.toUpperCase()}`,
    ]);
    return this.lockExisting(transaction, scope, id);
  }

  async find(manager: EntityManager, scope: string, id: string): Promise<StoredDocument<Content> | null> {
    const rows: Row<Content>[] = await manager.query(
      `select ${COLUMNS} from ${this.table} where scope = $1 and id = $2 and not removed`,
      [scope, id.toUpperCase()],
    );
    return rows[0] === undefined ? null : stored(rows[0]);
  }

  /** Writes a document that this transaction has locked, be it there or not. */
  async write(
    transaction: Transaction,
    scope: string,
    id: string,
    content: Content,
    options: { audience?: string | null } = {},
  ): Promise<StoredDocument<Content>> {
    const stamps: { at: Date }[] = await transaction.query(
      `with barrier as (select pg_advisory_xact_lock_shared(hashtextextended($1, 0)))
       select greatest(date_trunc('milliseconds', clock_timestamp()),
                       coalesce((select last_updated + interval '1 millisecond' from ${this.table} where scope = $2 and id = $3), '-infinity')) as at
       from barrier`,
      [this.lockKey, scope, id.toUpperCase()],
    );
    const at = stamps[0]?.at ?? new Date();
    const stamped = this.stamp(content, at);
    const rows: Row<Content>[] = await transaction.query(
      `insert into ${this.table} as d (scope, id, revision, last_updated, audience, content)
       values ($1, $2, 1, $3, $4, $5)
       on conflict (scope, id) do update
         set revision = d.revision + 1, last_updated = greatest(excluded.last_updated, d.last_updated + interval '1 millisecond'),
             audience = excluded.audience, removed = false, content = excluded.content
       returning ${COLUMNS}`,
      [scope, id.toUpperCase(), at, options.audience ?? null, JSON.stringify(stamped)],
    );
    const row = rows[0];
    if (row === undefined) throw new Error(`nothing written to ${this.table}`);
    return { ...stored(row), content: stamped };
  }

  /**
   * Takes a document out of all listings. Its revision goes on counting, so that a document that comes back under the
   * same id is newer than its removal.
   * @returns the revision of the removal, null when there was nothing to remove.
   */
  async remove(transaction: Transaction, scope: string, id: string): Promise<StoredDocument<Content> | null> {
    const rows: [Row<Content>[], number] = await transaction.query(
      `update ${this.table} set removed = true, revision = revision + 1,
              last_updated = greatest(date_trunc('milliseconds', clock_timestamp()), last_updated + interval '1 millisecond')
       where scope = $1 and id = $2 and not removed
       returning ${COLUMNS}`,
      [scope, id.toUpperCase()],
    );
    const row = rows[0][0];
    return row === undefined ? null : stored(row);
  }

  /** One page in order of creation. Run inside a transaction when `bound` is missing (first page). */
  async page(transaction: Transaction, query: PageQuery): Promise<DocumentPage<Content>> {
    const bound = query.bound ?? (await this.barrier(transaction));
    const { conditions, parameters } = this.conditions(query, bound);
    if (query.after !== undefined) {
      parameters.push(query.after);
      conditions.push(`place > $${parameters.length}::bigint`);
    }
    parameters.push(query.limit + 1, query.after === undefined ? (query.offset ?? 0) : 0);
    const rows: Row<Content>[] = await transaction.query(
      `select ${COLUMNS} from ${this.table} where ${conditions.join(' and ')} order by place
       limit $${parameters.length - 1} offset $${parameters.length}`,
      parameters,
    );
    const shown = rows.slice(0, query.limit);
    return {
      items: shown.map(stored),
      bound,
      next: rows.length > query.limit ? (shown.at(-1)?.place ?? null) : null,
    };
  }

  /** Exact number of documents of a crawl. */
  async count(
    transaction: Transaction,
    query: Omit<PageQuery, 'limit' | 'after' | 'offset'>,
    bound: string,
  ): Promise<number> {
    const { conditions, parameters } = this.conditions(query, bound);
    const rows: { count: string }[] = await transaction.query(
      `select count(*) as count from ${this.table} where ${conditions.join(' and ')}`,
      parameters,
    );
    return Number(rows[0]?.count ?? 0);
  }

  private async lockExisting(
    transaction: Transaction,
    scope: string,
    id: string,
  ): Promise<StoredDocument<Content> | null> {
    const rows: Row<Content>[] = await transaction.query(
      `select ${COLUMNS} from ${this.table} where scope = $1 and id = $2 and not removed for update`,
      [scope, id.toUpperCase()],
    );
    return rows[0] === undefined ? null : stored(rows[0]);
  }

  private async barrier(transaction: Transaction): Promise<ListingPlace> {
    await transaction.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [this.lockKey]);
    // A statement of its own: the snapshot of one that waits is older than what it waited for.
    const rows: { bound: string }[] = await transaction.query(
      `select coalesce(max(place), 0) as bound from ${this.table}`,
    );
    return rows[0]?.bound ?? '0';
  }

  private conditions(query: Omit<PageQuery, 'limit'>, bound: string): { conditions: string[]; parameters: unknown[] } {
    const parameters: unknown[] = [query.scopes, bound];
    const conditions = ['not removed', 'scope = any($1)', 'place <= $2::bigint'];
    if (query.reader !== undefined) {
      parameters.push(query.reader);
      conditions.push(
        query.onlyOwn ? `audience = $${parameters.length}` : `(audience is null or audience = $${parameters.length})`,
      );
    }
    if (query.dateFrom !== undefined) {
      parameters.push(query.dateFrom);
      conditions.push(`last_updated >= $${parameters.length}::timestamptz`);
    }
    if (query.dateTo !== undefined) {
      parameters.push(query.dateTo);
      conditions.push(`last_updated < $${parameters.length}::timestamptz`);
    }
    return { conditions, parameters };
  }
}

function stored<Content>(row: Row<Content>): StoredDocument<Content> {
  return {
    scope: row.scope,
    id: row.id,
    revision: Number(row.revision),
    lastUpdated: row.last_updated,
    audience: row.audience,
    content: row.content,
  };
}
