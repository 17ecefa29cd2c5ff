/** Those who wait in this process, by what they wait for. Each is woken by a value, its time, its signal or the end. */
export class Waiters {
  private readonly waiting = new Map<string, Set<() => void>>();

  /** Whether anybody waits under the id. */
  has(id: string): boolean {
    return this.waiting.has(id);
  }

  /** Sleeps until `wake(id)`, or for `milliseconds`, or until the signal. */
  sleep(id: string, milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const resume = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', resume);
        const others = this.waiting.get(id);
        others?.delete(resume);
        if (others?.size === 0) this.waiting.delete(id);
        resolve();
      };
      const timer = setTimeout(resume, milliseconds);
      signal?.addEventListener('abort', resume, { once: true });
      const waiting = this.waiting.get(id) ?? new Set();
      this.waiting.set(id, waiting.add(resume));
      if (signal?.aborted) resume();
    });
  }

  wake(id: string): void {
    for (const resume of [...(this.waiting.get(id) ?? [])]) resume();
  }

  wakeAll(): void {
    for (const id of [...this.waiting.keys()]) this.wake(id);
  }
}
