import type { Logger } from '../telemetry/logger.js';
import type { Observation } from '../telemetry/metrics.js';
import type { EventBus } from './event-bus.js';

/** A bus in order answers by then; whoever reads the metrics waits no longer for one that is not. */
const ANSWERS_WITHIN_MS = 250;
/** What was measured longer ago tells nothing of now. */
const KNOWN_FOR_MS = 120_000;

/**
 * How far a group is behind, by topic. Each topic is asked for by itself and never twice at once; what the bus does not
 * answer in time is told as it was measured last, and not at all when that is long ago.
 */
export class ConsumerLag {
  private readonly measured = new Map<string, { readonly value: number; readonly at: number }>();
  private readonly running = new Map<string, Promise<void>>();
  private closed = false;

  constructor(
    private readonly bus: EventBus,
    private readonly group: string,
    private readonly topics: readonly string[],
    private readonly logger: Logger,
  ) {}

  /** Takes at most a fraction of a second, whatever the bus does. Never throws: what fails is logged. */
  async observe(): Promise<Observation[]> {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ANSWERS_WITHIN_MS);
    });
    await Promise.race([Promise.all(this.topics.map((topic) => this.measure(topic))), patience]);
    clearTimeout(timer);
    return this.topics.flatMap((topic) => {
      const last = this.measured.get(topic);
      if (last === undefined || performance.now() - last.at > KNOWN_FOR_MS) return [];
      const attributes = { 'messaging.destination.name': topic, 'messaging.consumer.group.name': this.group };
      return [{ name: 'voltap.consumer.lag' as const, value: last.value, attributes }];
    });
  }

  /** What is under way fails with the bus, which is nobody's concern then. */
  close(): void {
    this.closed = true;
  }

  private measure(topic: string): Promise<void> {
    const running =
      this.running.get(topic) ??
      this.bus
        .lag(this.group, topic)
        .then(
          (value) => {
            this.measured.set(topic, { value, at: performance.now() });
          },
          (error: unknown) => {
            if (!this.closed) this.logger.warn({ error, topic }, 'the lag of a topic could not be measured');
          },
        )
        .finally(() => this.running.delete(topic));
    this.running.set(topic, running);
    return running;
  }
}
