import { VoltapError } from '@voltap/kernel';
import type { Database, Transaction } from '../persistence/database.js';
import type { Metrics } from '../telemetry/metrics.js';
import { type Inbox, reasonOf } from './inbox.js';
import { isOutage } from './outages.js';
import { type SetAsideEvent, SetAsideEvents } from './set-aside-events.js';

/** Which waiting events to replay; none named: all. A parked event stands for its whole key. */
export interface ReplaySelection {
  readonly ids?: readonly string[];
  readonly topic?: string;
  readonly key?: string;
}

export interface ReplayFailure {
  readonly id: string;
  readonly topic: string;
  readonly key: string;
  readonly error: string;
}

export interface ReplayOutcome {
  readonly replayed: number;
  /** At most one for a parked key: nothing overtakes it. */
  readonly failed: readonly ReplayFailure[];
  /** Events of the selection that still wait, those that failed included. */
  readonly waiting: number;
}

/** What one call takes on; who wants more calls again. */
const EVENTS_PER_CALL = 500;
const CANDIDATES_PER_PAGE = 200;

/**
 * Hands events that were set aside to their consumers again. Each is one transaction: its effect, and that it was replayed.
 * So a replay can be broken off and repeated, and two replicas may replay the same events at once.
 */
export class ReplayEvents {
  private readonly events = new SetAsideEvents();

  constructor(
    private readonly database: Database,
    private readonly inbox: Inbox,
    private readonly metrics: Metrics,
  ) {}

  /**
   * Parked keys in the order of their events, stopping a key at the first that fails. `signal`: the caller has gone.
   * @throws VoltapError unavailable when a part of ours is away; what was replayed before stays replayed.
   */
  async execute(selection: ReplaySelection, by: string, signal?: AbortSignal): Promise<ReplayOutcome> {
    const failed: ReplayFailure[] = [];
    const doneKeys = new Set<string>();
    let replayed = 0;
    let after: string | undefined;
    const hasRoom = () => replayed + failed.length < EVENTS_PER_CALL && signal?.aborted !== true;
    while (hasRoom()) {
      const page = await this.candidates(selection, after);
      for (const event of page) {
        if (!hasRoom()) break;
        if (event.kind === 'state') {
          const result = await this.replay(event, (transaction) => this.events.claim(transaction, event.id), by);
          if (result === 'replayed') replayed += 1;
          else if (result !== null) failed.push(result);
          continue;
        }
        const { topic, key } = event.record;
        if (doneKeys.has(`${topic} ${key}`)) continue;
        doneKeys.add(`${topic} ${key}`);
        while (hasRoom()) {
          const result = await this.replayFirst(event, by);
          if (result === 'replayed') replayed += 1;
          else {
            if (result !== null) failed.push(result);
            break;
          }
        }
      }
      after = page.at(-1)?.id;
      if (page.length < CANDIDATES_PER_PAGE) break;
    }
    return { replayed, failed, waiting: await this.waiting(selection) };
  }

  /**
   * Gives an event up; the events behind it, if its key is parked, wait for a replay.
   * @throws VoltapError not_found; conflict when it was settled before
   */
  async discard(id: string, reason: string, by: string): Promise<SetAsideEvent> {
    return this.database.transaction(async (transaction) => {
      const known = await this.events.find(transaction, id);
      if (known?.kind === 'money') await this.events.lockKey(transaction, known.record.topic, known.record.key);
      const event = await this.events.claim(transaction, id);
      if (event === null) throw new VoltapError('not_found', `There is no event ${id} that was set aside.`);
      if (event.state !== 'WAITING') {
        throw new VoltapError('conflict', `Event ${id} was ${event.state.toLowerCase()} at ${event.settledAt}.`);
      }
      await this.events.settle(transaction, id, { state: 'DISCARDED', by, reason });
      const settled = await this.events.find(transaction, id);
      return settled ?? event;
    });
  }

  private replayFirst(of: SetAsideEvent, by: string) {
    const { topic, key } = of.record;
    return this.replay(
      of,
      async (transaction) => {
        await this.events.lockKey(transaction, topic, key);
        return this.events.firstOfKey(transaction, topic, key);
      },
      by,
    );
  }

  /** @returns null when there is nothing (any more) to replay. */
  private async replay(
    { record: { topic } }: SetAsideEvent,
    take: (transaction: Transaction) => Promise<SetAsideEvent | null>,
    by: string,
  ): Promise<'replayed' | ReplayFailure | null> {
    let taken: SetAsideEvent | null = null;
    try {
      const done = await this.database.transaction(async (transaction) => {
        taken = await take(transaction);
        if (taken === null || taken.state !== 'WAITING') return false;
        await this.inbox.handle(transaction, taken.record);
        await this.events.settle(transaction, taken.id, { state: 'REPLAYED', by });
        return true;
      });
      if (!done) return null;
      this.metrics.count('voltap.set_aside.replays', {
        'messaging.destination.name': topic,
        'voltap.outcome': 'replayed',
      });
      return 'replayed';
    } catch (error) {
      const failed = taken as SetAsideEvent | null;
      if (failed === null || isOutage(error)) {
        throw new VoltapError('unavailable', 'A part of the platform is away; replay again when it is back.', {
          cause: error,
        });
      }
      const reason = reasonOf(error);
      await this.events.failedAgain(this.database.reader, failed.id, reason);
      this.metrics.count('voltap.set_aside.replays', {
        'messaging.destination.name': topic,
        'voltap.outcome': 'failed',
      });
      return { id: failed.id, topic: failed.record.topic, key: failed.record.key, error: reason };
    }
  }

  private async candidates({ ids, topic, key }: ReplaySelection, after: string | undefined): Promise<SetAsideEvent[]> {
    const { reader } = this.database;
    if (ids === undefined) {
      return this.events.list(reader, { state: 'WAITING', topic, key, after, limit: CANDIDATES_PER_PAGE });
    }
    const found = await Promise.all(ids.map((id) => this.events.find(reader, id)));
    const missing = ids.find((_, index) => found[index] === null);
    if (missing !== undefined) throw new VoltapError('not_found', `There is no event ${missing} that was set aside.`);
    return found.filter((event) => event?.state === 'WAITING') as SetAsideEvent[];
  }

  private async waiting({ ids, topic, key }: ReplaySelection): Promise<number> {
    const { reader } = this.database;
    if (ids !== undefined) return (await this.candidates({ ids }, undefined)).length;
    return this.events.countWaiting(reader, { topic, key });
  }
}
