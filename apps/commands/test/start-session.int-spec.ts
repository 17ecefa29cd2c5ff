import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aConnector, aLocation, anEvse, aTariff, aToken } from '@voltap/ocpi/testkit';
import { waitUntil } from '@voltap/platform/testing';
import { type CommandsBench, commandsBench, locationEvent, tariffEvent } from './commands-bench.js';

describe('START_SESSION', () => {
  let bench: CommandsBench;

  beforeAll(async () => {
    bench = await commandsBench({ VOLTAP_COMMANDS_START_TIMEOUT_SECONDS: '30' });
    const network = aLocation({
      evses: [
        anEvse({ connectors: [aConnector({ tariff_ids: ['T0', 'T1'] })] }),
        anEvse({ uid: 'GONE', status: 'REMOVED' }),
        anEvse({ uid: 'PICKY', capabilities: ['START_SESSION_CONNECTOR_REQUIRED'] }),
      ],
    });
    await bench.platform.publish(
      tariffEvent(aTariff({ id: 'T0', type: undefined })),
      tariffEvent(aTariff(), 7),
      tariffEvent(aTariff({ preauthorize_amount: 1 }), 6),
      locationEvent(network),
    );
    await waitUntil(async () => (await bench.start({ authorization_reference: 'KNOWN' })).body.status_code === 1000, {
      describe: 'the location to be known',
    });
    const known = await bench.promised('KNOWN');
    await bench.answer(known.commandId, 'ACCEPTED');
    await bench.pending('wait=0&limit=100');
  });

  afterAll(() => bench?.platform.close());

  it('promises the start with the tariff of this moment frozen, and tells its one outcome under the correlation id (CMD-01, CMD-03, CMD-13, CMD-15, TAR-17, CMD-02)', async () => {
    const correlation = bench.correlation();
    const answer = await bench.start(
      {
        authorization_reference: 'ONE',
        location_id: 'l1',
        evse_uid: 'e1',
      },
      correlation,
    );
    expect(answer.status).toBe(200);
    expect(answer.body.data).toEqual({ result: 'ACCEPTED', timeout: 30 });
    const promised = await bench.promised('ONE');
    expect(promised).toMatchObject({
      type: 'START_SESSION',
      partnerId: 'partner-1',
      location_id: 'L1',
      evse_uid: 'E1',
      connector_id: '1',
      tariff: { revision: 7, tariff: { id: 'T1', preauthorize_amount: 50 } },
    });
    await bench.platform.publish(tariffEvent(aTariff({ preauthorize_amount: 99 }), 8));

    const [command] = (await bench.pending()).filter(({ commandId }) => commandId === promised.commandId);
    expect(command).toMatchObject({ type: 'START_SESSION', idTag: promised.idTag, request: { token: aToken() } });
    expect(promised.idTag).toMatch(/^VT[0-9A-Z]{18}$/);
    expect((await bench.answer(promised.commandId, 'ACCEPTED')).body).toMatchObject({
      status: 'COMPLETED',
      decidedBy: 'BACK_END',
    });
    expect((await bench.answer(promised.commandId, 'ACCEPTED')).status).toBe(200);
    await waitUntil(() => bench.outcomesOf(promised.commandId).length > 0, { describe: 'the outcome' });
    expect(bench.outcomesOf(promised.commandId)).toEqual([
      expect.objectContaining({ correlationIds: [correlation], result: { result: 'ACCEPTED' }, decidedBy: 'BACK_END' }),
    ]);

    const late = await bench.answer(promised.commandId, 'REJECTED');
    expect(late.status).toBe(409);
    expect(await bench.read(promised.commandId)).toMatchObject({
      result: { result: 'ACCEPTED' },
      lateAnswer: { result: 'REJECTED' },
    });
  });

  it('is one command however often and however concurrently it is asked, and every asker is told (CMD-30)', async () => {
    const before = Array.from({ length: 8 }, () => bench.correlation());
    const answers = await Promise.all(
      before.map((correlation) => bench.start({ authorization_reference: 'TWIN' }, correlation)),
    );
    const promised = await bench.promised('TWIN');
    const openAgain = bench.correlation();
    answers.push(await bench.start({ authorization_reference: 'twin' }, openAgain));
    await bench.answer(promised.commandId, 'ACCEPTED');
    const after = bench.correlation();
    answers.push(await bench.start({ authorization_reference: 'TWIN' }, after));

    expect(new Set(answers.map(({ body }) => JSON.stringify([body.status_code, body.data]))).size).toBe(1);
    const told = () => bench.outcomesOf(promised.commandId).flatMap(({ correlationIds }) => correlationIds);
    await waitUntil(() => told().length >= 10, { describe: 'ten correlation ids told' });
    expect(told().sort()).toEqual([...before, openAgain, after].sort());
    expect(bench.accepted.filter(({ payload }) => payload.authorization_reference === 'TWIN')).toHaveLength(1);
    expect(new Set(bench.outcomesOf(promised.commandId).map(({ result }) => result.result))).toEqual(
      new Set(['ACCEPTED']),
    );
  });

  it('is a new attempt after a start that failed', async () => {
    await bench.start({ authorization_reference: 'AGAIN' });
    const first = await bench.promised('AGAIN');
    await bench.answer(first.commandId, 'EVSE_INOPERATIVE');
    await bench.start({ authorization_reference: 'AGAIN' });
    const second = await waitUntil(
      async () => {
        const latest = await bench.promised('AGAIN');
        return latest.commandId === first.commandId ? null : latest;
      },
      { describe: 'a second attempt' },
    );
    expect(second.idTag).not.toBe(first.idTag);
  });

  it('refuses what cannot be right, and says why (CMD-08, CMD-09, CMD-10, CMD-11, CMD-12, CMD-16, CMD-32)', async () => {
    const refused = async (fields: Parameters<CommandsBench['start']>[0]) => (await bench.start(fields)).body;
    expect(await refused({ response_url: 'https://ptp.example/result' })).toMatchObject({ status_code: 2001 });
    expect(await refused({ location_id: 'NOWHERE' })).toMatchObject({ status_code: 2003 });
    const unknown = await refused({ evse_uid: 'E9' });
    expect(unknown).toMatchObject({ status_code: 2001 });
    expect(unknown.status_message).toContain('/evse_uid');
    expect(await refused({ evse_uid: undefined })).toMatchObject({ status_code: 2001 });
    expect(await refused({ connector_id: '9' })).toMatchObject({ status_code: 2001 });
    expect(await refused({ evse_uid: 'PICKY', connector_id: undefined })).toMatchObject({ status_code: 2001 });
    const removed = (await bench.start({ evse_uid: 'GONE' })).body.data;
    expect(removed).toMatchObject({ result: 'REJECTED' });
    expect(removed.message?.map(({ language }) => language)).toEqual(expect.arrayContaining(['en', 'de', 'fr', 'nl']));
    expect((await bench.start({ evse_uid: undefined, connector_id: undefined })).body.data).toMatchObject({
      result: 'REJECTED',
    });
    const foreign = await bench.start({ authorization_reference: 'FOREIGN', token: aToken({ party_id: 'ABC' }) });
    expect(foreign.body.data).toMatchObject({ result: 'REJECTED' });
    expect(bench.accepted.filter(({ payload }) => payload.authorization_reference === 'FOREIGN')).toEqual([]);
  });

  it('freezes a tariff that is meant for the partner and valid at the tap, or none (TAR-16, TAR-17)', async () => {
    const day = 86_400_000;
    const tomorrow = new Date(Date.now() + day).toISOString();
    const connector = aConnector({ tariff_ids: ['OTHERS', 'LATER', 'OURS'] });
    await bench.platform.publish(
      tariffEvent(aTariff({ id: 'OTHERS' }), 1, ['partner-2']),
      tariffEvent(aTariff({ id: 'LATER', start_date_time: tomorrow })),
      tariffEvent(aTariff({ id: 'OURS', type: undefined, end_date_time: tomorrow }), 3, ['partner-1']),
      locationEvent(aLocation({ id: 'L2', evses: [anEvse({ uid: 'E2', connectors: [connector] })] })),
    );
    /** Which tariff a start there has frozen. */
    const frozen = async (): Promise<string | null> => {
      const reference = `MEANT-${Math.random()}`;
      const place = { location_id: 'L2', evse_uid: 'E2' };
      const { body } = await bench.start({ authorization_reference: reference, ...place });
      if (body.status_code !== 1000) return 'nothing';
      const { commandId, tariff } = await bench.promised(reference);
      await bench.answer(commandId, 'REJECTED');
      return tariff === null ? null : tariff.tariff.id;
    };
    await waitUntil(async () => (await frozen()) === 'OURS', { describe: 'the place and its tariffs to be known' });
    const ended = new Date(Date.now() - day).toISOString();
    await bench.platform.publish(tariffEvent(aTariff({ id: 'OURS', type: undefined, end_date_time: ended }), 4));
    await waitUntil(async () => (await frozen()) === null, { describe: 'the end of the tariff to be known' });
  });

  it('gives a command without reference one of ours', async () => {
    expect((await bench.start({ authorization_reference: undefined })).body.data.result).toBe('ACCEPTED');
    await waitUntil(() => bench.accepted.some(({ payload }) => payload.authorization_reference?.length === 36), {
      describe: 'a reference of ours',
    });
  });

  it('lists commands newest first, page by page, by status and by EVSE', async () => {
    const listed = async (query: string) => {
      const ids: string[] = [];
      let cursor = '';
      do {
        const page: { body: { items: { commandId: string; evse_uid: string | null }[]; next: string | null } } =
          await bench.backEnd('GET', `/api/v1/commands?limit=2${query}${cursor && `&cursor=${cursor}`}`);
        ids.push(...page.body.items.map(({ commandId }) => commandId));
        cursor = page.body.next ?? '';
      } while (cursor !== '');
      expect(ids).toHaveLength(new Set(ids).size);
      return ids;
    };
    const ids = await listed('&status=COMPLETED');
    expect(ids.length).toBeGreaterThanOrEqual(4);
    const all = await Promise.all((await listed('')).map(bench.read));
    const there = all.filter(({ evse_uid }) => evse_uid?.toUpperCase() === 'E1').map(({ commandId }) => commandId);
    expect(there.length).toBeGreaterThanOrEqual(3);
    expect(await listed('&evse_uid=e1')).toEqual(there);
    expect(await listed('&evse_uid=E1&status=COMPLETED')).toEqual(there.filter((id) => ids.includes(id)));
    expect(await listed('&evse_uid=NOWHERE')).toEqual([]);
    expect((await bench.backEnd('GET', '/api/v1/commands?evse_uid=')).status).toBe(422);
    expect((await bench.backEnd('GET', '/api/v1/commands?cursor=e30')).status).toBe(422);
    expect((await bench.backEnd('GET', '/api/v1/commands/no-uuid')).status).toBe(404);
    expect((await bench.answer('00000000-0000-4000-8000-000000000000', 'ACCEPTED')).status).toBe(404);
  });
});
