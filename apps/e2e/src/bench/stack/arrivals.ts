import { quantile } from '../load.js';
import { now } from './messaging-event.js';

export interface Latency {
  readonly p50: number;
  readonly p99: number;
}

/** What has arrived, counted where its effect is there. */
export class Arrivals {
  private latencies: number[] = [];
  private awaited: { readonly count: number; readonly reached: (at: number) => void } | undefined;
  private count = 0;

  add(sentAt: readonly number[]): void {
    const at = now();
    for (const one of sentAt) this.latencies.push(at - one);
    this.count += sentAt.length;
    if (this.awaited !== undefined && this.count >= this.awaited.count) this.awaited.reached(at);
  }

  /** @returns when this many had arrived since the last `forget`, in milliseconds since 1970. */
  async until(count: number): Promise<number> {
    if (this.count >= count) return now();
    const { promise, resolve } = Promise.withResolvers<number>();
    this.awaited = { count, reached: resolve };
    const at = await promise;
    this.awaited = undefined;
    return at;
  }

  latency(): Latency {
    return { p50: quantile(this.latencies, 0.5), p99: quantile(this.latencies, 0.99) };
  }

  forget(): void {
    this.latencies = [];
    this.count = 0;
  }
}

/** Calls `work` so often a second for `count` times, and waits for all. A call that is late is not left out. */
export async function paced(perSecond: number, count: number, work: (index: number) => Promise<void>): Promise<void> {
  const begin = performance.now();
  const running: Promise<void>[] = [];
  for (let index = 0; index < count; index += 1) {
    const wait = begin + (index * 1000) / perSecond - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    running.push(work(index));
  }
  await Promise.all(running);
}

/** Calls `work` for `count` times, by so many callers that wait for their own calls. */
export async function byCallers(callers: number, count: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const call = async (): Promise<void> => {
    while (next < count) {
      next += 1;
      await work(next - 1);
    }
  };
  await Promise.all(Array.from({ length: callers }, call));
}
