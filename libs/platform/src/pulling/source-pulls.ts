import { setTimeout as pause } from 'node:timers/promises';
import { VoltapError } from '@voltap/kernel';
import type { Jobs } from '../jobs/index.js';
import type { Leases } from '../persistence/leases.js';
import type { Logger } from '../telemetry/logger.js';
import type { PullCounts, Pulled, PullMode, PullSchedule } from './pull-schedule.js';

const JOB = 'source-pulls';
const EVERY_MS = 5_000;
/** Prolonged with every page, so longer than one usually takes: a call of half a minute, and once more with a renewed token. */
const LEASE_MS = 75_000;
const AT_ONCE = 4;
/** A process that did not look for so long was stopped, or cut off from its database. */
const GAP_MS = 60_000;
/** Clocks differ, and what was committed late carries an earlier time. */
const OVERLAP_MS = 10 * 60_000;
const OWN_PART_AGAIN_SECONDS = 5;
const HOUR_SECONDS = 60 * 60;
const WAIT_STEP_MS = 250;
const MOST_WAITING_STEPS = 120;

/** One pull of one source, for who does it. */
export interface Pull {
  readonly source: string;
  readonly mode: PullMode;
  /** By the database's clock. */
  readonly startedAt: Date;
  /** Begin of the last that succeeded; null before the first. */
  readonly syncedUntil: Date | null;
  /** Of what changed: from, inclusive, to, exclusive; null for a full pull. */
  readonly window: { readonly from: string; readonly to: string } | null;
  readonly signal: AbortSignal;
  /** After every page: shows how far it is, and keeps others out. @throws VoltapError unavailable when another replica took over. */
  progress(counts: PullCounts): Promise<void>;
}

export interface SourcePullsParts<Counts extends PullCounts> {
  readonly jobs: Jobs;
  readonly leases: Leases;
  readonly schedule: PullSchedule;
  readonly logger: Logger;
  /** Of this process. */
  readonly owner: string;
  /** How long a source is kept for this process after each page; 75 seconds by default. */
  readonly leaseMs?: number;
  /** Fetches the lists; throws when it could not to the end. */
  pull(pull: Pull): Promise<Pulled<Counts>>;
}

/** Seconds until the next full pull: a day, spread by a quarter to both sides so that not all come at once (PAG-17). */
export function untilNextFullPull(random: number = Math.random()): number {
  return Math.round(24 * HOUR_SECONDS * (0.75 + random / 2));
}

/** Seconds until the next pull of what changed: an hour, spread likewise. */
export function untilNextChanges(random: number = Math.random()): number {
  return Math.round(HOUR_SECONDS * (0.75 + random / 2));
}

/**
 * Pulls the lists of sources: in full when they come and daily, what changed hourly and when this process starts or was cut
 * off (OFF-03), and in full on demand. Each source by one replica at a time; one source's trouble is no other's.
 */
export class SourcePulls<Counts extends PullCounts> {
  private readonly stopping = new AbortController();
  private readonly running = new Map<string, Promise<void>>();
  private readonly demanded = new Set<Promise<Pulled<Counts>>>();
  private lastLook = Number.NEGATIVE_INFINITY;

  constructor(private readonly parts: SourcePullsParts<Counts>) {}

  start(): void {
    this.parts.jobs.add({ name: JOB, everyMs: EVERY_MS, run: () => this.look() });
  }

  /** Breaks running pulls off, and waits for that; whoever comes next repeats them. */
  async stop(): Promise<void> {
    this.stopping.abort(new VoltapError('unavailable', 'The pull was broken off: the process is stopping.'));
    await Promise.allSettled([...this.running.values(), ...this.demanded]);
  }

  /**
   * A full pull, now; after the one that is running, where there is one.
   * @throws VoltapError unavailable when that takes too long; whatever the pull throws.
   */
  async now(source: string): Promise<Pulled<Counts>> {
    const demanded = this.afterTheRunning(source);
    this.demanded.add(demanded);
    try {
      return await demanded;
    } finally {
      this.demanded.delete(demanded);
    }
  }

