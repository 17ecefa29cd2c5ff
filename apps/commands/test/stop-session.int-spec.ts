import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CommandRecord } from '@voltap/contracts/back-office';
import { CORRELATION_URL_PREFIX } from '@voltap/contracts/events';
import type { CommandResponse } from '@voltap/ocpi/model';
import { aLocation, aSession } from '@voltap/ocpi/testkit';
import { waitUntil } from '@voltap/platform/testing';
import { type CommandsBench, commandsBench, type Envelope, locationEvent, sessionEvent } from './commands-bench.js';

interface Stopped {
  readonly answered: boolean;
  readonly command: CommandRecord;
  readonly session_status: string;
  readonly code?: string;
}

describe('stopping', () => {
  let bench: CommandsBench;

  beforeAll(async () => {
    bench = await commandsBench({ VOLTAP_COMMANDS_STOP_TIMEOUT_SECONDS: '60' });
    await bench.platform.publish(locationEvent(aLocation()));
  });

  afterAll(() => bench?.platform.close());

  const runs = async (id: string) => {
    await bench.platform.publish(sessionEvent(aSession({ id })));
    await bench.platform.settled();
  };
  const ends = (id: string) =>
    bench.platform.publish(sessionEvent(aSession({ id, status: 'COMPLETED' }), { revision: 2 }));
  const stopsOf = (id: string) =>
    bench.accepted.filter(({ payload }) => payload.session_id?.toUpperCase() === id.toUpperCase());
  const promised = (id: string) => waitUntil(() => stopsOf(id).at(-1)?.payload, { describe: `the stop of ${id}` });
  /** A session that runs and is known, after a stop that failed. */
  const known = async (id: string) => {
    await runs(id);
    await waitUntil(async () => (await stop(id, 0)).status !== 404, { describe: `session ${id} to be known` });
    const { commandId } = await promised(id);
    await bench.answer(commandId, 'FAILED');
  };
  const stop = (id: string, wait: number, replica = bench.backEnd) =>
    replica<Stopped>('POST', `/api/v1/sessions/DE/VLT/${id}/stop?wait=${wait}`);

  describe.each(['2.3.0', '2.2.1'] as const)('by the partner over OCPI %s', (version) => {
    const stopBy = async (id: string, correlationId = bench.correlation()) => {
      const body = { response_url: CORRELATION_URL_PREFIX + correlationId, session_id: id };
      const path = `/ocpi/cpo/${version}/commands/STOP_SESSION`;
      return (await bench.partner<Envelope<CommandResponse>>('POST', path, body)).body.data.result;
    };
    const id = (name: string) => `${name}-${version}`;

    it('is answered by the end of the session when that comes first, and the late answer changes nothing (CMD-19, CMD-35)', async () => {
      await runs(id('NATURAL'));
      const correlation = bench.correlation();
      expect(await stopBy(id('NATURAL'), correlation)).toBe('ACCEPTED');
      const { commandId } = await promised(id('NATURAL'));
      await ends(id('NATURAL'));
      await waitUntil(() => bench.outcomesOf(commandId).length > 0, { describe: 'the outcome' });
      expect((await bench.answer(commandId, 'REJECTED')).status).toBe(409);
      expect(bench.outcomesOf(commandId)).toMatchObject([
        { decidedBy: 'SESSION', result: { result: 'ACCEPTED' }, correlationIds: [correlation] },
      ]);
      expect(await stopBy(id('NATURAL'))).toBe('REJECTED');
    });

    it('races with the natural end and the answer of the back-end to one outcome, many times (CMD-04)', async () => {
      const ids = Array.from({ length: 16 }, (_, index) => id(`RACE-${index}`));
      await Promise.all(ids.map(runs));
      const answers = await Promise.all(
        ids.map(async (each, index) => {
          if (index % 2 === 0) void ends(each);
          const result = await stopBy(each);
          if (index % 2 === 1) void ends(each);
          if (result !== 'ACCEPTED') return result;
          const { commandId } = await promised(each);
          await bench.answer(commandId, 'ACCEPTED');
          return result;
        }),
      );
      // Known to us, whatever its state: never unknown.
      expect(answers.every((result) => result === 'ACCEPTED' || result === 'REJECTED')).toBe(true);
      for (const [index, each] of ids.entries()) {
        if (answers[index] !== 'ACCEPTED') continue;
        const { commandId } = await promised(each);
        await waitUntil(() => bench.outcomesOf(commandId).length > 0, { describe: `the outcome of ${each}` });
        expect(bench.outcomesOf(commandId).map(({ result }) => result.result)).toEqual(['ACCEPTED']);
      }
    });

    it('twice at once is one command, of which both hear (CMD-19)', async () => {
      await runs(id('DOUBLE'));
      const correlations = [bench.correlation(), bench.correlation()];
      await Promise.all(correlations.map((correlation) => stopBy(id('DOUBLE'), correlation)));
      const { commandId } = await promised(id('DOUBLE'));
      await bench.answer(commandId, 'ACCEPTED');
      await waitUntil(() => bench.outcomesOf(commandId).length > 0, { describe: 'the outcome' });
      expect(bench.outcomesOf(commandId)[0]?.correlationIds.toSorted()).toEqual(correlations.toSorted());
      expect(stopsOf(id('DOUBLE'))).toHaveLength(1);
    });
  });

  describe('by the operator, who waits', () => {
    it('tells the outcome that the back-end gave to another replica', async () => {
      await known('FAR');
      const replica = await bench.replica();
      const waiting = stop('FAR', 60, replica);
      const { commandId } = await waitUntil(() => stopsOf('FAR')[1]?.payload, {
        describe: 'the stop that is waited for',
      });
      await bench.answer(commandId, 'FAILED');
      const { status, body } = await waiting;
      expect(status).toBe(200);
      expect(body).toMatchObject({
        answered: true,
        session_status: 'ACTIVE',
        command: { commandId, origin: 'OPERATOR', result: { result: 'FAILED' } },
      });
    });

    it('tells the outcome to all that wait for it, the stop of a partner included', async () => {
      await runs('SHARED');
      expect((await bench.stop('SHARED', bench.correlation())).body.data.result).toBe('ACCEPTED');
      const waiting = [stop('SHARED', 60), stop('shared', 60)];
      const { commandId } = await promised('SHARED');
      await waitUntil(async () => (await bench.awaited(commandId)) === true, { describe: 'somebody to wait' });
      await bench.answer(commandId, 'ACCEPTED');
      const answers = await Promise.all(waiting);
      expect(answers.map(({ body }) => [body.answered, body.command.commandId])).toEqual([
        [true, commandId],
        [true, commandId],
      ]);
      expect(stopsOf('SHARED')).toHaveLength(1);
    });

    it('says honestly that there is no answer yet, and the stop goes on', async () => {
      await known('SLOW');
      const waiting = stop('SLOW', 60);
      await waitUntil(() => stopsOf('SLOW')[1], { describe: 'the stop that is waited for' });
      const { body } = await stop('SLOW', 0.2);
      expect(body).toMatchObject({ answered: false, command: { status: 'ACCEPTED', result: null } });
      await ends('SLOW');
      expect((await waiting).body).toMatchObject({
        answered: true,
        session_status: 'COMPLETED',
        command: { commandId: body.command.commandId, decidedBy: 'SESSION', result: { result: 'ACCEPTED' } },
      });
    });

    it('is refused for what has ended and for what is not there', async () => {
      await ends('GONE');
      await waitUntil(async () => (await stop('GONE', 0)).status === 409, { describe: 'the end to be known' });
      expect((await stop('GONE', 0)).body.code).toBe('conflict');
      expect((await stop('NEVER', 0)).status).toBe(404);
      expect((await bench.partner('POST', '/api/v1/sessions/DE/VLT/GONE/stop')).status).toBe(401);
    });

    it('stops a charge that no partner started', async () => {
      await bench.platform.publish(sessionEvent(aSession({ id: 'CARD' }), { partnerId: null }));
      await waitUntil(async () => (await stop('CARD', 0)).status !== 404, { describe: 'the session to be known' });
      const { commandId } = await promised('CARD');
      await bench.answer(commandId, 'ACCEPTED');
      expect((await bench.read(commandId)).result?.result).toBe('ACCEPTED');
    });
  });
});
