import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { BackEndCommand, CommandRecord, ReservationRecord } from '@voltap/contracts/back-office';
import { CORRELATION_URL_PREFIX } from '@voltap/contracts/events';
import type { CommandResponse } from '@voltap/ocpi/model';
import { aLocation, anEvse, aSession, aStartSession, aToken } from '@voltap/ocpi/testkit';
import { waitUntil } from '@voltap/platform/testing';
import { type CommandsBench, commandsBench, type Envelope, locationEvent, sessionEvent } from './commands-bench.js';

const KINDS = ['START_SESSION', 'STOP_SESSION', 'RESERVE_NOW', 'CANCEL_RESERVATION', 'UNLOCK_CONNECTOR'] as const;
type Kind = (typeof KINDS)[number];

const RESULTS = [
  'ACCEPTED',
  'CANCELED_RESERVATION',
  'EVSE_OCCUPIED',
  'EVSE_INOPERATIVE',
  'FAILED',
  'NOT_SUPPORTED',
  'REJECTED',
  'UNKNOWN_RESERVATION',
] as const;

const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();

describe.each(['2.3.0', '2.2.1'] as const)('every command over OCPI %s', (version) => {
  let bench: CommandsBench;
  let names = 0;

  beforeAll(async () => {
    bench = await commandsBench({
      VOLTAP_COMMANDS_START_TIMEOUT_SECONDS: '50',
      VOLTAP_COMMANDS_STOP_TIMEOUT_SECONDS: '41',
      VOLTAP_COMMANDS_RESERVE_TIMEOUT_SECONDS: '42',
      VOLTAP_COMMANDS_UNLOCK_TIMEOUT_SECONDS: '43',
    });
    const capabilities = ['RESERVABLE', 'UNLOCK_CAPABLE', 'REMOTE_START_STOP_CAPABLE'];
    const evses = ['E1', 'E2', 'E3', 'E4'].map((uid) => anEvse({ uid, capabilities }));
    const gone = anEvse({ uid: 'GONE', capabilities, status: 'REMOVED' });
    await bench.platform.publish(
      locationEvent(aLocation({ evses: [...evses, gone, anEvse({ uid: 'PLAIN' })] })),
      locationEvent(aLocation({ id: 'SLOW', evses })),
    );
    for (const location_id of ['L1', 'SLOW']) {
      const known = { location_id, authorization_reference: location_id };
      await waitUntil(async () => (await bench.start(known)).body.status_code === 1000, {
        describe: `location ${location_id} to be known`,
      });
    }
    await bench.pending('wait=0&limit=100');
  });

  afterAll(() => bench?.platform.close());

  const aName = (prefix: string) => `${prefix}-${++names}`;

  async function send(kind: string, body: object, call = bench.partner) {
    const correlationId = bench.correlation();
    const request = { response_url: CORRELATION_URL_PREFIX + correlationId, ...body };
    const path = `/ocpi/cpo/${version}/commands/${kind}`;
    const answer = await call<Envelope<CommandResponse>>('POST', path, request);
    return { ...answer.body, correlationId };
  }

  /** A body that is accepted; each is about something of its own. */
  async function valid(kind: Kind): Promise<object> {
    const place = { location_id: 'L1', evse_uid: 'E1' };
    const name = aName('N');
    switch (kind) {
      case 'START_SESSION': {
        const { response_url: _, ...start } = aStartSession({ authorization_reference: name, ...place });
        return start;
      }
      case 'STOP_SESSION':
        await bench.platform.publish(sessionEvent(aSession({ id: name })));
        return { session_id: name };
      case 'RESERVE_NOW':
        return { ...place, token: aToken(), expiry_date: inHours(2), reservation_id: name };
      case 'CANCEL_RESERVATION': {
        await reserved(name, 'E4');
        return { reservation_id: name };
      }
      case 'UNLOCK_CONNECTOR':
        return { ...place, connector_id: '1' };
    }
  }

  /** What the back-end was handed so far. */
  async function fetched(): Promise<BackEndCommand[]> {
    for (const command of await bench.pending('wait=0&limit=100')) seen.set(command.commandId, command);
    return [...seen.values()];
  }
  const seen = new Map<string, BackEndCommand>();
  const promisedTo = (correlationId: string) =>
    waitUntil(
      async () => {
        const commandId = (await bench.callbacks()).get(correlationId);
        return (await fetched()).find((command) => command.commandId === commandId);
      },
      { describe: `the command of ${correlationId}` },
    );
  const cancellationsOf = async (number: number | undefined) =>
    (await fetched()).filter(({ type, request }) => type === 'CANCEL_RESERVATION' && request.reservation_id === number);

  const told = (correlationId: string) =>
    bench.completed.filter(({ payload }) => payload.correlationIds.includes(correlationId));
  const toldOnce = (correlationId: string, times = 1) =>
    waitUntil(
      () => {
        const results = told(correlationId);
        return results.length >= times && results.map(({ payload }) => payload.result);
      },
      { describe: `results at ${correlationId}` },
    );

  async function reserved(reservation_id: string, evse_uid = 'E1', changes: object = {}) {
    const body = { location_id: 'L1', evse_uid, token: aToken(), expiry_date: inHours(2), reservation_id, ...changes };
    const sent = await send('RESERVE_NOW', body);
    expect(sent.data).toMatchObject({ result: 'ACCEPTED', timeout: 42 });
    const command = await promisedTo(sent.correlationId);
    await bench.answer(command.commandId, 'ACCEPTED');
    await toldOnce(sent.correlationId);
    return { ...sent, command };
  }

  const reservations = async () =>
    (await bench.backEnd<{ items: ReservationRecord[] }>('GET', '/api/v1/reservations?limit=500')).body.items;
  const reservation = async (id: string) =>
    (await reservations()).find(({ reservation_id, partnerId }) => reservation_id === id && partnerId === 'partner-1');
  const cancel = (number: number | undefined, reason: string) =>
    bench.backEnd<ReservationRecord & { code?: string }>('POST', `/api/v1/reservations/${number}/cancel`, { reason });

  it.each(KINDS)(
    '%s is promised at once and each final result reaches its sender once, with words for the driver (CMD-01, CMD-02, CMD-03, CMD-04, CMD-18, CMD-19, CMD-32, CMD-34)',
    async (kind) => {
      for (const result of RESULTS) {
        const { status_code, data, correlationId } = await send(kind, await valid(kind));
        expect([status_code, data.result]).toEqual([1000, 'ACCEPTED']);
        expect(data.timeout).toBe({ START_SESSION: 50, STOP_SESSION: 41, UNLOCK_CONNECTOR: 43 }[kind as string] ?? 42);
        const command = await promisedTo(correlationId);
        expect(command.type).toBe(kind);
        expect((await bench.answer(command.commandId, result)).status).toBe(200);
        const [heard, ...more] = await toldOnce(correlationId);
        expect([heard?.result, more]).toEqual([result, []]);
        if (result === 'ACCEPTED') expect(heard?.message).toBeUndefined();
        else expect(heard?.message?.map(({ language }) => language)).toEqual(expect.arrayContaining(['en', 'de']));
      }
    },
  );

  it('is refused with REJECTED where it cannot be right, and nothing follows (CMD-06, CMD-16, CMD-21, CMD-35)', async () => {
    const foreign = aToken({ party_id: 'ABC' });
    const reserve = await valid('RESERVE_NOW');
    await bench.platform.publish(
      sessionEvent(aSession({ id: `THEIRS-${version}` }), { partnerId: 'partner-2' }),
      sessionEvent(aSession({ id: `OVER-${version}`, status: 'COMPLETED' })),
    );
    const cases: [Kind, object][] = [
      ['START_SESSION', { ...(await valid('START_SESSION')), token: foreign }],
      ['START_SESSION', { ...(await valid('START_SESSION')), evse_uid: 'GONE' }],
      ['STOP_SESSION', { session_id: `THEIRS-${version}` }],
      ['STOP_SESSION', { session_id: `OVER-${version}` }],
      ['RESERVE_NOW', { ...reserve, token: foreign }],
      ['RESERVE_NOW', { ...reserve, evse_uid: 'GONE' }],
      ['RESERVE_NOW', { ...reserve, expiry_date: inHours(-1) }],
      ['RESERVE_NOW', { ...reserve, expiry_date: inHours(25) }],
      ['UNLOCK_CONNECTOR', { location_id: 'L1', evse_uid: 'GONE', connector_id: '1' }],
    ];
    for (const [kind, body] of cases) {
      const { status_code, data, correlationId } = await send(kind, body);
      expect([kind, body, status_code, data.result, data.timeout]).toEqual([kind, body, 1000, 'REJECTED', 0]);
      expect(data.message?.length).toBeGreaterThan(3);
      expect(told(correlationId)).toEqual([]);
    }
    expect((await send('STOP_SESSION', { session_id: 'NEVER' })).data.result).toBe('UNKNOWN_SESSION');
  });

  it('is 2001 or 2003 where it names what is not there, and NOT_SUPPORTED where the EVSE does not offer it (CMD-08, CMD-09, CMD-22, CMD-27, CMD-28)', async () => {
    const reserve = await valid('RESERVE_NOW');
    const unlock = await valid('UNLOCK_CONNECTOR');
    for (const [kind, body, code] of [
      ['RESERVE_NOW', { ...reserve, location_id: 'NOPE' }, 2003],
      ['RESERVE_NOW', { ...reserve, evse_uid: 'NOPE' }, 2001],
      ['RESERVE_NOW', { ...reserve, expiry_date: undefined }, 2001],
      ['UNLOCK_CONNECTOR', { ...unlock, location_id: 'NOPE' }, 2003],
      ['UNLOCK_CONNECTOR', { ...unlock, evse_uid: 'NOPE' }, 2001],
      ['UNLOCK_CONNECTOR', { ...unlock, connector_id: 'NOPE' }, 2001],
      ['UNLOCK_CONNECTOR', { ...unlock, connector_id: undefined }, 2001],
      ['CANCEL_RESERVATION', {}, 2001],
    ] as const) {
      expect([kind, body, (await send(kind, body)).status_code]).toEqual([kind, body, code]);
    }
    expect((await bench.partner('POST', `/ocpi/cpo/${version}/commands/DANCE`, {})).status).toBe(404);
    expect((await send('RESERVE_NOW', { ...reserve, evse_uid: 'PLAIN' })).data.result).toBe('NOT_SUPPORTED');
    expect((await send('UNLOCK_CONNECTOR', { ...unlock, evse_uid: 'PLAIN' })).data.result).toBe('NOT_SUPPORTED');
  });

  it('takes as long as its site may, as the operator says', async () => {
    const seconds = { START_SESSION: 90, UNLOCK_CONNECTOR: 7 };
    expect((await bench.backEnd('PUT', '/api/v1/command-timeouts/de/vlt/slow', seconds)).status).toBe(200);
    const { body } = await bench.backEnd<{ items: object[] }>('GET', '/api/v1/command-timeouts');
    expect(body.items).toEqual([{ country_code: 'DE', party_id: 'VLT', location_id: 'SLOW', seconds }]);
    const start = { ...(await valid('START_SESSION')), location_id: 'SLOW' };
    const unlock = { location_id: 'slow', evse_uid: 'E1', connector_id: '1' };
    expect((await send('START_SESSION', start)).data.timeout).toBe(90);
    expect((await send('UNLOCK_CONNECTOR', unlock)).data.timeout).toBe(7);
    expect((await send('START_SESSION', await valid('START_SESSION'))).data.timeout).toBe(50);
  });

  it('gives each reservation a number of ours, the same when it is replaced, which another partner cannot touch (CMD-23, CMD-24)', async () => {
    const id = aName('R');
    const first = await reserved(id, 'E2');
    expect(first.command.request).toMatchObject({ reservation_id: expect.any(Number), evse_uid: 'E2' });
    const number = (await reservation(id))?.number;
    const expiry_date = inHours(3);
    const again = await reserved(id.toLowerCase(), 'E2', { expiry_date });
    expect(again.command.request).toMatchObject({ reservation_id: number, expiry_date });
    expect(await reservation(id)).toMatchObject({ number, state: 'ACTIVE', expiresAt: expiry_date });
    const other = await send(
      'RESERVE_NOW',
      { location_id: 'L1', evse_uid: 'E3', token: aToken(), expiry_date, reservation_id: id },
      bench.stranger,
    );
    const theirs = await promisedTo(other.correlationId);
    expect(theirs.request).not.toMatchObject({ reservation_id: number });
    await bench.answer(theirs.commandId, 'EVSE_OCCUPIED');
    // A replacement that the charge point refuses leaves what stands.
    const refused = await send('RESERVE_NOW', {
      location_id: 'L1',
      evse_uid: 'E2',
      token: aToken(),
      expiry_date: inHours(4),
      reservation_id: id,
    });
    await bench.answer((await promisedTo(refused.correlationId)).commandId, 'REJECTED');
    expect(await reservation(id)).toMatchObject({ state: 'ACTIVE', expiresAt: expiry_date });
    await cancel(number, 'end of the test');
  });

  it('says UNKNOWN_RESERVATION of one that is not there, in the result, and forwards nothing (CMD-26)', async () => {
    const { data, correlationId } = await send('CANCEL_RESERVATION', { reservation_id: 'NEVER' });
    expect(data).toMatchObject({ result: 'ACCEPTED', timeout: 42 });
    expect((await toldOnce(correlationId)).map(({ result }) => result)).toEqual(['UNKNOWN_RESERVATION']);
    const commandId = (await bench.callbacks()).get(correlationId);
    expect((await fetched()).some((command) => command.commandId === commandId)).toBe(false);
  });

  it('tells the partner later that the operator, or the charge point, cancelled its reservation, once (CMD-25)', async () => {
    for (const by of ['operator', 'charge point']) {
      const id = aName('C');
      const { correlationId, command } = await reserved(id, 'E2');
      const number = (await reservation(id))?.number;
      if (by === 'operator') expect((await cancel(number, 'roadworks')).body).toMatchObject({ state: 'CANCELED' });
      else expect((await bench.answer(command.commandId, 'CANCELED_RESERVATION')).status).toBe(200);
      const heard = await toldOnce(correlationId, 2);
      expect(heard.map(({ result }) => result)).toEqual(['ACCEPTED', 'CANCELED_RESERVATION']);
      expect((await cancel(number, 'again')).body.code).toBe('conflict');
      if (by === 'charge point')
        expect((await bench.answer(command.commandId, 'CANCELED_RESERVATION')).status).toBe(200);
      expect(await cancellationsOf(number)).toHaveLength(by === 'operator' ? 1 : 0);
      expect(told(correlationId)).toHaveLength(2);
    }
    expect((await cancel(999_999, 'nothing')).status).toBe(404);
  });

  it('lets who reserved an EVSE start there under its id tag, and nobody else until it is over', async () => {
    const id = aName('U');
    const token = aToken({ uid: `card-${version}` });
    const { command } = await reserved(id, 'E3', { token });
    const start = async (changes: object) =>
      send('START_SESSION', { ...(await valid('START_SESSION')), evse_uid: 'E3', ...changes });
    const refused = await start({});
    expect(refused.data).toMatchObject({ result: 'REJECTED' });
    expect(refused.data.message?.find(({ language }) => language === 'en')?.text).toContain('reserved');
    const mine = await start({ token });
    expect(mine.data.result).toBe('ACCEPTED');
    const started = await promisedTo(mine.correlationId);
    const number = (await reservation(id))?.number;
    expect(started).toMatchObject({ idTag: command.idTag, request: { reservation_id: number } });
    await bench.answer(started.commandId, 'ACCEPTED');
    expect(await reservation(id)).toMatchObject({ state: 'USED' });
    expect((await start({})).data.result).toBe('ACCEPTED');
  });

  it('ends a reservation when its time is over, also while the service was down', async () => {
    const id = aName('X');
    const expiry_date = new Date(Date.now() + 8_000).toISOString();
    await reserved(id, 'E2', { expiry_date });
    await bench.restart(async () => {
      await waitUntil(() => Date.now() > Date.parse(expiry_date), { describe: 'the end while it is down' });
    });
    await waitUntil(async () => (await reservation(id))?.state === 'EXPIRED', { describe: 'the end to be noticed' });
    const free = { ...(await valid('START_SESSION')), evse_uid: 'E2' };
    expect((await send('START_SESSION', free)).data.result).toBe('ACCEPTED');
    const gone = await send('CANCEL_RESERVATION', { reservation_id: id });
    expect((await toldOnce(gone.correlationId)).map(({ result }) => result)).toEqual(['UNKNOWN_RESERVATION']);
  });

  it('frees the EVSE again when the charge point reserves it after the partner was told TIMEOUT (CMD-07)', async () => {
    const seconds = { RESERVE_NOW: 5 };
    await bench.backEnd('PUT', '/api/v1/command-timeouts/DE/VLT/SLOW', seconds);
    const id = aName('T');
    const body = { location_id: 'SLOW', evse_uid: 'E1', token: aToken(), expiry_date: inHours(1), reservation_id: id };
    const { correlationId } = await send('RESERVE_NOW', body);
    const command = await promisedTo(correlationId);
    const [heard] = await toldOnce(correlationId);
    expect(heard?.result).toBe('TIMEOUT');
    expect(JSON.stringify(heard?.message)).not.toContain('charged');
    expect((await reservation(id))?.state).toBe('FAILED');
    expect((await bench.answer(command.commandId, 'ACCEPTED')).status).toBe(409);
    const number = (await reservation(id))?.number;
    const freed = await waitUntil(async () => (await cancellationsOf(number))[0], {
      describe: 'the charge point to be told',
    });
    const record = (await bench.backEnd<CommandRecord>('GET', `/api/v1/commands/${freed.commandId}`)).body;
    expect(record.origin).toBe('PLATFORM');
  });
});