  private async afterTheRunning(source: string): Promise<Pulled<Counts>> {
    for (let step = 0; step < MOST_WAITING_STEPS; step += 1) {
      this.stopping.signal.throwIfAborted();
      const pulled = await this.attempt(source, 'full');
      if (pulled !== null) return pulled;
      await pause(WAIT_STEP_MS);
    }
    throw new VoltapError('unavailable', 'The lists of this partner are being fetched already; try again later.');
  }

  /** Begins what is due, and does not wait for its end: a long list of one source must not keep the others waiting. */
  private async look(): Promise<void> {
    if (performance.now() - this.lastLook > GAP_MS) await this.parts.schedule.catchUp();
    for (const source of await this.parts.schedule.due()) {
      if (this.stopping.signal.aborted || this.running.size >= AT_ONCE) break;
      if (!this.running.has(source)) this.running.set(source, this.pullInBackground(source));
    }
    this.lastLook = performance.now();
  }

  private async pullInBackground(source: string): Promise<void> {
    let pulled: Pulled<Counts> | null = null;
    try {
      pulled = await this.attempt(source);
    } catch (error) {
      this.parts.logger.warn({ error, source }, 'pulling the lists of a partner failed, trying again later');
    } finally {
      this.running.delete(source);
      if (pulled !== null) this.parts.jobs.wake(JOB);
    }
  }

  /** @returns null when another is at it. */
  private async attempt(source: string, wanted?: PullMode): Promise<Pulled<Counts> | null> {
    const { leases, leaseMs = LEASE_MS } = this.parts;
    const lease = `pull:${source}`;
    // Of one process too, two must not pull a source at once.
    const owner = `${this.parts.owner}:${crypto.randomUUID()}`;
    if (!(await leases.acquire(lease, owner, leaseMs))) return null;
    try {
      return await this.pull(source, wanted, () => leases.acquire(lease, owner, leaseMs));
    } finally {
      await leases.release(lease, owner);
    }
  }

  private async pull(
    source: string,
    wanted: PullMode | undefined,
    keep: () => Promise<boolean>,
  ): Promise<Pulled<Counts>> {
    const { schedule } = this.parts;
    const begun = await schedule.begin(source, wanted);
    const { mode, startedAt, syncedUntil } = begun;
    let reached: PullCounts = {};
    let overtaken = false;
    const progress = async (counts: PullCounts): Promise<void> => {
      this.stopping.signal.throwIfAborted();
      overtaken = !(await keep());
      if (overtaken) throw new VoltapError('unavailable', 'Another replica pulls the lists of this partner now.');
      reached = { ...counts };
      await schedule.progress(source, reached);
    };
    try {
      const pulled = await this.parts.pull({
        source,
        mode,
        startedAt,
        syncedUntil,
        window: mode === 'full' || syncedUntil === null ? null : windowOf(syncedUntil, startedAt),
        signal: this.stopping.signal,
        progress,
      });
      await progress(pulled.counts);
      await schedule.succeed(source, begun, pulled, { changes: untilNextChanges(), full: untilNextFullPull() });
      return pulled;
    } catch (error) {
      // What the pull of another replica became is for that one to say.
      if (!overtaken) await schedule.fail(source, reached, problemOf(error), this.againAfterSeconds(error));
      throw error;
    }
  }

  /**
   * Null for a failure of the source. A part of ours that is away, as the gateway that starts beside this service, is back
   * sooner than a partner: what was missed must not wait for as long as for one of these.
   */
  private againAfterSeconds(error: unknown): number | null {
    if (this.stopping.signal.aborted) return 0;
    return error instanceof VoltapError && error.code === 'unavailable' ? OWN_PART_AGAIN_SECONDS : null;
  }
}

function windowOf(syncedUntil: Date, startedAt: Date): { from: string; to: string } {
  return { from: new Date(syncedUntil.getTime() - OVERLAP_MS).toISOString(), to: startedAt.toISOString() };
}

/** In words for the operator; the inner message of a failure of ours is for the log alone. */
function problemOf(error: unknown): string {
  return error instanceof VoltapError ? error.message : 'It failed for a reason of ours; see the log.';
}
