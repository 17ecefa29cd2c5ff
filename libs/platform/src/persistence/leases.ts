import type { Database } from './database.js';

/** Exclusive, expiring ownership of a named duty among replicas, by the database's clock. */
export class Leases {
  constructor(private readonly database: Database) {}

  static readonly ddl = [
    `create table lease (name text primary key, owner text not null, expires_at timestamptz not null)`,
  ];

  /** Takes a free or expired lease, or prolongs the owner's own. */
  async acquire(name: string, owner: string, ttlMs: number): Promise<boolean> {
    const rows: unknown[] = await this.database.reader.query(
      `insert into lease as l (name, owner, expires_at) values ($1, $2, clock_timestamp() + $3 * interval '1 millisecond')
       on conflict (name) do update set owner = excluded.owner, expires_at = excluded.expires_at
         where l.owner = excluded.owner or l.expires_at < clock_timestamp()
       returning name`,
      [name, owner, ttlMs],
    );
    return rows.length > 0;
  }

  async release(name: string, owner: string): Promise<void> {
    await this.database.reader.query(`delete from lease where name = $1 and owner = $2`, [name, owner]);
  }
}
