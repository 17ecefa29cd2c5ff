import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { SessionChanged } from '@voltap/contracts/events';
import { aLocation, aSession } from '@voltap/ocpi/testkit';
import { waitUntil } from '@voltap/platform/testing';
import { type CommandsBench, commandsBench, locationEvent, sessionEvent } from './commands-bench.js';

const QUICK = { VOLTAP_COMMANDS_HAND_OUT_SECONDS: '1' };

describe('a charge that has used up what is reserved on the card', () => {
  let bench: CommandsBench;

  beforeAll(async () => {
    bench = await commandsBench(QUICK);
    await bench.platform.publish(locationEvent(aLocation()));
    await waitUntil(async () => (await bench.start({ authorization_reference: 'KNOWN' })).body.status_code === 1000, {
      describe: 'the location to be known',
    });
  });

  afterAll(() => bench?.platform.close());

  const report = (id: string, revision: number, content: Partial<SessionChanged> = {}) => {
    const told = sessionEvent(aSession({ id, status: 'ACTIVE' }), { revision });
    return bench.platform.publish({ ...told, payload: { ...told.payload, limitReached: true, ...content } });
  };
  const stopsOf = (id: string) =>
    bench.accepted.filter(({ payload }) => payload.type === 'STOP_SESSION' && payload.session_id === id);
  const stopOf = (id: string) =>
    waitUntil(
      async () => (await bench.pending()).find(({ request }) => 'session_id' in request && request.session_id === id),
      {
        describe: `a stop of ${id} at the back-end`,
      },
    );

  it('is stopped at the back-end, once however many reports say so, and no partner is told', async () => {
    await report('USED-UP', 1);
    const { commandId, type, deadline } = await stopOf('USED-UP');
    expect(type).toBe('STOP_SESSION');
    expect(Date.parse(deadline)).toBeGreaterThan(0);
    await report('USED-UP', 2);
    await bench.answer(commandId, 'ACCEPTED');
    await report('USED-UP', 3);
    await report('AFTER', 1);
    await stopOf('AFTER');
    expect(stopsOf('USED-UP')).toHaveLength(1);
    await waitUntil(() => bench.outcomesOf(commandId).length > 0, { describe: 'the outcome' });
    expect(bench.outcomesOf(commandId)).toMatchObject([{ result: { result: 'ACCEPTED' }, correlationIds: [] }]);
  });

  it('is tried to be stopped again with the next report when the back-end refused', async () => {
    await report('REFUSED', 1);
    const first = await stopOf('REFUSED');
    await bench.answer(first.commandId, 'REJECTED');
    await report('REFUSED', 2);
    await waitUntil(() => stopsOf('REFUSED').length > 1, { describe: 'another stop' });
  });

  it('is the same command as the stop of its partner, who is told the outcome then', async () => {
    await report('BOTH', 1);
    const { commandId } = await stopOf('BOTH');
    const { body } = await bench.stop('BOTH', 'correlation-both');
    expect(body.data.result).toBe('ACCEPTED');
    await bench.answer(commandId, 'ACCEPTED');
    await waitUntil(() => bench.outcomesOf(commandId).length > 0, { describe: 'the outcome' });
    expect(bench.outcomesOf(commandId).flatMap(({ correlationIds }) => correlationIds)).toEqual(['correlation-both']);
    expect(stopsOf('BOTH')).toHaveLength(1);
  });

  it('is left alone where it has ended, or nobody reserved anything', async () => {
    await report('ENDED', 1, { session: aSession({ id: 'ENDED', status: 'COMPLETED' }) });
    await report('OWN', 1, { partnerId: null });
    await report('BEFORE-LIMIT', 1, { limitReached: undefined });
    await report('LAST', 1);
    await stopOf('LAST');
    expect([stopsOf('ENDED'), stopsOf('OWN'), stopsOf('BEFORE-LIMIT')]).toEqual([[], [], []]);
  });
});
