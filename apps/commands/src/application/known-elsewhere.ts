import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { sessionChanged } from '@voltap/contracts/events';
import { VoltapError } from '@voltap/kernel';
import { EventBus, type TopicEnd } from '@voltap/platform/messaging';
import { LOGGER, type Logger } from '@voltap/platform/telemetry';

/** Only who names a session that nobody has waits in vain. */
const PATIENCE_MS = 4_000;
/** Whoever asks has given up some seconds later. */
const LONGEST_PATIENCE_MS = 10_000;
const LOOK_EVERY_MS = 50;
const BUS_ANSWERS_WITHIN_MS = 1_000;
const GROUP = 'commands';

/**
 * Others may know a session a moment before we do: a partner hears of it through the gateway, an operator of sessions itself,
 * we through the bus. On a busy machine that takes longer, and nobody may be told that there is no such session before we have
 * heard all that there was to hear when it was asked for: a driver would go on paying for what was to be stopped.
 */
@Injectable()
export class KnownElsewhere {
  constructor(
    private readonly bus: EventBus,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * @returns what `look` finds; null when nobody has it.
   * @throws VoltapError unavailable when we are too far behind to say that.
   */
  async find<Found>(look: () => Promise<Found | null>): Promise<Found | null> {
    const first = await look();
    if (first !== null) return first;
    const began = performance.now();
    const asked = this.endOfSessions();
    for (;;) {
      await pause(LOOK_EVERY_MS);
      const found = await look();
      const waited = performance.now() - began;
      if (found !== null) return found;
      if (waited < PATIENCE_MS) continue;
      // What was heard between the look and the answer of the bus is found by one more.
      if (await this.hasHeard(await asked)) return look();
      if (waited < LONGEST_PATIENCE_MS) continue;
      throw new VoltapError(
        'unavailable',
        'Not all is known here yet of what sessions tell, so nobody can say whether there is such a session; try again in a moment.',
      );
    }
  }

  private endOfSessions(): Promise<TopicEnd | null> {
    return this.answered(this.bus.endOf(sessionChanged.topic), PATIENCE_MS, null);
  }

  private async hasHeard(end: TopicEnd | null): Promise<boolean> {
    if (end === null) return false;
    return this.answered(this.bus.hasReached(GROUP, sessionChanged.topic, end), BUS_ANSWERS_WITHIN_MS, false);
  }

  /** A bus that is away tells nothing, and takes its time for that. */
  private async answered<Value>(asked: Promise<Value>, withinMs: number, otherwise: Value): Promise<Value> {
    const answer = asked.catch((error: unknown) => {
      this.logger.warn({ error }, 'the bus does not say how far sessions are heard of');
      return otherwise;
    });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<Value>((resolve) => {
      timer = setTimeout(resolve, withinMs, otherwise);
    });
    const first = await Promise.race([answer, late]);
    clearTimeout(timer);
    return first;
  }
}
