import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ReservationRecord } from '@voltap/contracts/back-office';
import { CORRELATION_URL_PREFIX } from '@voltap/contracts/events';
import type { CommandResponse, DisplayText } from '@voltap/ocpi/model';
import { aLocation, anEvse, aPartnerCaller, aSession, aToken } from '@voltap/ocpi/testkit';
import { callsTo, queryDatabase, waitUntil } from '@voltap/platform/testing';
import { type CommandsBench, commandsBench, type Envelope, locationEvent, sessionEvent } from './commands-bench.js';

async function openBench(environment: Record<string, string> = {}): Promise<CommandsBench> {
  const bench = await commandsBench({ VOLTAP_COMMANDS_START_TIMEOUT_SECONDS: '60', ...environment });
  const evse = anEvse({ uid: 'E1', capabilities: ['RESERVABLE', 'REMOTE_START_STOP_CAPABLE'] });
  await bench.platform.publish(locationEvent(aLocation({ evses: [evse] })));
  await waitUntil(async () => (await bench.start({ authorization_reference: 'KNOWN' })).body.status_code === 1000, {
    describe: 'the location to be known',
  });
  return bench;
}

async function answered(bench: CommandsBench, reference: string, result: string) {
  await bench.start({ authorization_reference: reference }, bench.correlation());
  const promised = await bench.promised(reference);
  expect((await bench.answer(promised.commandId, result)).status).toBe(200);
  const told = await waitUntil(() => bench.outcomesOf(promised.commandId)[0], { describe: 'the outcome' });
  return { ...promised, told };
}

const inEnglish = (message: readonly DisplayText[] | undefined) =>
  message?.find(({ language }) => language === 'en')?.text;

describe.each(['bind', 'stop'])('what a driver was told decides who pays, where late charges are to %s', (policy) => {
  let bench: CommandsBench;

  beforeAll(async () => {
    bench = await openBench({ VOLTAP_COMMANDS_ORPHANS: policy });
  });

  afterAll(() => bench?.platform.close());

  it('a charge after a refusal is stopped and free: nobody told the driver of a payment', async () => {
    const { commandId, told } = await answered(bench, 'REFUSED', 'FAILED');
    expect(told).toMatchObject({ orphans: 'stop', result: { result: 'FAILED' } });
    await bench.platform.publish(sessionEvent(aSession({ id: 'REFUSED' }), { commandId }));
    await waitUntil(async () => (await bench.read(commandId)).orphan, { describe: 'the orphan' });
    expect((await bench.read(commandId)).orphan).toMatchObject({ policy: 'stop', stops: 1 });
  });

  it('a TIMEOUT of the back-end is told like our own, and its reference waits as long (CMD-07, CMD-30)', async () => {
    const { told } = await answered(bench, 'TIMEOUT', 'TIMEOUT');
    expect(told).toMatchObject({ decidedBy: 'BACK_END', orphans: policy });
    const said = inEnglish(told.result.message);
    expect(said).toContain(policy === 'bind' ? 'it is paid with this card' : 'You will not be charged');
    expect((await bench.start({ authorization_reference: 'TIMEOUT' })).body.data.result).toBe('REJECTED');
  });
});

