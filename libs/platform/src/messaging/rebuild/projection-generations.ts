import type { EntityManager } from 'typeorm';
import type { Database, Transaction } from '../../persistence/database.js';
import type { ProjectedRow } from '../../persistence/projections.js';

export type RebuildState = 'RUNNING' | 'DONE' | 'FAILED';

/** How the last rebuild of a projection stands. Times are RFC 3339. */
export interface RebuildStatus {
  /** RUNNING whose process is gone shows as FAILED. */
  readonly state: RebuildState;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly eventsRead: number;
  /** Of the topic that is being read, at most; null until the first batch. */
  readonly eventsLeft: number | null;
  /** Events of its topics that nobody can read; live consumption set them aside. */
  readonly unreadable: number;
  readonly error: string | null;
}

/** Another rebuild of the same projection has begun, or this one was given up. */
export class RebuildSuperseded extends Error {
  override readonly name = 'RebuildSuperseded';
}

/** Name of the lease by which one process at a time rebuilds a projection. */
export function rebuildLease(projection: string): string {
  return `rebuild ${projection}`;
}

interface Row {
  readonly state: RebuildState;
  readonly alive: boolean;
  readonly started_at: Date;
  readonly finished_at: Date | null;
  readonly events_read: string;
  readonly events_left: string | null;
  readonly unreadable: string;
  readonly error: string | null;
}

const GONE = 'The process that rebuilt it is gone; the projection is as it was before.';
/** Writers wait for the swap, and the swap for writers in hand: not longer than this. */
const LOCK_WITHIN = '10s';

/** Consumers add rows in the order of their events, we in another: one at a time, or they deadlock. */
const KEEP_WRITERS_OUT = 'lock table projection_generation in share row exclusive mode';

/** The rows that a running rebuild gathers, aside from the projection that is read meanwhile. */
export class ProjectionGenerations {
  constructor(private readonly database: Database) {}

  async begin(projection: string): Promise<string> {
    return this.database.transaction(async (transaction) => {
      await transaction.query(KEEP_WRITERS_OUT);
      const [row]: { generation: string }[] = await transaction.query(
        `insert into projection_rebuild as r (projection, generation, state) values ($1, gen_random_uuid(), 'RUNNING')
         on conflict (projection) do update set generation = excluded.generation, state = 'RUNNING', started_at = now(), finished_at = null,
           events_read = 0, events_left = null, unreadable = 0, error = null
         returning generation`,
        [projection],
      );
      await this.clear(transaction, projection);
      if (row === undefined) throw new Error('a generation was not returned');
      return row.generation;
    });
  }

  /** Adds rows; of one key the newest revision stays. @throws RebuildSuperseded */
  async gather(
    projection: string,
    generation: string,
    rows: readonly ProjectedRow<object>[],
    progress: { read: number; left: number; unreadable: number },
  ): Promise<void> {
    await this.database.transaction(async (transaction) => {
      await transaction.query(KEEP_WRITERS_OUT);
      const running: unknown[] = await transaction.query(
        `select 1 from projection_rebuild where projection = $1 and generation = $2 and state = 'RUNNING' for update`,
        [projection, generation],
      );
      if (running.length === 0) throw new RebuildSuperseded(`another rebuild of ${projection} took over`);
      const newest = new Map<string, ProjectedRow<object>>();
      for (const row of rows) if ((newest.get(row.key)?.revision ?? -1) < row.revision) newest.set(row.key, row);
      const distinct = [...newest.values()];
      await transaction.query(
        `insert into projection_generation as g (projection, generation, key, revision, removed, content)
         select $1, $2, key, revision, removed, content
         from unnest($3::text[], $4::bigint[], $5::boolean[], $6::jsonb[]) as r (key, revision, removed, content)
         on conflict (projection, generation, key) do update
           set revision = excluded.revision, removed = excluded.removed, content = excluded.content
           where g.revision < excluded.revision`,
        [
          projection,
          generation,
          distinct.map(({ key }) => key),
          distinct.map(({ revision }) => revision),
          distinct.map(({ removed }) => removed === true),
          distinct.map((row) => JSON.stringify(row.removed === true ? {} : row.content)),
        ],
      );
      await transaction.query(
        `update projection_rebuild set events_read = events_read + $2, events_left = $3, unreadable = unreadable + $4 where projection = $1`,
        [projection, progress.read, progress.left, progress.unreadable],
      );
    });
  }

