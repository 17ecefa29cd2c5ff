const FAILURES_TO_OPEN = 5;
const LONGEST_PAUSE_MS = 60_000;

/** What another replica has to know to go on with it. */
export interface BreakerState {
  readonly failures: number;
  /** Milliseconds until a probe may be sent. */
  readonly openForMs: number;
}

/**
 * Spares a partner that does not answer: after some failures in a row nothing is sent for a while, then one probe; each
 * failed probe doubles the pause, a success closes it.
 */
export class CircuitBreaker {
  private failures = 0;
  private openUntilMs = 0;
  private probing = false;

  /** `firstPauseMs`: how long it is open at first. */
  constructor(private readonly firstPauseMs: number) {}

  /** How many requests may be sent now: 0, 1 (a probe) or `most`. */
  allowed(most: number, nowMs: number): number {
    if (this.failures < FAILURES_TO_OPEN) return most;
    return nowMs >= this.openUntilMs && !this.probing ? 1 : 0;
  }

  /** Milliseconds until a probe may be sent. */
  waitMs(nowMs: number): number {
    return this.failures < FAILURES_TO_OPEN ? 0 : Math.max(0, this.openUntilMs - nowMs);
  }

  started(): void {
    if (this.failures >= FAILURES_TO_OPEN) this.probing = true;
  }

  succeeded(): void {
    this.failures = 0;
    this.probing = false;
  }

  /** Nothing was sent after all. */
  unsent(): void {
    this.probing = false;
  }

  failed(nowMs: number): void {
    // What was under way when it opened fails too, and says nothing new.
    if (this.failures >= FAILURES_TO_OPEN && !this.probing) return;
    this.failures += 1;
    this.probing = false;
    if (this.failures < FAILURES_TO_OPEN) return;
    const pause = this.firstPauseMs * 2 ** Math.min(this.failures - FAILURES_TO_OPEN, 10);
    this.openUntilMs = nowMs + Math.min(LONGEST_PAUSE_MS, pause);
  }

  state(nowMs: number): BreakerState {
    return { failures: this.failures, openForMs: this.waitMs(nowMs) };
  }

  /** Goes on with what another replica, or this one before, has seen. A probe that is under way here stays the probe. */
  resume({ failures, openForMs }: BreakerState, nowMs: number): void {
    this.failures = failures;
    this.openUntilMs = nowMs + openForMs;
  }
}
