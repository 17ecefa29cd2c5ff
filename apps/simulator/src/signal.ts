/** Tells waiting code that something changed, so that it looks again: waits are for states, never for time. */
export class Signal {
  private readonly listeners = new Set<() => void>();

  notify(): void {
    for (const listener of [...this.listeners]) listener();
  }

  /** Whoever waits for the other signal looks again when this one is given. @returns the function that ends it. */
  forward(other: Signal): () => void {
    const listener = (): void => other.notify();
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /**
   * Waits until the probe gives something other than null, undefined or false.
   * @throws Error with `what` in its text after `timeoutMs`.
   */
  until<T>(what: string, probe: () => T | null | undefined | false, timeoutMs: number): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const finish = (settle: () => void): void => {
      clearTimeout(timer);
      this.listeners.delete(look);
      settle();
    };
    const look = (): void => {
      try {
        const found = probe();
        if (found !== null && found !== undefined && found !== false) finish(() => resolve(found));
      } catch (error) {
        finish(() => reject(error));
      }
    };
    const timer = setTimeout(() => {
      finish(() => reject(new Error(`waited ${timeoutMs} ms in vain for: ${what}`)));
    }, timeoutMs);
    // A wait alone keeps no process alive.
    timer.unref();
    this.listeners.add(look);
    look();
    return promise;
  }
}
