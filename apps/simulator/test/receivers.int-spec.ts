import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ensureRegistered, type Misbehaviour } from '../src/index.js';
import { type JsonObject, objectsOf } from '../src/wire/json.js';
import { Unreachable } from '../src/wire/ocpi-client.js';
import { type Playing, startPlaying } from './playing.js';

const TOKEN = { country_code: 'NL', party_id: 'PAY', uid: 'u', type: 'AD_HOC_USER', contract_id: 'u' };
const PRICE = { before_taxes: 1, taxes: [{ name: 'VAT', amount: 0.19 }] };

function session(id: string, change: JsonObject = {}): JsonObject {
  return {
    country_code: 'DE',
    party_id: 'VLT',
    id,
    start_date_time: '2026-01-01T10:00:00Z',
    kwh: 1,
    cdr_token: TOKEN,
    auth_method: 'COMMAND',
    location_id: 'L',
    evse_uid: 'E',
    connector_id: '1',
    currency: 'EUR',
    charging_periods: [period('2026-01-01T10:00:00Z')],
    total_cost: PRICE,
    status: 'ACTIVE',
    last_updated: '2026-01-01T10:05:00Z',
    ...change,
  };
}

function period(start: string): JsonObject {
  return { start_date_time: start, dimensions: [{ type: 'ENERGY', volume: 1 }] };
}

function cdr(id: string, change: JsonObject = {}): JsonObject {
  const { status: _status, kwh: _kwh, location_id: _l, evse_uid: _e, connector_id: _c, ...kept } = session(id);
  return {
    ...kept,
    end_date_time: '2026-01-01T11:00:00Z',
    cdr_location: { id: 'L', evse_id: 'DE*VLT*E1' },
    total_energy: 1,
    total_time: 1,
    ...change,
  };
}

