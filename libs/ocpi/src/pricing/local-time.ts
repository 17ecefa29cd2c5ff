/**
 * Wall clocks of IANA time zones on Intl. Offsets are remembered, per day and on days with a clock change per quarter of
 * an hour: every zone changes its clock on one, and formatting is a thousand times slower than looking up.
 */

const MINUTE = 60_000;
const QUARTER = 15 * MINUTE;
export const DAY_MS = 86_400_000;
const REMEMBERED_OFFSETS = 4096;

export interface WallClock {
  /** Days since 1970-01-01 of the local date. */
  readonly day: number;
  /** Minutes since local midnight. */
  readonly minute: number;
  /** 0 = Monday. */
  readonly weekday: number;
}

export class Zone {
  private readonly format: Intl.DateTimeFormat;
  private readonly offsets = new Map<number, number>();
  /** Of days in UTC; NaN: the clock is changed on this day. */
  private readonly days = new Map<number, number>();

  /** @throws RangeError when the zone is unknown. */
  constructor(readonly name: string) {
    this.format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  /** Milliseconds that the wall clock is ahead of UTC. */
  offset(instant: number): number {
    const day = Math.floor(instant / DAY_MS);
    let result = this.days.get(day);
    if (result === undefined) {
      if (this.days.size >= REMEMBERED_OFFSETS) this.days.clear();
      const first = this.quarterOffset(day * DAY_MS);
      result = first === this.quarterOffset((day + 1) * DAY_MS) ? first : Number.NaN;
      this.days.set(day, result);
    }
    return Number.isNaN(result) ? this.quarterOffset(instant) : result;
  }

  private quarterOffset(instant: number): number {
    const quarter = Math.floor(instant / QUARTER);
    const known = this.offsets.get(quarter);
    if (known !== undefined) return known;
    if (this.offsets.size >= REMEMBERED_OFFSETS) this.offsets.clear();
    const result = this.readOffset(quarter * QUARTER);
    this.offsets.set(quarter, result);
    return result;
  }

  wallClock(instant: number): WallClock {
    const local = instant + this.offset(instant);
    const day = Math.floor(local / DAY_MS);
    return { day, minute: Math.floor((local - day * DAY_MS) / MINUTE), weekday: (((day + 3) % 7) + 7) % 7 };
  }

  /**
   * The moments in (from, until) at which the wall clock shows one of `minutes`, and those at which it is changed.
   * A wall time that occurs twice is given twice; around one that is skipped, the moment of the jump is what matters.
   */
  cuts(minutes: readonly number[], from: number, until: number): number[] {
    const found = new Set<number>();
    const add = (instant: number): void => {
      if (instant > from && instant < until) found.add(instant);
    };
    for (let day = this.wallClock(from).day - 1; (day - 1) * DAY_MS < until + DAY_MS; day++) {
      const start = day * DAY_MS;
      const early = this.offset(start - DAY_MS);
      const late = this.offset(start + 2 * DAY_MS);
      for (const minute of minutes) {
        add(start + minute * MINUTE - early);
        if (late !== early) add(start + minute * MINUTE - late);
      }
      if (late !== early) add(this.clockChange(start - DAY_MS, start + 2 * DAY_MS));
    }
    return [...found].sort((left, right) => left - right);
  }

  private clockChange(from: number, until: number): number {
    let low = Math.floor(from / QUARTER);
    let high = Math.floor(until / QUARTER);
    const before = this.offset(low * QUARTER);
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.offset(middle * QUARTER) === before) low = middle;
      else high = middle;
    }
    return high * QUARTER;
  }

  private readOffset(instant: number): number {
    const part: Record<string, number> = {};
    for (const { type, value } of this.format.formatToParts(instant)) part[type] = Number(value);
    const local = Date.UTC(
      part.year ?? Number.NaN,
      (part.month ?? Number.NaN) - 1,
      part.day,
      part.hour,
      part.minute,
      part.second,
    );
    return local - instant;
  }
}

const zones = new Map<string, Zone>();

/** @throws RangeError when the zone is unknown. */
export function zone(name: string): Zone {
  let result = zones.get(name);
  if (!result) {
    result = new Zone(name);
    zones.set(name, result);
  }
  return result;
}
