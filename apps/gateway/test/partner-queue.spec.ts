import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { SystemClock } from '@voltap/kernel';
import { PartnerQueue, type QueueParts } from '../src/application/partner-queue.js';
import type { ClaimedDelivery, Settlement } from '../src/store/delivery-rows.js';
import type { QueueState } from '../src/store/partner-queues.js';

/** Longer than a lease by far. */
const LONG_MS = 60_000;
const LOOK_EVERY_MS = 1_000;
const LEASE_MS = 6_000;

interface Row {
  readonly id: string;
  state: 'PENDING' | 'IN_FLIGHT' | 'SUCCEEDED';
  owner: string | null;
}

/** The database of all replicas, in memory, and a partner that answers when the test says so. */
class Stage {
  readonly rows: Row[] = [];
  readonly sent: string[] = [];
  readonly answers: (() => void)[] = [];
  state: QueueState = { breaker: { failures: 0, openForMs: 0 }, restMs: 0 };
  /** What a settlement waits for. */
  written: Promise<void> = Promise.resolve();
  /** What the partner asks for with its answers. */
  pauseMs = 0;
  /** Whether leases are given at all. */
  reachable = true;
  private lease: { owner: string; untilMs: number } | null = null;

  constructor(ids: readonly string[]) {
    for (const id of ids) this.rows.push({ id, state: 'PENDING', owner: null });
  }

  replica(owner: string, concurrency: number): PartnerQueue {
    const logger = { warn: () => undefined, error: () => undefined } as unknown as QueueParts['logger'];
    return new PartnerQueue('partner', owner, {
      deliveries: {
        claim: async (_, by, most) => {
          const due = this.rows.filter(({ state }) => state === 'PENDING').slice(0, most);
          for (const row of due) Object.assign(row, { state: 'IN_FLIGHT', owner: by });
          return due.map(({ id }) => ({ id }) as ClaimedDelivery);
        },
        takeOver: async (_, by, inHand) => {
          for (const row of this.rows) {
            if (row.state !== 'IN_FLIGHT' || (row.owner === by && inHand.includes(row.id))) continue;
            Object.assign(row, { state: 'PENDING', owner: null });
          }
        },
      },
      partnerQueues: {
        state: async () => this.state,
        keepState: async (_, state) => {
          this.state = state;
        },
      },
      sendDelivery: {
        execute: (delivery) => {
          this.sent.push(`${delivery.id} by ${owner}`);
          return new Promise<Settlement>((resolve) => {
            const attempt = { outcome: 'accepted', httpStatus: 200 };
            this.answers.push(() => {
              const settlement = { delivery, state: 'SUCCEEDED', pauseMs: this.pauseMs, exchanges: [{}], attempt };
              resolve(settlement as unknown as Settlement);
            });
          });
        },
      },
      settleDeliveries: {
        execute: async (settlements) => {
          await this.written;
          for (const { delivery } of settlements) {
            const row = this.rows.find(({ id, state }) => id === delivery.id && state === 'IN_FLIGHT');
            if (row !== undefined) row.state = 'SUCCEEDED';
          }
        },
      },
      leases: {
        acquire: async (_, by, ttlMs) => {
          const now = performance.now();
          if (!this.reachable || (this.lease !== null && this.lease.owner !== by && now <= this.lease.untilMs))
            return false;
          this.lease = { owner: by, untilMs: now + ttlMs };
          return true;
        },
        release: async (_, by) => {
          if (this.lease?.owner === by) this.lease = null;
        },
      },
      clock: new SystemClock(),
      logger,
      concurrency,
      breakerPauseMs: 1_000,
    });
  }

  /** Time goes by, and the job of every replica looks for what is due. */
  async pass(milliseconds: number, ...replicas: readonly PartnerQueue[]): Promise<void> {
    for (let passed = 0; passed < milliseconds; passed += LOOK_EVERY_MS) {
      for (const replica of replicas) replica.wake();
      await jest.advanceTimersByTimeAsync(LOOK_EVERY_MS);
    }
  }

  async answer(): Promise<void> {
    for (const answer of this.answers.splice(0)) answer();
    await jest.advanceTimersByTimeAsync(0);
  }
}

