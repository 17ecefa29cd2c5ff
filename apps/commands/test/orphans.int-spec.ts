import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CommandRecord } from '@voltap/contracts/back-office';
import { aLocation, aSession } from '@voltap/ocpi/testkit';
import { waitUntil } from '@voltap/platform/testing';
import { type CommandsBench, commandsBench, locationEvent, sessionEvent } from './commands-bench.js';

const QUICK = { VOLTAP_COMMANDS_START_TIMEOUT_SECONDS: '8', VOLTAP_COMMANDS_STOP_TIMEOUT_SECONDS: '60' };

async function openBench(environment: Record<string, string> = {}): Promise<CommandsBench> {
  const bench = await commandsBench({ ...QUICK, ...environment });
  await bench.platform.publish(locationEvent(aLocation()));
  await waitUntil(async () => (await bench.start({ authorization_reference: 'KNOWN' })).body.status_code === 1000, {
    describe: 'the location to be known',
  });
  return bench;
}

/** A start that the back-end fetched and did not answer in time, as the partner was told it. */
async function timedOut(bench: CommandsBench, reference: string) {
  await bench.start({ authorization_reference: reference });
  // At once: after its deadline it is handed out to nobody.
  expect((await bench.pending('wait=0&limit=100')).some(starts(reference))).toBe(true);
  const promised = await bench.promised(reference);
  const told = await waitUntil(() => bench.outcomesOf(promised.commandId)[0], { describe: 'the timeout' });
  expect(told.result.result).toBe('TIMEOUT');
  return { ...promised, told };
}

function starts(reference: string) {
  return ({ request }: { request: object }) =>
    'authorization_reference' in request && request.authorization_reference === reference;
}

describe('a start that nobody answered in time', () => {
  let bench: CommandsBench;

  beforeAll(async () => {
    bench = await openBench();
  });

  afterAll(() => bench?.platform.close());

  it('leaves a charge that begins nevertheless an orphan: shown, stopped, and free of charge as the driver was told (CMD-07)', async () => {
    const { commandId, told, idTag } = await timedOut(bench, 'LATE');
    expect(told.orphans).toBe('stop');
    expect(told.result.message?.find(({ language }) => language === 'en')?.text).toContain('You will not be charged');
    const session = aSession({ id: 'ORPHAN', authorization_reference: 'LATE' });
    await bench.platform.publish(sessionEvent(session, { commandId }));
    const stop = await waitUntil(
      async () => (await bench.pending('wait=0&limit=100')).find(({ type }) => type === 'STOP_SESSION'),
      { describe: 'the stop' },
    );
    expect(stop).toMatchObject({ idTag, request: { session_id: 'ORPHAN', authorization_reference: 'LATE' } });
    expect(await bench.read(stop.commandId)).toMatchObject({ origin: 'PLATFORM' });
    expect(await bench.read(commandId)).toMatchObject({
      orphan: { session_id: 'ORPHAN', policy: 'stop', stops: 1 },
      result: { result: 'TIMEOUT' },
    });
    const listed = await bench.backEnd<{ items: CommandRecord[] }>('GET', '/api/v1/commands?orphans=true');
    expect(listed.body.items.map((item) => item.commandId)).toEqual([commandId]);

    // A report while it is being stopped is not a second stop.
    await bench.platform.publish(sessionEvent({ ...session, kwh: 2 }, { commandId, revision: 2 }));
    await bench.answer(stop.commandId, 'ACCEPTED');
    await bench.platform.publish(sessionEvent({ ...session, status: 'INVALID' }, { commandId, revision: 3 }));
    await waitUntil(() => bench.outcomesOf(stop.commandId).length > 0, { describe: 'the outcome of the stop' });
    expect(bench.outcomesOf(stop.commandId)[0]?.correlationIds).toEqual([]);
    expect((await bench.read(commandId)).orphan?.stops).toBe(1);
  });

  it('keeps its reference until nothing of it can charge any more: no second charge beside the first (CMD-30)', async () => {
    const { commandId } = await timedOut(bench, 'RETRY');
    const retry = async () => (await bench.start({ authorization_reference: 'RETRY' })).body.data;
    expect(await retry()).toMatchObject({ result: 'REJECTED', message: expect.any(Array) });
    await bench.answer(commandId, 'EVSE_INOPERATIVE');
    expect((await retry()).result).toBe('ACCEPTED');
    const attempts = () => bench.accepted.filter(({ payload }) => payload.authorization_reference === 'RETRY');
    await waitUntil(() => attempts().length > 1, { describe: 'the second attempt' });
    expect(attempts()).toHaveLength(2);
  });

  it('may be tried again at once when the back-end never got it', async () => {
    await bench.start({ authorization_reference: 'UNHEARD' });
    const { commandId } = await bench.promised('UNHEARD');
    await waitUntil(() => bench.outcomesOf(commandId).length > 0, { describe: 'the timeout' });
    expect((await bench.start({ authorization_reference: 'UNHEARD' })).body.data.result).toBe('ACCEPTED');
  });
});

