import type { EntityManager } from 'typeorm';
import type { Transaction } from './database.js';

/**
 * What a service keeps of another service's aggregate, built from its state events. A revision that is not newer is
 * ignored: that absorbs redelivery, replay and any order of arrival.
 */
export class ProjectionTable<Content extends object> {
  constructor(readonly table: string) {
    if (!/^[a-z_]+$/.test(table)) throw new Error(`not a table name: ${table}`);
  }

  static ddl(table: string): string[] {
    return [
      `create table ${table} (key text primary key, revision bigint not null, removed boolean not null default false, content jsonb not null)`,
    ];
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
      `insert into ${this.table} as p (key, revision, removed, content) values ($1, $2, $3, $4)
       on conflict (key) do update set revision = excluded.revision, removed = excluded.removed, content = excluded.content
         where p.revision < excluded.revision
       returning key`,
      [key, revision, removed, JSON.stringify(content)],
    );
    return rows.length > 0;
  }
}
