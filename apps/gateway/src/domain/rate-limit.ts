interface Bucket {
  tokens: number;
  at: number;
}

const BURST_SECONDS = 5;
/** Buckets that are full again say nothing; they are dropped when there are more than this. */
const MOST_BUCKETS = 10_000;

/** A token bucket for each caller: so many requests a second on average, with bursts of five seconds' worth. */
export class RateLimit {
  private readonly buckets = new Map<string, Bucket>();

  constructor(private readonly perSecond: number) {}

  /** @returns 0 when the request may go on, else the seconds to wait. */
  take(caller: string, nowMs: number): number {
    const capacity = this.perSecond * BURST_SECONDS;
    const bucket = this.buckets.get(caller) ?? { tokens: capacity, at: nowMs };
    const tokens = Math.min(capacity, bucket.tokens + ((nowMs - bucket.at) / 1000) * this.perSecond);
    if (tokens < 1) return Math.ceil((1 - tokens) / this.perSecond);
    if (this.buckets.size >= MOST_BUCKETS) this.dropFull(nowMs, capacity);
    this.buckets.set(caller, { tokens: tokens - 1, at: nowMs });
    return 0;
  }

  private dropFull(nowMs: number, capacity: number): void {
    for (const [caller, bucket] of this.buckets) {
      if (bucket.tokens + ((nowMs - bucket.at) / 1000) * this.perSecond >= capacity) this.buckets.delete(caller);
    }
  }
}
