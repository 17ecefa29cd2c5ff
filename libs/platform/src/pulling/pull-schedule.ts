import type { Database, Transaction } from '../persistence/database.js';

/** `full`: everything there is; `changes`: what changed since the last success. */
export type PullMode = 'full' | 'changes';
export type PullCounts = Readonly<Record<string, number>>;

/** What a pull brought. */
export interface Pulled<Counts extends PullCounts = PullCounts> {
  readonly counts: Counts;
  /** What the operator should know of it although it succeeded, in sentences. */
  readonly remarks: readonly string[];
}

export interface PullRecord {
  readonly source: string;
  readonly state: 'NEVER' | 'RUNNING' | 'SUCCEEDED' | 'FAILED';
  readonly mode: PullMode | null;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  /** Begin of the last that succeeded: what changed before is here. */
  readonly syncedUntil: string | null;
  /** Null while the source is not pulled by the clock. */
  readonly nextAt: string | null;
  readonly nextFullAt: string | null;
  /** In a row. */
  readonly failures: number;
  readonly counts: PullCounts;
  readonly remarks: readonly string[];
  /** Why the last one failed. */
  readonly problem: string | null;
}

export interface BegunPull {
  readonly mode: PullMode;
  readonly startedAt: Date;
  readonly syncedUntil: Date | null;
}

interface Row {
  source: string;
  state: PullRecord['state'];
  mode: PullMode | null;
  started_at: Date | null;
  ended_at: Date | null;
  synced_until: Date | null;
  due_at: Date | null;
  full_due_at: Date | null;
  failures: number;
  counts: PullCounts;
  remarks: string[];
  problem: string | null;
}

/** After the first failure; doubled with each that follows. */
const FAILED_AGAIN_SECONDS = 5 * 60;
const LONGEST_WAIT_SECONDS = 4 * 60 * 60;
/** Between two pulls of one source, however often the replicas are started anew. */
const LEAST_GAP_SECONDS = 15;

/** When the lists of each source are pulled next, and what became of it last; by the database's clock. */
export class PullSchedule {
  constructor(private readonly database: Database) {}

  static readonly ddl = [
    `create table source_pull (
      source text primary key,
      due_at timestamptz(3),
      full_due_at timestamptz(3) not null default clock_timestamp(),
      synced_until timestamptz(3),
      state text not null default 'NEVER',
      mode text,
      started_at timestamptz(3),
      ended_at timestamptz(3),
      failures integer not null default 0,
      counts jsonb not null default '{}',
      remarks jsonb not null default '[]',
      problem text
    )`,
  ];

  /** A source is there, again or changed: it is pulled now, in full at first. */
  async dueNow(transaction: Transaction, source: string): Promise<void> {
    await transaction.query(
      `insert into source_pull (source, due_at) values ($1, clock_timestamp())
       on conflict (source) do update set due_at = excluded.due_at, failures = 0`,
      [source],
    );
  }

  /** A source is gone; when it comes back, it is pulled in full. */
  async stop(transaction: Transaction, source: string): Promise<void> {
    await transaction.query(`update source_pull set due_at = null, full_due_at = clock_timestamp() where source = $1`, [
      source,
    ]);
  }

  /** After a time in which we may have missed what sources told: all of them are pulled now, those just pulled a little later. */
  async catchUp(): Promise<void> {
    await this.database.reader.query(
      `update source_pull
       set due_at = least(due_at, greatest(clock_timestamp(), started_at + $1 * interval '1 second'))
       where due_at is not null`,
      [LEAST_GAP_SECONDS],
    );
  }

  /** Those that wait longest first. */
  async due(): Promise<string[]> {
    const rows: { source: string }[] = await this.database.reader.query(
      'select source from source_pull where due_at <= clock_timestamp() order by due_at',
    );
    return rows.map(({ source }) => source);
  }

