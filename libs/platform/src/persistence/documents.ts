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

/** Where a crawl goes on. */
export type ListingPosition = {
  /** Everything up to and including it has been seen. */
  readonly place: ListingPlace;
  /** Last place of the crawl, as its first page found it. */
  readonly bound: ListingPlace;
  /** Documents of the whole crawl, counted at its first page. */
  readonly total: number;
};

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
  /** As an earlier page returned it; the first page otherwise. */
  readonly position?: ListingPosition;
  /** Only used for the first page of readers that count pages themselves. */
  readonly offset?: number;
}

export interface DocumentPage<Item> {
  readonly items: readonly Item[];
  readonly total: number;
  /** Null when nothing follows. */
  readonly next: ListingPosition | null;
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

const COLUMNS = columns('content');

/**
 * One table of versioned documents with revisions, strictly rising times of modification and listings that miss nothing.
 *
 * A listing runs in the order of creation (PAG-11), by keyset on a place that never changes: a document that is written
 * during a crawl is neither skipped nor shown twice. The first page waits for the writers that already took their time
 * stamp (a shared lock each, an exclusive one here for a moment), so that whatever carries a stamp from before is visible: a
 * transaction that commits late cannot be missed. What is created later is of the next crawl.
 */
export class DocumentTable<Content extends object> {
  private readonly lockKey: string;

  /**
   * `table` is a name of this service's migrations, never input. `stamp` writes the modification time into the content.
   * @param shownTo SQL condition for what a reader is shown, by the parameter that holds its id; by default what has no
   *   audience and what is its own.
   */
  constructor(
    readonly table: string,
    private readonly stamp: (content: Content, lastUpdated: Date) => Content,
    private readonly shownTo = (reader: string): string => `(audience is null or audience = ${reader})`,
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

  /** As a reader is shown it; null too when it is not for this reader. */
  async findFor(
    manager: EntityManager,
    reader: string,
    scope: string,
    id: string,
  ): Promise<StoredDocument<Content> | null> {
    const rows: Row<Content>[] = await manager.query(
      `select ${COLUMNS} from ${this.table} where scope = $1 and id = $2 and not removed and ${this.shownTo('$3')}`,
      [scope, id.toUpperCase(), reader],
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

  /** One page in order of creation. */
  async page(manager: EntityManager, query: PageQuery): Promise<DocumentPage<StoredDocument<Content>>> {
    const { rows, ...page } = await this.rowsOf<Content>(manager, query, 'content');
    return { ...page, items: rows.map(stored) };
  }

  /** As `page`, only the JSON text of each content, or of that member of it: nothing is parsed, to be written again. */
  async texts(manager: EntityManager, query: PageQuery, member: string | null): Promise<DocumentPage<string>> {
    if (member !== null && !/^[a-z_]+$/.test(member)) throw new Error(`not a member: ${member}`);
    const content = member === null ? 'content::text' : `(content -> '${member}')::text`;
    const { rows, ...page } = await this.rowsOf<string>(manager, query, content);
    return { ...page, items: rows.map((row) => row.content) };
  }

  private async rowsOf<Shown>(
    manager: EntityManager,
    query: PageQuery,
    content: string,
  ): Promise<{ rows: Row<Shown>[]; total: number; next: ListingPosition | null }> {
    const { limit, position } = query;
    const found =
      position === undefined
        ? await this.firstRows<Shown>(manager, query, content)
        : { ...position, rows: await this.nextRows<Shown>(manager, query, position, content) };
    const { bound, total } = found;
    const rows = found.rows.slice(0, limit);
    const last = rows.at(-1);
    return { rows, total, next: found.rows.length > limit && last ? { place: last.place, bound, total } : null };
  }

  /** Bound, number and rows as one snapshot shows them, taken once the writers from before have ended. */
  private async firstRows<Shown>(
    manager: EntityManager,
    query: PageQuery,
    content: string,
  ): Promise<{ rows: Row<Shown>[]; bound: ListingPlace; total: number }> {
    // By itself: it lasts as long as the statement, and writers that come after have later time stamps.
    await manager.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [this.lockKey]);
    const { conditions, parameters } = conditionsOf(query, this.shownTo);
    const where = conditions.join(' and ');
    const size = parameters.length;
    const found: (Row<Shown> & { bound: string; total: string; nothing: boolean })[] = await manager.query(
      `select crawl.*, shown.*, shown.place is null as nothing
       from (select (select coalesce(max(place), 0) from ${this.table}) as bound,
                    (select count(*) from ${this.table} where ${where}) as total) crawl
       left join lateral (
         select ${columns(content)} from ${this.table} where ${where} order by place
         limit $${size + 1} offset $${size + 2}) shown on true
       order by shown.place`,
      [...parameters, query.limit + 1, query.offset ?? 0],
    );
    const [first] = found;
    if (first === undefined) throw new Error(`a crawl of ${this.table} has a bound`);
    return { rows: first.nothing ? [] : found, bound: first.bound, total: Number(first.total) };
  }

  private nextRows<Shown>(
    manager: EntityManager,
    query: PageQuery,
    { place, bound }: ListingPosition,
    content: string,
  ): Promise<Row<Shown>[]> {
    const { conditions, parameters } = conditionsOf(query, this.shownTo);
    const size = parameters.length;
    return manager.query(
      `select ${columns(content)} from ${this.table}
       where ${conditions.join(' and ')} and place > $${size + 1}::bigint and place <= $${size + 2}::bigint
       order by place limit $${size + 3}`,
      [...parameters, place, bound, query.limit + 1],
    );
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
}

function columns(content: string): string {
  return `place, scope, id, revision, last_updated, audience, ${content} as content`;
}

function conditionsOf(
  query: PageQuery,
  shownTo: (reader: string) => string,
): { conditions: string[]; parameters: unknown[] } {
  const parameters: unknown[] = [query.scopes];
  const conditions = ['not removed', 'scope = any($1)'];
  if (query.reader !== undefined) {
    parameters.push(query.reader);
    conditions.push(query.onlyOwn ? `audience = $${parameters.length}` : shownTo(`$${parameters.length}`));
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