describe('the queue of a partner in two replicas', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('sends once what takes longer than a lease, while there is no room for more', async () => {
    const stage = new Stage(['one']);
    const [first, second] = [stage.replica('first', 1), stage.replica('second', 1)];
    await stage.pass(LOOK_EVERY_MS, first);
    await stage.pass(LONG_MS, first, second);
    await stage.answer();
    await stage.pass(LOOK_EVERY_MS, first, second);
    expect(stage.sent).toEqual(['one by first']);
    expect(stage.rows).toMatchObject([{ state: 'SUCCEEDED' }]);
  });

  it('sends a probe once that takes longer than a lease', async () => {
    const stage = new Stage(['one', 'two']);
    stage.state = { breaker: { failures: 5, openForMs: 0 }, restMs: 0 };
    const [first, second] = [stage.replica('first', 4), stage.replica('second', 4)];
    await stage.pass(LOOK_EVERY_MS, first);
    await stage.pass(LONG_MS, first, second);
    expect(stage.sent).toEqual(['one by first']);
    await stage.answer();
    await stage.pass(LOOK_EVERY_MS, first, second);
    expect(stage.sent).toEqual(['one by first', 'two by first']);
    await stage.answer();
  });

  it('sends once what is on its way while a replica stops', async () => {
    const stage = new Stage(['one']);
    const [first, second] = [stage.replica('first', 4), stage.replica('second', 4)];
    await stage.pass(LOOK_EVERY_MS, first);
    const stopped = first.stop();
    await stage.pass(LONG_MS, second);
    expect(stage.sent).toEqual(['one by first']);
    await stage.answer();
    await jest.advanceTimersByTimeAsync(LOOK_EVERY_MS);
    await stopped;
    expect(stage.rows).toMatchObject([{ state: 'SUCCEEDED' }]);
    stage.rows.push({ id: 'two', state: 'PENDING', owner: null });
    await stage.pass(LOOK_EVERY_MS, second);
    expect(stage.sent).toEqual(['one by first', 'two by second']);
    await stage.answer();
  });

  it.each(['before', 'while'])(
    'is not taken over before its lease ends when settling fails %s a replica stops',
    async (when) => {
      const stage = new Stage(['one', 'two']);
      const [first, second] = [stage.replica('first', 2), stage.replica('second', 2)];
      await stage.pass(LOOK_EVERY_MS, first);
      const sentByFirst = ['one by first', 'two by first'];
      expect(stage.sent).toEqual(sentByFirst);
      const stopping = when === 'while' ? first.stop() : null;
      stage.written = Promise.reject(new Error('the database is away'));
      stage.written.catch(() => undefined);
      stage.answers.shift()?.();
      await jest.advanceTimersByTimeAsync(0);
      await (stopping ?? first.stop());
      stage.written = Promise.resolve();
      await stage.pass(LEASE_MS - 2 * LOOK_EVERY_MS, second);
      expect(stage.sent).toEqual(sentByFirst);
      await stage.pass(LEASE_MS, second);
      expect(stage.sent).toEqual([...sentByFirst, 'one by second', 'two by second']);
      await stage.answer();
      await stage.pass(LOOK_EVERY_MS, second);
      expect(stage.rows).toMatchObject([{ state: 'SUCCEEDED' }, { state: 'SUCCEEDED' }]);
    },
  );

  it('takes nothing back that is being written down when its lease had lapsed', async () => {
    const stage = new Stage(['one']);
    const first = stage.replica('first', 1);
    await stage.pass(LOOK_EVERY_MS, first);
    stage.reachable = false;
    await stage.pass(LONG_MS, first);
    stage.reachable = true;
    let write = (): void => undefined;
    stage.written = new Promise((resolve) => {
      write = resolve;
    });
    await stage.answer();
    await stage.pass(LONG_MS, first);
    expect(stage.rows).toMatchObject([{ state: 'IN_FLIGHT', owner: 'first' }]);
    write();
    await stage.pass(LOOK_EVERY_MS, first);
    expect(stage.sent).toEqual(['one by first']);
    expect(stage.rows).toMatchObject([{ state: 'SUCCEEDED' }]);
  });

  it('goes by what other replicas have found out while its lease had lapsed', async () => {
    const stage = new Stage(['one']);
    const first = stage.replica('first', 1);
    await stage.pass(LOOK_EVERY_MS, first);
    stage.pauseMs = 10_000;
    await stage.answer();
    stage.state = { breaker: { failures: 0, openForMs: 0 }, restMs: 300_000 };
    stage.rows.push({ id: 'two', state: 'PENDING', owner: null });
    await stage.pass(LONG_MS, first);
    expect(stage.sent).toEqual(['one by first']);
  });
});
