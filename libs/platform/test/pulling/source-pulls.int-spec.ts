import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { VoltapError } from '@voltap/kernel';
import { type Pull, type Pulled, untilNextChanges, untilNextFullPull } from '@voltap/platform/pulling';
import { createTestDatabase, startTestProcess, type TestDatabase, waitUntil } from '@voltap/platform/testing';
import { openReplica, type Replica } from './pulling-bench.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe('sources that are pulled by the clock', () => {
  let store: TestDatabase;
  let replicas: Replica[];

  beforeEach(async () => {
    store = await createTestDatabase();
    replicas = [];
  });

  afterEach(async () => {
    await Promise.all(replicas.map((replica) => replica.stop()));
    await store.drop();
  });

  async function open(pull: (pull: Pull) => Promise<Pulled>, leaseMs?: number): Promise<Replica> {
    const replica = await openReplica(store.url, `replica-${replicas.length}`, pull, leaseMs);
    replicas.push(replica);
    return replica;
  }

  const dueNow = ({ database, schedule }: Replica, source = 'ptp') =>
    database.transaction((transaction) => schedule.dueNow(transaction, source));
  const recordOf = async ({ schedule }: Replica, source = 'ptp') =>
    (await schedule.records()).find((record) => record.source === source);
  const ended = (replica: Replica, state: 'SUCCEEDED' | 'FAILED', since = '', source = 'ptp') =>
    waitUntil(
      async () => {
        const record = await recordOf(replica, source);
        return record?.state === state && (record.endedAt ?? '') > since ? record : null;
      },
      { describe: `a pull of ${source} that ${state.toLowerCase()}` },
    );
  const between = (from: string | null, to: string | null) => Date.parse(to ?? '') - Date.parse(from ?? '');

  it('come whole rarely, with a spread of twelve hours, and what changed about hourly (PAG-17)', async () => {
    expect([0, 0.5, 1].map(untilNextFullPull)).toEqual([18 * 3600, 24 * 3600, 30 * 3600]);
    expect([0, 0.5, 1].map(untilNextChanges)).toEqual([45 * 60, 60 * 60, 75 * 60]);
    const pulls: Pull[] = [];
    const replica = await open(async (pull) => {
      pulls.push(pull);
      return { counts: { things: 3 }, remarks: ['fine'] };
    });
    replica.start();
    const sources = Array.from({ length: 6 }, (_, index) => `ptp-${index}`);
    for (const source of sources) await dueNow(replica, source);
    const records = [];
    for (const source of sources) records.push(await ended(replica, 'SUCCEEDED', '', source));
    expect(pulls.map(({ mode, window }) => [mode, window])).toEqual(sources.map(() => ['full', null]));
    const waits = records.map(({ endedAt, nextFullAt }) => between(endedAt, nextFullAt));
    expect(waits.every((wait) => wait >= 18 * HOUR && wait <= 30 * HOUR)).toBe(true);
    expect(new Set(waits).size).toBeGreaterThan(1);
    expect(records.every(({ endedAt, nextAt }) => between(endedAt, nextAt) <= 75 * MINUTE)).toBe(true);
    expect(records[0]).toMatchObject({ counts: { things: 3 }, remarks: ['fine'], failures: 0, problem: null });
  });

  it('are asked for what changed since ten minutes before the last success, when a process starts again (OFF-03)', async () => {
    const first = await open(async () => ({ counts: {}, remarks: [] }));
    first.start();
    await dueNow(first);
    const { syncedUntil } = await ended(first, 'SUCCEEDED');
    await first.stop();
    replicas = [];

    const pulls: Pull[] = [];
    const second = await open(async (pull) => {
      pulls.push(pull);
      return { counts: {}, remarks: [] };
    });
    second.start();
    const [pull] = await waitUntil(() => (pulls.length > 0 ? pulls : null), { describe: 'a pull after the start' });
    expect(pull?.mode).toBe('changes');
    expect(between(pull?.window?.from ?? '', syncedUntil)).toBe(10 * MINUTE);
    expect(pull?.window?.to).toBe(pull?.startedAt.toISOString());
  });

  it('that cannot be pulled come again after five minutes, then ever later, and keep the time of the last success', async () => {
    let broken = true;
    const replica = await open(async (pull) => {
      await pull.progress({ pages: 1 });
      if (broken) throw new VoltapError('partner_unreachable', 'no answer within 10 s');
      return { counts: { pages: 2 }, remarks: [] };
    });
    replica.start();
    const waits: number[] = [];
    let since = '';
    for (let attempt = 0; attempt < 3; attempt += 1) {
      if (attempt === 0) await dueNow(replica);
      else await replica.database.reader.query('update source_pull set due_at = clock_timestamp()');
      const record = await ended(replica, 'FAILED', since);
      since = record.endedAt ?? '';
      waits.push(Math.round(between(record.endedAt, record.nextAt) / MINUTE));
      expect(record).toMatchObject({ counts: { pages: 1 }, problem: 'no answer within 10 s', syncedUntil: null });
    }
    expect(waits).toEqual([5, 10, 20]);
    broken = false;
    await dueNow(replica);
    expect(await ended(replica, 'SUCCEEDED', since)).toMatchObject({ failures: 0, problem: null, mode: 'full' });
  });

  it('that a part of ours kept from being pulled come again in seconds, as often as it takes, and are not blamed', async () => {
    let attempts = 0;
    const replica = await open(async () => {
      attempts += 1;
      if (attempts < 3) throw new VoltapError('unavailable', 'The gateway cannot be reached; try again.');
      if (attempts === 3) throw new VoltapError('partner_unreachable', 'no answer within 10 s');
      return { counts: {}, remarks: [] };
    });
    await dueNow(replica);
    const first = replica.pulls.now('ptp');
    await expect(first).rejects.toMatchObject({ code: 'unavailable' });
    const record = await recordOf(replica);
    expect(record).toMatchObject({ state: 'FAILED', failures: 0, problem: expect.stringContaining('gateway') });
    expect(between(record?.endedAt ?? '', record?.nextAt ?? '')).toBe(5_000);
    replica.start();
    await waitUntil(() => attempts === 3, { describe: 'the third attempt, by the clock' });
    const blamed = await waitUntil(
      async () => {
        const now = await recordOf(replica);
        return now?.failures === 1 ? now : null;
      },
      { describe: 'a failure of the source' },
    );
    expect(Math.round(between(blamed.endedAt, blamed.nextAt) / MINUTE)).toBe(5);
  });

  it('do not wait for one whose list is long, and are not pulled any more when they are gone', async () => {
    const hanging = Promise.withResolvers<Pulled>();
    const replica = await open(async ({ source }) =>
      source === 'slow' ? hanging.promise : { counts: {}, remarks: [] },
    );
    replica.start();
    await dueNow(replica, 'slow');
    await waitUntil(async () => (await recordOf(replica, 'slow'))?.state === 'RUNNING', { describe: 'the long list' });
    await dueNow(replica, 'quick');
    await ended(replica, 'SUCCEEDED', '', 'quick');
    await replica.database.transaction((transaction) => replica.schedule.stop(transaction, 'slow'));
    hanging.resolve({ counts: {}, remarks: [] });
    expect(await ended(replica, 'SUCCEEDED', '', 'slow')).toMatchObject({ nextAt: null, nextFullAt: null });
  });

  it('are pulled by one of two replicas at a time, on demand too', async () => {
    let [busy, most, pulled] = [0, 0, 0];
    const gate = Promise.withResolvers<void>();
    const pull = async (): Promise<Pulled> => {
      busy += 1;
      most = Math.max(most, busy);
      await gate.promise;
      busy -= 1;
      pulled += 1;
      return { counts: { pulled }, remarks: [] };
    };
    const [one, two] = [await open(pull), await open(pull)];
    one.start();
    two.start();
    await dueNow(one);
    await waitUntil(() => busy === 1, { describe: 'the first pull' });
    const demanded = [one.pulls.now('ptp'), two.pulls.now('ptp')];
    await dueNow(two);
    gate.resolve();
    expect((await Promise.all(demanded)).map(({ counts }) => counts.pulled).toSorted()).not.toContain(1);
    await waitUntil(() => busy === 0 && pulled >= 3, { describe: 'both that were demanded' });
    expect(most).toBe(1);
  });

  it('lose nothing to a process that is killed in the middle: the pull is repeated by another', async () => {
    const pulls: Pull[] = [];
    const replica = await open(async (pull) => {
      pulls.push(pull);
      return { counts: { pages: 2 }, remarks: [] };
    });
    await dueNow(replica);
    const doomed = startTestProcess(new URL('./programs/pull-forever.ts', import.meta.url), [store.url, '2000']);
    await waitUntil(() => doomed.lines.includes('ptp full'), { describe: 'the first page' });
    expect(await recordOf(replica)).toMatchObject({ state: 'RUNNING', counts: { pages: 1 } });
    await doomed.end();
    replica.start();
    const record = await ended(replica, 'SUCCEEDED');
    expect(record).toMatchObject({ mode: 'full', counts: { pages: 2 } });
    expect(pulls).toHaveLength(1);
  });

  it('are given up by a replica whose lease another took, and broken off by one that stops', async () => {
    const gate = Promise.withResolvers<void>();
    const slow = await open(async (pull) => {
      await gate.promise;
      await pull.progress({ from: 1 });
      return { counts: { from: 1 }, remarks: [] };
    }, 1);
    const demanded = slow.pulls.now('ptp');
    await waitUntil(async () => (await recordOf(slow))?.state === 'RUNNING', { describe: 'the slow pull' });
    const waiting = Promise.withResolvers<void>();
    const other = await open(async (pull) => {
      await waiting.promise;
      await pull.progress({ from: 2 });
      return { counts: { from: 2 }, remarks: [] };
    });
    const taken = other.pulls.now('ptp');
    await waitUntil(
      async () => (await other.database.reader.query(`select 1 from lease where owner like 'replica-1:%'`)).length > 0,
      { describe: 'the lease of the other' },
    );
    gate.resolve();
    await expect(demanded).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining('Another') });
    waiting.resolve();
    expect((await taken).counts).toEqual({ from: 2 });
    expect(await recordOf(other)).toMatchObject({ state: 'SUCCEEDED', counts: { from: 2 } });

    const third = await open(async (pull) => {
      await new Promise((_, reject) => pull.signal.addEventListener('abort', () => reject(pull.signal.reason)));
      return { counts: {}, remarks: [] };
    });
    third.start();
    await dueNow(third);
    await waitUntil(async () => (await recordOf(other))?.state === 'RUNNING', { describe: 'the third pull' });
    await third.pulls.stop();
    const broken = await recordOf(other);
    expect(broken).toMatchObject({ state: 'FAILED', problem: expect.stringContaining('stopping') });
    expect(between(broken?.endedAt ?? '', broken?.nextAt ?? '')).toBeLessThan(1_000);
  });
});
