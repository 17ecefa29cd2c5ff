import type { Clock } from '@voltap/kernel';

export type Actor = 'driver' | 'terminal' | 'Payter' | 'Voltap' | 'back-end' | 'operator' | 'city';

/** One step of what happens, for people to read. */
export interface StoryEvent {
  readonly at: Date;
  readonly from: Actor;
  readonly to: Actor;
  /** The OCPI message or back-office call, as `PUT session ACTIVE`. */
  readonly message: string;
  /** Money of the step, formatted: `12.30 EUR`. */
  readonly amount?: string;
  readonly detail?: string;
  /** `authorization_reference` of the charge that the step belongs to. */
  readonly reference?: string;
}

/** Where all parts of the simulator tell what they do; keeps the last `limit` steps. */
export class Journal {
  private readonly kept: StoryEvent[] = [];
  private readonly listeners = new Set<(event: StoryEvent) => void>();

  constructor(
    private readonly clock: Clock,
    private readonly limit = 2_000,
  ) {}

  get events(): readonly StoryEvent[] {
    return this.kept;
  }

  tell(step: Omit<StoryEvent, 'at'>): void {
    const event: StoryEvent = { at: this.clock.now(), ...step };
    this.kept.push(event);
    if (this.kept.length > this.limit) this.kept.shift();
    for (const listener of this.listeners) listener(event);
  }

  /** @returns the function that ends the subscription. */
  subscribe(listener: (event: StoryEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