  /**
   * Makes the table equal to what was gathered, in one transaction: readers see it before or after, and are not held up;
   * writers wait. A row whose revision is newer than what the topics tell stays: its event is on its way. `removeOthers`:
   * rows that were not gathered go.
   * @throws RebuildSuperseded
   */
  async swap(
    projection: string,
    generation: string,
    { removeOthers }: { readonly removeOthers: boolean },
  ): Promise<void> {
    await this.database.transaction(async (transaction) => {
      await transaction.query(`set local lock_timeout = '${LOCK_WITHIN}'`);
      const running: unknown[] = await transaction.query(
        `select 1 from projection_rebuild where projection = $1 and generation = $2 and state = 'RUNNING' for update`,
        [projection, generation],
      );
      if (running.length === 0) throw new RebuildSuperseded(`another rebuild of ${projection} took over`);
      await transaction.query(`lock table ${projection} in share row exclusive mode`);
      if (removeOthers) {
        await transaction.query(
          `delete from ${projection} t where not exists (
             select 1 from projection_generation g where g.projection = $1 and g.generation = $2 and g.key = t.key
           )`,
          [projection, generation],
        );
      }
      await transaction.query(
        `insert into ${projection} as t (key, revision, removed, content)
         select key, revision, removed, content from projection_generation where projection = $1 and generation = $2
         on conflict (key) do update set revision = excluded.revision, removed = excluded.removed, content = excluded.content
           where t.revision <= excluded.revision
             and (t.revision, t.removed, t.content) is distinct from (excluded.revision, excluded.removed, excluded.content)`,
        [projection, generation],
      );
      await transaction.query(
        `update projection_rebuild set state = 'DONE', filled = true, events_left = 0, finished_at = now() where projection = $1`,
        [projection],
      );
      await this.clear(transaction, projection);
    });
  }

  async fail(projection: string, generation: string, error: string): Promise<void> {
    await this.database.transaction(async (transaction) => {
      await transaction.query(KEEP_WRITERS_OUT);
      const rows: unknown[] = await transaction.query(
        `select 1 from projection_rebuild where projection = $1 and generation = $2 and state = 'RUNNING' for update`,
        [projection, generation],
      );
      if (rows.length === 0) return;
      await transaction.query(
        `update projection_rebuild set state = 'FAILED', error = $2, finished_at = now() where projection = $1`,
        [projection, error],
      );
      await this.clear(transaction, projection);
    });
  }

  /** Gives up what a process that is gone has left behind, so that nothing is gathered for it any more. */
  async sweep(): Promise<void> {
    await this.database.transaction(async (transaction) => {
      // Returned by a select: what an update returns, the mapper hands over in another shape.
      const gone: { projection: string }[] = await transaction.query(
        `select projection from projection_rebuild r
         where state = 'RUNNING' and started_at < now() - interval '1 minute'
           and not exists (select 1 from lease where name = 'rebuild ' || r.projection and expires_at > clock_timestamp())
         for update skip locked`,
      );
      if (gone.length > 0) await transaction.query(KEEP_WRITERS_OUT);
      for (const { projection } of gone) {
        await transaction.query(
          `update projection_rebuild set state = 'FAILED', error = $2, finished_at = now() where projection = $1`,
          [projection, GONE],
        );
        await this.clear(transaction, projection);
      }
    });
  }

  /** Those of the projections that were never filled. */
  async unfilled(projections: readonly string[]): Promise<string[]> {
    const rows: { projection: string }[] = await this.database.reader.query(
      'select projection from projection_rebuild where filled',
    );
    const filled = new Set(rows.map(({ projection }) => projection));
    return projections.filter((projection) => !filled.has(projection));
  }

  async status(manager: EntityManager, projection: string): Promise<RebuildStatus | null> {
    const [row]: Row[] = await manager.query(
      `select r.*, exists (select 1 from lease where name = $2 and expires_at > clock_timestamp()) as alive
       from projection_rebuild r where projection = $1`,
      [projection, rebuildLease(projection)],
    );
    if (row === undefined) return null;
    const gone = row.state === 'RUNNING' && !row.alive;
    return {
      state: gone ? 'FAILED' : row.state,
      startedAt: row.started_at.toISOString(),
      finishedAt: row.finished_at?.toISOString() ?? null,
      eventsRead: Number(row.events_read),
      eventsLeft: row.events_left === null ? null : Number(row.events_left),
      unreadable: Number(row.unreadable),
      error: gone ? GONE : row.error,
    };
  }

  async rows(manager: EntityManager, projection: string): Promise<number> {
    const [row]: { rows: string }[] = await manager.query(
      `select count(*) as rows from ${projection} where not removed`,
    );
    return Number(row?.rows ?? 0);
  }

  private async clear(transaction: Transaction, projection: string): Promise<void> {
    await transaction.query('delete from projection_generation where projection = $1', [projection]);
  }
}
