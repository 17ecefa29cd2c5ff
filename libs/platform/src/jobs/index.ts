import type { Logger } from '../telemetry/logger.js';
import { errorType, type Metrics } from '../telemetry/metrics.js';
import { NO_TRACING, type Tracing } from '../telemetry/tracing.js';

export interface Job {
  readonly name: string;
  /** Pause between the end of a run and the next, in milliseconds. */
  readonly everyMs: number;
  /** One run; throws when it failed, which is logged and tried again at the next run. */
  run(): Promise<void>;
}

interface Scheduled {
  readonly job: Job;
  timer: NodeJS.Timeout | undefined;
  running: Promise<void> | undefined;
  again: boolean;
}

/** Runs the jobs of one service instance, each never twice at once. What must not run on two replicas takes a lease. */
export class Jobs {
  private readonly scheduled = new Map<string, Scheduled>();
  private started = false;
  private stopped = false;

  constructor(
    private readonly logger: Logger,
    private readonly metrics: Metrics,
    private readonly tracing: Tracing = NO_TRACING,
  ) {}

  add(job: Job): void {
    if (this.scheduled.has(job.name)) throw new Error(`two jobs named ${job.name}`);
    const scheduled: Scheduled = { job, timer: undefined, running: undefined, again: false };
    this.scheduled.set(job.name, scheduled);
    if (this.started) this.run(scheduled);
  }

  start(): void {
    this.started = true;
    for (const scheduled of this.scheduled.values()) this.run(scheduled);
  }

  /** Runs a job now, or once more when it is running. */
  wake(name: string): void {
    const scheduled = this.scheduled.get(name);
    if (scheduled === undefined) throw new Error(`no job named ${name}`);
    if (!this.started || this.stopped) return;
    if (scheduled.running !== undefined) scheduled.again = true;
    else this.run(scheduled);
  }

  /** Waits for running jobs. */
  async stop(): Promise<void> {
    this.stopped = true;
    for (const { timer } of this.scheduled.values()) clearTimeout(timer);
    await Promise.all([...this.scheduled.values()].map(({ running }) => running));
  }

  private run(scheduled: Scheduled): void {
    clearTimeout(scheduled.timer);
    scheduled.again = false;
    const startedAt = performance.now();
    const labels = { 'voltap.job.name': scheduled.job.name };
    // Most runs find nothing to do; those that fail are kept, and those that add an event about money.
    scheduled.running = this.tracing
      .step(`job ${scheduled.job.name}`, { keep: 'failures', attributes: labels }, () => scheduled.job.run())
      .then(
        () => this.metrics.time('voltap.job.duration', startedAt, labels),
        (error: unknown) => {
          this.metrics.time('voltap.job.duration', startedAt, { ...labels, 'error.type': errorType(error) });
          this.logger.warn({ error, job: scheduled.job.name }, 'a job failed, trying again');
        },
      )
      .finally(() => {
        scheduled.running = undefined;
        if (this.stopped) return;
        if (scheduled.again) this.run(scheduled);
        else scheduled.timer = setTimeout(() => this.run(scheduled), scheduled.job.everyMs);
      });
  }
}