  /**
   * A pull begins. Should it never end, because its process dies, it is due again after a while; a full one as a full one.
   * @param wanted the mode; by default full when that is due or none ever succeeded.
   */
  async begin(source: string, wanted?: PullMode): Promise<BegunPull> {
    const rows: { mode: PullMode; started_at: Date; synced_until: Date | null }[] = await this.database.reader.query(
      `insert into source_pull as p (source, state, mode, started_at) values ($1, 'RUNNING', 'full', clock_timestamp())
       on conflict (source) do update set state = 'RUNNING', started_at = excluded.started_at, ended_at = null,
         counts = '{}', remarks = '[]', problem = null,
         mode = coalesce($2, case when p.full_due_at <= clock_timestamp() or p.synced_until is null
           then 'full' else 'changes' end),
         full_due_at = case when $2 = 'full' then least(p.full_due_at, clock_timestamp()) else p.full_due_at end,
         due_at = case when p.due_at is null then null else clock_timestamp() + $3 * interval '1 second' end
       returning mode, started_at, synced_until`,
      [source, wanted ?? null, FAILED_AGAIN_SECONDS],
    );
    const row = rows[0];
    if (row === undefined) throw new Error('an insert returned nothing');
    return { mode: row.mode, startedAt: row.started_at, syncedUntil: row.synced_until };
  }

  async progress(source: string, counts: PullCounts): Promise<void> {
    await this.database.reader.query(
      `update source_pull set counts = $2,
         due_at = case when due_at > clock_timestamp() then clock_timestamp() + $3 * interval '1 second' else due_at end
       where source = $1`,
      [source, counts, FAILED_AGAIN_SECONDS],
    );
  }

  /**
   * A pull that was asked for while this one ran is still due.
   * @param next seconds until the next of each mode; that of a full pull counts from one that was full.
   */
  async succeed(
    source: string,
    pull: BegunPull,
    { counts, remarks }: Pulled,
    next: { readonly changes: number; readonly full: number },
  ): Promise<void> {
    await this.database.reader.query(
      `update source_pull set state = 'SUCCEEDED', ended_at = clock_timestamp(), failures = 0,
         counts = $2, remarks = $3, problem = null, synced_until = $4,
         full_due_at = case when $5 = 'full' then clock_timestamp() + $6 * interval '1 second' else full_due_at end,
         due_at = case when due_at > clock_timestamp() then least(clock_timestamp() + $7 * interval '1 second',
             case when $5 = 'full' then null else full_due_at end) else due_at end
       where source = $1`,
      [source, counts, JSON.stringify(remarks), pull.startedAt, pull.mode, next.full, next.changes],
    );
  }

  /**
   * What was fetched is kept; the pull is repeated later.
   * @param againAfterSeconds when it did not fail by its source: then it does not count as a failure of it.
   */
  async fail(source: string, counts: PullCounts, problem: string, againAfterSeconds: number | null): Promise<void> {
    await this.database.reader.query(
      `update source_pull set state = 'FAILED', ended_at = clock_timestamp(), counts = $2, problem = $3,
         failures = failures + case when $4::float is null then 1 else 0 end,
         due_at = case when due_at > clock_timestamp() then clock_timestamp()
             + coalesce($4, least($5 * power(2, least(failures, 20)), $6)) * interval '1 second' else due_at end
       where source = $1`,
      [source, counts, problem, againAfterSeconds, FAILED_AGAIN_SECONDS, LONGEST_WAIT_SECONDS],
    );
  }

  async records(): Promise<PullRecord[]> {
    const rows: Row[] = await this.database.reader.query('select * from source_pull order by source');
    return rows.map((row) => ({
      source: row.source,
      state: row.state,
      mode: row.mode,
      startedAt: row.started_at?.toISOString() ?? null,
      endedAt: row.ended_at?.toISOString() ?? null,
      syncedUntil: row.synced_until?.toISOString() ?? null,
      nextAt: row.due_at?.toISOString() ?? null,
      nextFullAt: row.due_at === null ? null : (row.full_due_at?.toISOString() ?? null),
      failures: row.failures,
      counts: row.counts,
      remarks: row.remarks,
      problem: row.problem,
    }));
  }
}
