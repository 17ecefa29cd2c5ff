import { Clock } from '@voltap/kernel';

/** Where an accelerated clock started; plain so that it survives a restart. Instants in milliseconds since 1970. */
export interface ClockSetting {
  readonly realStart: number;
  readonly virtualStart: number;
  /** Virtual seconds per real second, ≥ 1. */
  readonly speed: number;
}

/**
 * A setting that begins in the past and reaches the present when `plannedMs` virtual milliseconds are over, so that
 * nothing the platform is told lies in the future.
 */
export function endingAboutNow(realNow: Date, plannedMs: number, speed: number): ClockSetting {
  const realStart = realNow.getTime();
  return { realStart, virtualStart: realStart + plannedMs / speed - plannedMs, speed };
}

/** Runs `speed` times as fast as the real clock until it has caught up with it; from then on it is the real one. */
export class AcceleratedClock extends Clock {
  constructor(
    readonly setting: ClockSetting,
    private readonly real: Clock,
  ) {
    super();
  }

  override now(): Date {
    const real = this.real.now().getTime();
    const { realStart, virtualStart, speed } = this.setting;
    return new Date(Math.min(real, Math.round(virtualStart + (real - realStart) * speed)));
  }
}
