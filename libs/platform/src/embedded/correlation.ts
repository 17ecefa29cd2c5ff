import { Pool } from 'pg';
import { type ClaimOutcome, CorrelationStore } from '../correlation/correlation-store.js';
import { Waiters } from '../correlation/waiters.js';
import { childSpan } from '../telemetry/tracing.js';
import { orUnavailable } from './log/connections.js';
import { migrateBusDatabase } from './log/schema.js';

export interface EmbeddedCorrelationStoreOptions {
  /** Connection string of the bus' database, which exists. */
  readonly url: string;
  /** Default 1 minute. */
  readonly pruneEveryMs?: number;
}

const DEFAULT_PRUNE_EVERY_MS = 60_000;
/** A value that another process notified is seen within this time; one of this process at once. */
const LOOK_EVERY_MS = 100;

const OPEN = `
  insert into correlation_values (id, value, expires_at) values ($1, $2, now() + $3 * interval '1 millisecond')
  on conflict (id) do update set value = excluded.value, expires_at = excluded.expires_at`;

/** Takes the claim when it is free, expired or already the caller's; no row is the answer of a claim held by another. */
const CLAIM = `
  insert into correlation_claims as c (id, owner, expires_at) values ($1, $2, now() + $3 * interval '1 millisecond')
  on conflict (id) do update set owner = excluded.owner, expires_at = excluded.expires_at
  where c.owner = excluded.owner or c.expires_at <= now()
  returning (select value from correlation_values v where v.id = $1 and v.expires_at > now()) as value`;

const HOLDER = 'select owner from correlation_claims where id = $1 and expires_at > now()';

/** Correlations in the bus' database; times are the database's. Errors are VoltapError unavailable. */
export class EmbeddedCorrelationStore extends CorrelationStore {
  private readonly pool: Pool;
  private readonly pruning: NodeJS.Timeout;
  private migrated: Promise<void> | undefined;
  private closed: Promise<void> | undefined;
  private readonly waiters = new Waiters();

  constructor(private readonly options: EmbeddedCorrelationStoreOptions) {
    super();
    this.pool = new Pool({
      connectionString: options.url,
      max: 2,
      connectionTimeoutMillis: 3_000,
      query_timeout: 5_000,
      application_name: 'voltap-correlation',
    });
    // The pool replaces a broken idle connection; the next call says what is wrong when it stays so.
    this.pool.on('error', () => undefined);
    this.pruning = setInterval(
      () => void this.prune().catch(() => undefined),
      options.pruneEveryMs ?? DEFAULT_PRUNE_EVERY_MS,
    );
    this.pruning.unref();
  }

  override async open(id: string, value: string, ttlMs: number): Promise<void> {
    await this.ask(OPEN, [id, value, ttlMs]);
  }

  override async find(id: string): Promise<string | null> {
    const rows = await this.ask<{ value: string }>(
      'select value from correlation_values where id = $1 and expires_at > now()',
      [id],
    );
    return rows[0]?.value ?? null;
  }

  override async claim(id: string, owner: string, ttlMs: number): Promise<ClaimOutcome> {
    for (;;) {
      const taken = await this.ask<{ value: string | null }>(CLAIM, [id, owner, ttlMs]);
      if (taken[0] !== undefined) return { claimed: true, value: taken[0].value };
      const held = await this.ask<{ owner: string }>(HOLDER, [id]);
      // Without a holder the claim ran out between the two statements, and is free again.
      if (held[0] !== undefined) return { claimed: false, holder: held[0].owner };
    }
  }

  override async remove(id: string): Promise<void> {
    await this.ask(
      'with claim as (delete from correlation_claims where id = $1) delete from correlation_values where id = $1',
      [id],
    );
  }

  override async notify(id: string, value: string, ttlMs: number): Promise<void> {
    await this.ask(OPEN, [answerOf(id), value, ttlMs]);
    this.waiters.wake(id);
  }

  override async wait(id: string, timeoutMs: number, signal?: AbortSignal): Promise<string | null> {
    const end = performance.now() + timeoutMs;
    for (;;) {
      if (this.closed !== undefined || signal?.aborted) return null;
      const value = await this.find(answerOf(id));
      const left = end - performance.now();
      if (value !== null || left <= 0) return value;
      await this.waiters.sleep(id, Math.min(left, LOOK_EVERY_MS), signal);
    }
  }

  /** Removes what expired, as happens by itself from time to time. */
  async prune(): Promise<void> {
    await this.ask('delete from correlation_values where expires_at <= now()', []);
    await this.ask('delete from correlation_claims where expires_at <= now()', []);
  }

  override close(): Promise<void> {
    clearInterval(this.pruning);
    this.waiters.wakeAll();
    this.closed ??= Promise.resolve(this.migrated)
      .catch(() => undefined)
      .then(() => this.pool.end());
    return this.closed;
  }

  private async ask<Row extends Record<string, unknown>>(text: string, values: readonly unknown[]): Promise<Row[]> {
    this.migrated ??= migrateBusDatabase(this.options.url).catch((error) => {
      this.migrated = undefined;
      throw error;
    });
    const answer = this.migrated.then(() => this.pool.query<Row>(text, [...values]));
    const attributes = { 'db.system.name': 'postgresql' };
    return childSpan(
      'correlation',
      { sort: 'out', attributes },
      async () => (await orUnavailable('Correlating', answer)).rows,
    );
  }
}

/** Values and answers of one id are kept apart. */
function answerOf(id: string): string {
  return `answer ${id}`;
}