describe('a stop', () => {
  let bench: CommandsBench;

  beforeAll(async () => {
    bench = await openBench();
  });

  afterAll(() => bench?.platform.close());

  it('means the charge of who asks, where two parties use one id, and does not hold up the stop of the other', async () => {
    const parties = ['DE*VLT', 'DE*ABC'];
    const partner = (partnerId: string) =>
      callsTo({ url: bench.url() }, bench.platform.callerHeaders(aPartnerCaller({ partnerId, parties })));
    await bench.platform.publish(
      sessionEvent(aSession({ id: 'TWICE' }), { partnerId: 'partner-2' }),
      sessionEvent(aSession({ id: 'TWICE', party_id: 'ABC' })),
      sessionEvent(aSession({ id: 'BOTH' })),
      sessionEvent(aSession({ id: 'BOTH', party_id: 'ABC' })),
    );
    const stopped = async (partnerId: string) => {
      const { body } = await bench.stop('TWICE', bench.correlation(), partner(partnerId));
      return (body as Envelope<CommandResponse>).data.result;
    };
    await waitUntil(async () => (await stopped('partner-1')) === 'ACCEPTED', { describe: 'its own to be known' });
    expect(await stopped('partner-2')).toBe('ACCEPTED');
    const partiesOf = (id: string) =>
      bench.accepted.filter(({ payload }) => payload.session_id === id).map(({ payload }) => payload.party_id);
    await waitUntil(() => partiesOf('TWICE').length === 2, { describe: 'both stops' });
    expect(partiesOf('TWICE').sort()).toEqual(['ABC', 'VLT']);
    for (const party of ['VLT', 'ABC']) {
      const stop = () => bench.backEnd('POST', `/api/v1/sessions/DE/${party}/BOTH/stop?wait=0`);
      await waitUntil(async () => (await stop()).status < 300, { describe: `the stop at ${party}` });
    }
    await waitUntil(() => partiesOf('BOTH').length === 2, { describe: 'a stop for each' });
    expect(partiesOf('BOTH').sort()).toEqual(['ABC', 'VLT']);
  });

  it('of our own that the charge point took without effect is told again, also when no report comes', async () => {
    const { commandId } = await answered(bench, 'DEAF', 'FAILED');
    await bench.platform.publish(sessionEvent(aSession({ id: 'DEAF' }), { commandId }));
    const stops = () => bench.accepted.filter(({ payload }) => payload.session_id === 'DEAF');
    const first = await waitUntil(() => stops()[0]?.payload, { describe: 'the stop' });
    await bench.answer(first.commandId, 'ACCEPTED');
    // As if it had been answered a minute ago.
    await queryDatabase(
      bench.platform.platform.database('commands').url,
      `update command set completed_at = completed_at - interval '1 minute' where id = $1`,
      [first.commandId],
    );
    const second = await waitUntil(() => stops()[1]?.payload, { describe: 'the second stop' });
    expect(second).toMatchObject({ session_id: 'DEAF', evse_uid: first.evse_uid, idTag: first.idTag });
    expect((await bench.read(commandId)).orphan?.stops).toBe(2);
    await bench.platform.publish(sessionEvent(aSession({ id: 'DEAF', status: 'INVALID' }), { commandId, revision: 2 }));
    await waitUntil(() => bench.outcomesOf(second.commandId)[0], { describe: 'the end to answer it' });
    expect(stops()).toHaveLength(2);
  });
});

describe('a start or reservation', () => {
  let bench: CommandsBench;

  beforeAll(async () => {
    bench = await openBench();
  });

  afterAll(() => bench?.platform.close());

  const reserve = async (expiry: number) => {
    const correlation = bench.correlation();
    const { body } = await bench.partner<Envelope<CommandResponse>>('POST', '/ocpi/cpo/2.3.0/commands/RESERVE_NOW', {
      ...{ response_url: CORRELATION_URL_PREFIX + correlation, location_id: 'L1', evse_uid: 'E1', token: aToken() },
      expiry_date: new Date(expiry).toISOString(),
      reservation_id: 'AGAIN',
    });
    expect(body.data.result).toBe('ACCEPTED');
    const commandId = (await bench.callbacks()).get(correlation);
    if (commandId === undefined) throw new Error('the reservation was promised without a callback');
    return commandId;
  };

  it('that was asked for again is not failed by the answer to the first request (CMD-24)', async () => {
    const hour = Date.now() + 3_600_000;
    const first = await reserve(hour);
    const second = await reserve(hour + 60_000);
    await bench.answer(first, 'FAILED');
    await bench.answer(second, 'ACCEPTED');
    const { body } = await bench.backEnd<{ items: ReservationRecord[] }>('GET', '/api/v1/reservations?limit=500');
    expect(body.items.filter(({ reservation_id }) => reservation_id === 'AGAIN')).toEqual([
      expect.objectContaining({ state: 'ACTIVE', commandId: second }),
    ]);
  });

  it('is not accepted by a session that is only reserved', async () => {
    await bench.start({ authorization_reference: 'RESERVED' });
    const { commandId } = await bench.promised('RESERVED');
    await bench.platform.publish(
      sessionEvent(aSession({ id: 'RESERVED', status: 'RESERVATION' }), { commandId }),
      sessionEvent(aSession({ id: 'MARKER' })),
    );
    await waitUntil(async () => (await bench.stop('MARKER', bench.correlation())).body.data.result === 'ACCEPTED', {
      describe: 'both sessions to be known',
    });
    expect(bench.outcomesOf(commandId)).toEqual([]);
    expect((await bench.answer(commandId, 'EVSE_INOPERATIVE')).status).toBe(200);
  });

  it('that succeeded and is asked for again is told to who asked, until the end of its own patience (CMD-30)', async () => {
    const { commandId, told } = await answered(bench, 'REPEATED', 'ACCEPTED');
    await waitUntil(() => Date.now() > Date.parse(told.completedAt), { describe: 'a later moment' });
    const asked = Date.now();
    await bench.start({ authorization_reference: 'REPEATED' }, 'asked-again');
    const again = await waitUntil(() => bench.outcomesOf(commandId)[1], { describe: 'the outcome again' });
    expect(again).toMatchObject({ correlationIds: ['asked-again'], result: { result: 'ACCEPTED' } });
    expect(Date.parse(again.deadline)).toBeGreaterThanOrEqual(asked + 59_000);
    expect(Date.parse(again.deadline)).toBeGreaterThan(Date.parse(told.deadline));
  });
});