describe('a start whose session is reported', () => {
  let bench: CommandsBench;

  beforeAll(async () => {
    bench = await openBench({ VOLTAP_COMMANDS_START_TIMEOUT_SECONDS: '60' });
  });

  afterAll(() => bench?.platform.close());

  it('is accepted by that, when its answer was lost, once (CMD-04)', async () => {
    const correlation = bench.correlation();
    await bench.start({ authorization_reference: 'REPORTED' }, correlation);
    const { commandId } = await bench.promised('REPORTED');
    await bench.platform.publish(sessionEvent(aSession({ id: 'R1', status: 'PENDING' }), { commandId }));
    const [told] = await waitUntil(
      () => {
        const outcomes = bench.outcomesOf(commandId);
        return outcomes.length > 0 && outcomes;
      },
      { describe: 'the outcome' },
    );
    expect(told).toMatchObject({ decidedBy: 'SESSION', result: { result: 'ACCEPTED' }, correlationIds: [correlation] });
    expect((await bench.answer(commandId, 'ACCEPTED')).status).toBe(200);
    expect((await bench.answer(commandId, 'FAILED')).status).toBe(409);
    expect(bench.outcomesOf(commandId)).toHaveLength(1);
  });

  it('is not accepted by one that never became a charge', async () => {
    await bench.start({ authorization_reference: 'NEVER' });
    const { commandId } = await bench.promised('NEVER');
    await bench.platform.publish(
      sessionEvent(aSession({ id: 'R2', status: 'INVALID' }), { commandId }),
      sessionEvent(aSession({ id: 'R3' })),
    );
    expect((await bench.stop('R3', bench.correlation())).body.data.result).toBe('ACCEPTED');
    expect((await bench.answer(commandId, 'EVSE_INOPERATIVE')).status).toBe(200);
  });
});

describe('a start that nobody answered, where late charges are billed', () => {
  let bench: CommandsBench;

  beforeAll(async () => {
    bench = await openBench({ VOLTAP_COMMANDS_ORPHANS: 'bind' });
  });

  afterAll(() => bench?.platform.close());

  it('tells the driver so, and is noted but not stopped', async () => {
    const { commandId, told } = await timedOut(bench, 'BOUND');
    expect(told.orphans).toBe('bind');
    expect(JSON.stringify(told.result.message)).not.toContain('You will not be charged');
    await bench.platform.publish(sessionEvent(aSession({ id: 'BOUND' }), { commandId }));
    await waitUntil(async () => (await bench.read(commandId)).orphan, { describe: 'the orphan' });
    expect((await bench.read(commandId)).orphan).toMatchObject({ policy: 'bind', stops: 0 });
    expect((await bench.pending('wait=0&limit=100')).filter(({ type }) => type === 'STOP_SESSION')).toEqual([]);
    expect((await bench.start({ authorization_reference: 'BOUND' })).body.data.result).toBe('REJECTED');
  });
});

describe('STOP_SESSION that was accepted without effect', () => {
  let bench: CommandsBench;

  beforeAll(async () => {
    bench = await openBench();
  });

  afterAll(() => bench?.platform.close());

  it('reaches the back-end again when it is repeated, once for all that ask while it is open (CMD-19)', async () => {
    await bench.platform.publish(sessionEvent(aSession({ id: 'DEAF' })));
    const fetched = async () => {
      const found = await waitUntil(
        async () => (await bench.pending('wait=0&limit=100')).find(({ type }) => type === 'STOP_SESSION'),
        { describe: 'the stop' },
      );
      return found.commandId;
    };
    const first = bench.correlation();
    const twice = await Promise.all([bench.stop('DEAF', first), bench.stop('deaf', bench.correlation())]);
    expect(twice.map(({ body }) => body.data.result)).toEqual(['ACCEPTED', 'ACCEPTED']);
    const commandId = await fetched();
    await bench.answer(commandId, 'ACCEPTED');
    await waitUntil(() => bench.outcomesOf(commandId).length > 0, { describe: 'the first outcome' });
    expect(bench.outcomesOf(commandId)[0]?.correlationIds).toHaveLength(2);
    expect((await bench.stop('DEAF', bench.correlation())).body.data.result).toBe('ACCEPTED');
    expect(await fetched()).not.toBe(commandId);
  });
});