describe('the receivers of the PTP', () => {
  let playing: Playing;
  beforeAll(async () => {
    playing = await startPlaying({ parts: ['ptp'] });
    await ensureRegistered(playing.simulator, '2.3.0');
  });
  afterAll(() => playing.close());
  afterEach(() => playing.simulator.misbehaviours.clear());

  const call = (...args: Parameters<Playing['platform']['call']>) => playing.platform.call(...args);
  const at = (module: string, ...segments: string[]) => playing.platform.module(module, ...segments);
  const rules = () => playing.simulator.ptp.log.complaints.map(({ rule }) => rule);

  it('answers 401 to a stranger, and notes it', async () => {
    const answer = await fetch(at('locations', 'DE', 'VLT', 'L'), { headers: { authorization: 'Token eA==' } });
    expect(answer.status).toBe(401);
    expect(rules()).toContain('TRN-04');
  });

  it('answers a PATCH before its PUT with 404 and 2001', async () => {
    const patch = { kwh: 2, last_updated: '2026-01-01T10:06:00Z' };
    expect(await call('PATCH', at('sessions', 'DE', 'VLT', 'none'), patch)).toMatchObject({
      httpStatus: 404,
      statusCode: 2001,
    });
  });

  it('appends the charging_periods of a PATCH and replaces them by PUT', async () => {
    const url = at('sessions', 'DE', 'VLT', 's1');
    expect(await call('PUT', url, session('s1'))).toMatchObject({ httpStatus: 201, statusCode: 1000 });
    await call('PATCH', url, {
      kwh: 2,
      charging_periods: [period('2026-01-01T10:05:00Z')],
      last_updated: '2026-01-01T10:06:00Z',
    });
    const appended = (await call('GET', url)).data as JsonObject;
    expect(appended).toMatchObject({ kwh: 2, status: 'ACTIVE' });
    expect(objectsOf(appended, 'charging_periods')).toHaveLength(2);
    await call('PUT', url, session('s1', { kwh: 3, last_updated: '2026-01-01T10:07:00Z' }));
    expect(objectsOf((await call('GET', url)).data as JsonObject, 'charging_periods')).toHaveLength(1);
  });

  it('refuses a PATCH without last_updated and ids that differ from the URL, and notes both', async () => {
    const url = at('sessions', 'DE', 'VLT', 's2');
    await call('PUT', url, session('s2'));
    expect((await call('PATCH', url, { kwh: 5 })).statusCode).toBe(2001);
    expect((await call('PUT', url, session('other'))).statusCode).toBe(2001);
    expect(rules()).toEqual(expect.arrayContaining(['UPD-04', 'COO-04']));
  });

  it('takes a CDR once, the same again as success, and refuses other content under its id', async () => {
    const first = await call('POST', at('cdrs'), cdr('c1'));
    expect(first).toMatchObject({ httpStatus: 201, statusCode: 1000 });
    const reordered = Object.fromEntries(Object.entries(cdr('c1')).reverse());
    expect(await call('POST', at('cdrs'), reordered)).toMatchObject({ httpStatus: 200, statusCode: 1000 });
    expect(await call('POST', at('cdrs'), cdr('c1', { total_energy: 2 }))).toMatchObject({ httpStatus: 409 });
    expect((await call('GET', String(first.headers.get('location')))).data).toMatchObject({
      id: 'c1',
      total_energy: 1,
    });
  });

  it('keeps a location, an EVSE status and a connector, and raises last_updated of what contains them', async () => {
    const location = { ...playing.platform.locations[1], id: 'X1' };
    const [evse] = objectsOf(location, 'evses');
    const uid = String(evse?.uid);
    await call('PUT', at('locations', 'DE', 'VLT', 'X1'), location);
    await call('PATCH', at('locations', 'DE', 'VLT', 'X1', uid), {
      status: 'RESERVED',
      last_updated: '2026-02-02T00:00:00Z',
    });
    const kept = (await call('GET', at('locations', 'DE', 'VLT', 'X1'))).data as JsonObject;
    expect(kept.last_updated).toBe('2026-02-02T00:00:00Z');
    expect((await call('GET', at('locations', 'DE', 'VLT', 'X1', uid))).data).toMatchObject({
      uid,
      status: 'RESERVED',
    });
    expect((await call('GET', at('locations', 'DE', 'VLT', 'X1', uid, '1'))).data).toMatchObject({ id: '1' });
    expect((await call('PUT', at('locations', 'DE', 'VLT', 'gone', uid), evse)).httpStatus).toBe(404);
    expect((await call('DELETE', at('locations', 'DE', 'VLT', 'X1'))).httpStatus).toBe(405);
  });

  it('takes and deletes tariffs, and knows no PATCH of them', async () => {
    const [tariff] = playing.platform.tariffs;
    const url = at('tariffs', 'DE', 'VLT', String(tariff?.id));
    expect((await call('PUT', url, tariff)).statusCode).toBe(1000);
    expect((await call('PATCH', url, { currency: 'CHF' })).httpStatus).toBe(405);
    expect((await call('DELETE', url)).statusCode).toBe(1000);
    expect((await call('GET', url)).httpStatus).toBe(404);
  });

  const misbehaviours: [Misbehaviour['kind'], object][] = [
    ['http-500', { httpStatus: 500 }],
    ['http-429', { httpStatus: 429 }],
    ['status-2003', { httpStatus: 200, statusCode: 2003 }],
    ['wrong-json', { httpStatus: 200, statusCode: null }],
    ['slow', { httpStatus: 200, statusCode: 1000 }],
  ];
  it.each(misbehaviours)('misbehaves once by %s and then behaves again', async (kind, expected) => {
    playing.simulator.misbehaviours.add({ kind, route: 'sessions', method: 'PUT', delayMs: 10 });
    const url = at('sessions', 'DE', 'VLT', 's1');
    expect((await call('GET', url)).statusCode).toBe(1000);
    expect(await call('PUT', url, session('s1'))).toMatchObject(expected);
    expect((await call('PUT', url, session('s1'))).statusCode).toBe(1000);
  });

  it('cuts the socket after it has stored, and redirects', async () => {
    const url = at('cdrs');
    playing.simulator.misbehaviours.add({ kind: 'cut-after-commit', route: 'cdrs' });
    await expect(call('POST', url, cdr('c2'))).rejects.toThrow(Unreachable);
    expect((await call('POST', url, cdr('c2'))).httpStatus).toBe(200);
    playing.simulator.misbehaviours.add({ kind: 'redirect', route: 'cdrs' });
    await expect(call('POST', url, cdr('c2'))).rejects.toThrow(Unreachable);
  });

  it('lists terminals page by page, patches them and refuses a foreign customer_reference', async () => {
    for (const each of ['T1', 'T2', 'T3'])
      await playing.simulator.ptp.createTerminal({ terminalId: each, customerReference: 'mine' });
    const page = await call('GET', `${at('payments', 'terminals')}?limit=2`);
    expect(page.data).toHaveLength(2);
    expect(page.headers.get('x-total-count')).toBe('3');
    expect(page.headers.get('link')).toContain('offset=2');
    const last_updated = '2026-01-01T00:00:00Z';
    const patch = { location_ids: ['VLT-001'], last_updated };
    expect((await call('PATCH', at('payments', 'terminals', 't1'), patch)).statusCode).toBe(1000);
    expect((await call('GET', at('payments', 'terminals', 'T1'))).data).toMatchObject({ location_ids: ['VLT-001'] });
    const foreign = { customer_reference: 'theirs', last_updated };
    expect((await call('PATCH', at('payments', 'terminals', 'T1'), foreign)).statusCode).toBe(2001);
  });
  it('lists terminals and tokens of which it told nobody, and no longer those that it withdrew', async () => {
    const { ptp } = playing.simulator;
    const listed = async (module: string, ...path: string[]) =>
      objectsOf({ all: (await call('GET', at(module, ...path))).data ?? null }, 'all');
    ptp.addTerminal({ terminalId: 'Quiet', customerReference: 'mine' });
    ptp.issueToken('card-1');
    ptp.issueToken('card-2', { country_code: 'DE', party_id: 'XXX' });
    const terminals = async () => (await listed('payments', 'terminals')).map(({ terminal_id }) => terminal_id);
    expect(await terminals()).toContain('Quiet');
    expect((await listed('tokens')).map(({ party_id, uid }) => [party_id, uid])).toEqual([
      [ptp.options.party.party_id, 'card-1'],
      ['XXX', 'card-2'],
    ]);
    ptp.removeTerminal('quiet');
    ptp.withdrawToken('card-1');
    expect(await terminals()).not.toContain('Quiet');
    expect(await listed('tokens')).toHaveLength(1);
  });
});
