interface Bucket {
  readonly tokens: number;
  readonly at: number;
}

const BURST_SECONDS = 5;
/** More callers than this are not told apart: who was not seen for longest begins with a full bucket again. */
const MOST_BUCKETS = 10_000;

/** A token bucket for each caller: so many requests a second on average, with bursts of five seconds' worth. */
export class RateLimit {
  /** Who was seen last comes last. */
  private readonly buckets = new Map<string, Bucket>();

  constructor(private readonly perSecond: number) {}

  /** @returns 0 when the request may go on, else the seconds to wait. */
  take(caller: string, nowMs: number): number {
    const capacity = this.perSecond * BURST_SECONDS;
    const bucket = this.buckets.get(caller) ?? { tokens: capacity, at: nowMs };
    const tokens = Math.min(capacity, bucket.tokens + (Math.max(0, nowMs - bucket.at) / 1000) * this.perSecond);
    this.buckets.delete(caller);
    this.buckets.set(caller, { tokens: tokens < 1 ? tokens : tokens - 1, at: nowMs });
    const [oldest] = this.buckets.keys();
    if (this.buckets.size > MOST_BUCKETS && oldest !== undefined) this.buckets.delete(oldest);
    return tokens < 1 ? Math.ceil((1 - tokens) / this.perSecond) : 0;
  }
}
