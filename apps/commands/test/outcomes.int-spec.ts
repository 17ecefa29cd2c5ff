import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aLocation, aSession } from '@voltap/ocpi/testkit';
import { anOperator, callsTo, holdTable, waitUntil } from '@voltap/platform/testing';
import { type CommandsBench, commandsBench, locationEvent, sessionEvent } from './commands-bench.js';

/** Deadlines six seconds after the promise, and hand-outs again after three: what a test does before takes less. */
const QUICK = {
  VOLTAP_COMMANDS_START_TIMEOUT_SECONDS: '10',
  VOLTAP_COMMANDS_STOP_TIMEOUT_SECONDS: '60',
  VOLTAP_COMMANDS_HAND_OUT_SECONDS: '3',
};

describe('outcomes of commands', () => {
  let bench: CommandsBench;

  beforeAll(async () => {
    bench = await commandsBench(QUICK);
    await bench.platform.publish(locationEvent(aLocation()));
    await waitUntil(async () => (await bench.start({ authorization_reference: 'KNOWN' })).body.status_code === 1000, {
      describe: 'the location to be known',
    });
  });

  afterAll(() => bench?.platform.close());

  it('lets deadline and contradicting answers race to exactly one outcome, many times at once (CMD-07)', async () => {
    const references = Array.from({ length: 24 }, (_, index) => `RACE-${index}`);
    await Promise.all(references.map((authorization_reference) => bench.start({ authorization_reference })));
    const promised = await Promise.all(references.map((reference) => bench.promised(reference)));
    const deadline = Math.max(...promised.map((command) => Date.parse(command.deadline)));
    // Two answers at once for each command: to the first at once, to the last when their deadlines have decided, to the
    // others around the deadline, where nobody knows who wins.
    const moment = (commandId: string, index: number): boolean => {
      if (index < 4) return true;
      if (index >= 20) return bench.outcomesOf(commandId).length > 0;
      return Date.now() >= deadline - 200 + index * 40;
    };
    const statuses = new Map<string, number[]>();
    await Promise.all(
      promised.map(async ({ commandId }, index) => {
        await waitUntil(() => moment(commandId, index), { describe: 'its moment' });
        const answers = await Promise.all(['ACCEPTED', 'REJECTED'].map((result) => bench.answer(commandId, result)));
        statuses.set(
          commandId,
          answers.map(({ status }) => status),
        );
      }),
    );
    await waitUntil(() => promised.every(({ commandId }) => bench.outcomesOf(commandId).length > 0), {
      describe: 'all outcomes',
    });
    for (const { commandId } of promised) {
      const outcomes = bench.outcomesOf(commandId);
      expect(outcomes).toHaveLength(1);
      const [accepted, rejected] = statuses.get(commandId) ?? [];
      const { result, lateAnswer } = await bench.read(commandId);
      expect(result).toEqual(outcomes[0]?.result);
      expect(lateAnswer).not.toBeNull();
      if (outcomes[0]?.decidedBy === 'DEADLINE') {
        expect([result?.result, accepted, rejected]).toEqual(['TIMEOUT', 409, 409]);
      } else {
        expect([accepted, rejected]).toEqual(result?.result === 'ACCEPTED' ? [200, 409] : [409, 200]);
      }
    }
    const deciders = new Set(promised.map(({ commandId }) => bench.outcomesOf(commandId)[0]?.decidedBy));
    expect(deciders).toEqual(new Set(['BACK_END', 'DEADLINE']));
  });

  it('loses nothing over a restart: neither the promise, nor its deadline, nor an answer', async () => {
    const correlation = bench.correlation();
    await bench.start({ authorization_reference: 'RESTART' }, correlation);
    const promised = await bench.promised('RESTART');
    await bench.restart(async () => {
      await waitUntil(() => Date.now() > Date.parse(promised.deadline), { describe: 'the deadline while it is down' });
      await bench.platform.publish(sessionEvent(aSession({ id: 'WHILE-DOWN' })));
    });
    await waitUntil(() => bench.outcomesOf(promised.commandId).length > 0, {
      describe: 'the outcome after the restart',
    });
    expect(bench.outcomesOf(promised.commandId)).toEqual([
      expect.objectContaining({
        correlationIds: [correlation],
        decidedBy: 'DEADLINE',
        result: expect.objectContaining({ result: 'TIMEOUT' }),
      }),
    ]);
    expect((await bench.stop('WHILE-DOWN', bench.correlation())).body.data.result).toBe('ACCEPTED');
  });

  it('hands a command out at once, once, and again after the hold', async () => {
    await bench.pending('wait=0&limit=100');
    await bench.platform.publish(sessionEvent(aSession({ id: 'HELD' })));
    await bench.stop('HELD', bench.correlation());
    const [first, ...others] = (await bench.pending('wait=0&limit=100')).filter(stops('HELD'));
    expect(others).toEqual([]);
    expect((await bench.pending('wait=0&limit=100')).filter(stops('HELD'))).toEqual([]);
    const again = await waitUntil(async () => (await bench.pending('wait=0&limit=100')).find(stops('HELD')), {
      describe: 'the command to be handed out again',
    });
    expect(again).toEqual(first);
    await bench.answer(again.commandId, 'ACCEPTED');
  });

  it('wakes a back-end that waits, and forgets one that has gone', async () => {
    await bench.platform.publish(sessionEvent(aSession({ id: 'WOKEN' })), sessionEvent(aSession({ id: 'KEPT' })));
    for (const command of await bench.pending('wait=0&limit=100')) await bench.answer(command.commandId, 'FAILED');

    const leaving = new AbortController();
    const gone = fetch(`${bench.url()}/api/v1/commands/pending?wait=30`, {
      headers: bench.platform.callerHeaders(anOperator()),
      signal: leaving.signal,
    });
    leaving.abort();
    await expect(gone).rejects.toThrow();

    const waiting = bench.pending('wait=30&limit=100');
    await bench.stop('WOKEN', bench.correlation());
    const handed = await waiting;
    expect(handed.filter(stops('WOKEN'))).toHaveLength(1);
    expect(await bench.pending('wait=0.05')).toEqual([]);
    await bench.answer(handed[0]?.commandId ?? '', 'ACCEPTED');
  });

  it('ends the wait of a back-end when the service stops, and stops at once', async () => {
    const waiting = callsTo({ url: bench.url() }, bench.platform.callerHeaders(anOperator()))(
      'GET',
      '/api/v1/commands/pending?wait=30',
    ).catch((error: unknown) => error);
    const before = performance.now();
    await bench.restart();
    await waiting;
    expect(performance.now() - before).toBeLessThan(25_000);
  });

  it('stops a session of the partner with the id tag of its start (CMD-19)', async () => {
    const started = await bench.promised('KNOWN');
    const session = aSession({ id: 'OWN', authorization_reference: 'KNOWN' });
    await bench.platform.publish(sessionEvent(session, { commandId: started.commandId }));
    expect((await bench.stop('own', bench.correlation())).body.data).toEqual({ result: 'ACCEPTED', timeout: 60 });
    const promised = await waitUntil(
      () => bench.accepted.find(({ payload }) => payload.session_id === 'OWN')?.payload,
      {
        describe: 'the stop, under the id of the session as it was given',
      },
    );
    expect(promised).toMatchObject({
      idTag: started.idTag,
      authorization_reference: 'KNOWN',
      evse_uid: 'E1',
      token: null,
    });
    const again = await bench.stop('OWN', bench.correlation());
    expect(again.body.data).toEqual({ result: 'ACCEPTED', timeout: 60 });
    expect(bench.accepted.filter(({ payload }) => payload.session_id?.toUpperCase() === 'OWN')).toHaveLength(1);
  });

  it('stops no session that is unknown, foreign or ended (CMD-20, CMD-21, CMD-35)', async () => {
    await bench.platform.publish(
      sessionEvent(aSession({ id: 'MINE' })),
      sessionEvent(aSession({ id: 'ENDED' })),
      sessionEvent(aSession({ id: 'ENDED', status: 'COMPLETED' }), { revision: 2 }),
      sessionEvent(aSession({ id: 'ENDED' }), { revision: 1 }),
    );
    expect((await bench.stop('NEVER', bench.correlation())).body.data.result).toBe('UNKNOWN_SESSION');
    expect((await bench.stop('MINE', bench.correlation(), bench.stranger)).body.data).toMatchObject({
      result: 'REJECTED',
    });
    const ended = await bench.stop('ENDED', bench.correlation());
    expect(ended.body.data).toMatchObject({ result: 'REJECTED', message: expect.any(Array) });
  });

  it('says of no session that nobody has it while it may not have heard of it', async () => {
    const { url } = bench.platform.platform.database('commands');
    await holdTable(url, 'session_projection', async () => {
      await bench.platform.publish(sessionEvent(aSession({ id: 'UNHEARD' })));
      const stop = await bench.stop('UNHEARD', bench.correlation());
      expect(stop.body).toMatchObject({ status_code: 3000, status_message: expect.stringContaining('try again') });
      expect(bench.accepted.filter(({ payload }) => payload.session_id === 'UNHEARD')).toEqual([]);
    });
    expect((await bench.stop('UNHEARD', bench.correlation())).body.data.result).toBe('ACCEPTED');
  });

  it('lets a stop that is ahead of the session wait for it', async () => {
    const stop = bench.stop('SOON', bench.correlation());
    await bench.platform.publish(sessionEvent(aSession({ id: 'SOON' })));
    expect((await stop).body.data.result).toBe('ACCEPTED');
  });
});

function stops(sessionId: string) {
  return (command: { type: string; request: object }) =>
    'session_id' in command.request && command.request.session_id === sessionId;
}
