import type { AnyEventDefinition, EventDefinition, EventMessage } from '@voltap/kernel';
import type { EntityManager } from 'typeorm';
import type { Transaction } from './database.js';

/** What an event says of one row of a projection. */
export type ProjectedRow<Content extends object> = { readonly key: string; readonly revision: number } & (
  | { readonly content: Content; readonly removed?: false }
  | { readonly removed: true }
);

/** An event that a projection is made of. */
export interface ProjectionSource<Content extends object> {
  readonly definition: AnyEventDefinition;
  /** Null: the event says nothing of the projection. A pure function: rebuilding calls it again for old events. */
  project(message: EventMessage<unknown>): ProjectedRow<Content> | null;
}

/** Says how a row is made of an event: `projects(tariffChanged, ({ key, revision, payload }) => ({ key, revision, content: payload.tariff }))`. */
export function projects<Payload, Content extends object>(
  definition: EventDefinition<Payload>,
  project: (message: EventMessage<Payload>) => ProjectedRow<Content> | null,
): ProjectionSource<Content> {
  return { definition, project: (message) => project(message as EventMessage<Payload>) };
}

/**
 * What a service keeps of another service's aggregate, built from its state events. A revision that is not newer is
 * ignored: that absorbs redelivery, replay and any order of arrival.
 */
export class ProjectionTable<Content extends object> {
  /** `sources`: all events that it is made of, by which it is also rebuilt. */
  constructor(
    readonly table: string,
    readonly sources: readonly ProjectionSource<Content>[],
  ) {
    if (!/^[a-z_]+$/.test(table)) throw new Error(`not a table name: ${table}`);
  }

  static ddl(table: string): string[] {
    return [
      `create table ${table} (key text primary key, revision bigint not null, removed boolean not null default false, content jsonb not null)`,
    ];
  }

  /** Applies an event of one of its sources. @returns whether the projection changed. */
  async take(transaction: Transaction, message: EventMessage<unknown>): Promise<boolean> {
    const source = this.sources.find(({ definition }) => definition.name === message.name);
    if (source === undefined) throw new Error(`${this.table} is not made of ${message.name}`);
    const row = source.project(message);
    if (row === null) return false;
    return row.removed === true
      ? this.remove(transaction, row.key, row.revision)
      : this.apply(transaction, row.key, row.revision, row.content);
  }

  /** @returns whether the projection changed. */
  async apply(transaction: Transaction, key: string, revision: number, content: Content): Promise<boolean> {
    return this.put(transaction, key, revision, content, false);
  }

  /** Remembers the removal with its revision, so that an older state that arrives later does not revive it. */
  async remove(transaction: Transaction, key: string, revision: number): Promise<boolean> {
    return this.put(transaction, key, revision, {}, true);
  }

  async find(manager: EntityManager, key: string): Promise<{ revision: number; content: Content } | null> {
    const rows: { revision: string; content: Content }[] = await manager.query(
      `select revision, content from ${this.table} where key = $1 and not removed`,
      [key],
    );
    return rows[0] === undefined ? null : { revision: Number(rows[0].revision), content: rows[0].content };
  }

  async all(manager: EntityManager): Promise<{ key: string; revision: number; content: Content }[]> {
    const rows: { key: string; revision: string; content: Content }[] = await manager.query(
      `select key, revision, content from ${this.table} where not removed order by key`,
    );
    return rows.map((row) => ({ key: row.key, revision: Number(row.revision), content: row.content }));
  }

  private async put(
    transaction: Transaction,
    key: string,
    revision: number,
    content: object,
    removed: boolean,
  ): Promise<boolean> {
    const rows: unknown[] = await transaction.query(
      // A rebuild that is running is told as well, whatever the table says: it may be the table that is wrong.
      `with told as (
         insert into projection_generation as g (projection, generation, key, revision, removed, content)
         select projection, generation, $1::text, $2::bigint, $3::boolean, $4::jsonb from projection_rebuild
         where projection = '${this.table}' and state = 'RUNNING'
         on conflict (projection, generation, key) do update
           set revision = excluded.revision, removed = excluded.removed, content = excluded.content
           where g.revision < excluded.revision
       )
       insert into ${this.table} as p (key, revision, removed, content) values ($1::text, $2::bigint, $3::boolean, $4::jsonb)
       on conflict (key) do update set revision = excluded.revision, removed = excluded.removed, content = excluded.content
         where p.revision < excluded.revision
       returning key`,
      [key, revision, removed, JSON.stringify(content)],
    );
    return rows.length > 0;
  }
}
