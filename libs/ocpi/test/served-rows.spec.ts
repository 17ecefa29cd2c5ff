import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { commands, type EndpointRow, opensWithRegistrationToken, servedRows } from '@voltap/ocpi/endpoints';
import { OCPI_VERSIONS, responseEnvelopeSchema } from '@voltap/ocpi/model';
import { downgrade, schemaIn } from '@voltap/ocpi/versions';
import { z } from 'zod';
import { bodyOf, pathOf, startWholeCpo, type WholeCpo, type WireAnswer } from './whole-cpo.js';

/** What holds for every endpoint that a CPO serves, in both versions, whatever stands behind it. */
const ROWS = OCPI_VERSIONS.flatMap((version) => servedRows(version).map((row) => ({ version, row })));
const WRITABLE = ROWS.filter(({ row }) => row.request !== undefined && !(row.request instanceof z.ZodOptional));
const JSON_BODY = { 'content-type': 'application/json', 'x-request-id': 'r1', 'x-correlation-id': 'c1' };
const name = ({ version, row }: { version: string; row: EndpointRow }): string => `${version} ${row.id}`;

describe('every endpoint that a CPO serves', () => {
  let cpo: WholeCpo;
  const codes = new Set<number>();

  beforeAll(async () => {
    cpo = await startWholeCpo();
  });

  afterAll(async () => {
    await cpo.close();
  });

  /** The envelope of an answer, which every answer has. */
  function enveloped({ text, headers }: WireAnswer): z.output<typeof responseEnvelopeSchema> {
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
    const envelope = responseEnvelopeSchema.parse(JSON.parse(text));
    codes.add(envelope.status_code);
    return envelope;
  }

  const wireBody = ({ version, row }: (typeof ROWS)[number]): Record<string, unknown> =>
    downgrade(row.objects.request, version, bodyOf(row)).value as Record<string, unknown>;

  it('answers what it is for with 1000, ids echoed, in the words of the version (ENV-01, ENV-02, ENV-03, ENV-10, TRN-12, IDS-01, IDS-02, FMT-05, LOC-01, SES-01, SES-02, SES-24, TAR-01, TAR-23)', async () => {
    for (const { version, row } of ROWS) {
      const body = wireBody({ version, row });
      const answer = await cpo.call({
        method: row.method,
        url: pathOf(row, version),
        headers: JSON_BODY,
        ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
      });
      const { status_code, data } = enveloped(answer);
      expect([name({ version, row }), answer.status, status_code]).toEqual([name({ version, row }), 200, 1000]);
      expect(answer.headers).toMatchObject({ 'x-request-id': 'r1', 'x-correlation-id': 'c1' });
      if (row.response === 'none') expect(data).toBeUndefined();
      else {
        expect(Array.isArray(data)).toBe(row.paginated || row.id === 'versions.sender.list');
        const schema = schemaIn(version, row.response);
        expect((row.paginated ? z.array(schema) : schema).safeParse(data).error?.issues ?? []).toEqual([]);
      }
      if (row.paginated) expect(answer.headers).toMatchObject({ 'x-total-count': '1', 'x-limit': '500' });
    }
  });

  it('is found with and without a slash at the end, and whatever the case of header names (TRN-11, TRN-13, PAY-15)', async () => {
    for (const { version, row } of ROWS.filter(({ row }) => row.method === 'GET')) {
      const answer = await cpo.call({
        method: 'GET',
        url: `${pathOf(row, version)}/`,
        headers: { 'X-REQUEST-ID': 'r2' },
      });
      expect([name({ version, row }), enveloped(answer).status_code]).toEqual([name({ version, row }), 1000]);
      expect(answer.headers['x-request-id']).toBe('r2');
    }
  });

  it('needs no Content-Type where there is no body, and mints ids that are missing (TRN-10, IDS-05)', async () => {
    for (const { version, row } of ROWS.filter(({ row }) => row.request === undefined)) {
      const answer = await cpo.call({ method: row.method, url: pathOf(row, version) });
      expect(enveloped(answer).status_code).toBe(1000);
      expect(answer.headers['x-request-id']).toHaveLength(36);
      expect(answer.headers['x-correlation-id']).toHaveLength(36);
    }
  });

  it('answers 401 to nobody known, and to a registration token unless it is versions or credentials (TRN-03, TRN-07, VER-03, VER-12)', async () => {
    for (const { version, row } of ROWS) {
      const url = pathOf(row, version);
      const stranger = await cpo.call({ method: row.method, url, caller: null });
      expect([stranger.status, enveloped(stranger).data]).toEqual([401, undefined]);
      if (opensWithRegistrationToken(row) && row.method !== 'GET') continue;
      const newcomer = await cpo.call({ method: row.method, url, caller: { scope: 'registration' } });
      expect([name({ version, row }), newcomer.status]).toEqual([
        name({ version, row }),
        opensWithRegistrationToken(row) ? 200 : 401,
      ]);
    }
  });

  it('answers HTTP 400 to what is no JSON (ENV-04)', async () => {
    for (const { version, row } of WRITABLE) {
      for (const payload of ['{"a":', 'a=1&b=2', '{"a":1}}']) {
        const answer = await cpo.call({ method: row.method, url: pathOf(row, version), headers: JSON_BODY, payload });
        expect([name({ version, row }), answer.status]).toEqual([name({ version, row }), 400]);
        enveloped(answer);
      }
    }
  });

  it('answers HTTP 200 and 2001 to JSON that is not what it takes (ENV-05, ENV-06)', async () => {
    for (const { version, row } of WRITABLE) {
      for (const payload of ['[]', '7', 'null', '"text"', '{"status":[]}']) {
        const answer = await cpo.call({ method: row.method, url: pathOf(row, version), headers: JSON_BODY, payload });
        // A terminal that is told at its own URL needs no field at all.
        const lenient = payload.startsWith('{') && /AtItsUrl|putTerminal|patchTerminal/.test(row.id);
        expect([name({ version, row }), answer.status, enveloped(answer).status_code]).toEqual([
          name({ version, row }),
          200,
          lenient ? 1000 : 2001,
        ]);
      }
    }
  });

  it('names each required field that is missing (FMT-15, UPD-02, CMD-27, CMD-29, PAY-05, PAY-32)', async () => {
    for (const { version, row } of WRITABLE) {
      const schema = schemaIn(version, row.request as z.ZodType);
      const { required = [] } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
      const body = wireBody({ version, row });
      for (const field of required) {
        const { [field]: _, ...rest } = body;
        const payload = JSON.stringify(rest);
        const answer = await cpo.call({ method: row.method, url: pathOf(row, version), headers: JSON_BODY, payload });
        const { status_code, status_message } = enveloped(answer);
        expect([answer.status, status_code]).toEqual([200, 2001]);
        expect(status_message).toContain(`/${field}`);
      }
    }
  });

  it('takes fields that no table has, and hands them on (FMT-20, PAY-13)', async () => {
    for (const { version, row } of WRITABLE) {
      const payload = JSON.stringify({ ...wireBody({ version, row }), foo: { bar: 1 } });
      const answer = await cpo.call({ method: row.method, url: pathOf(row, version), headers: JSON_BODY, payload });
      expect([name({ version, row }), enveloped(answer).status_code]).toEqual([name({ version, row }), 1000]);
      expect(cpo.seen.at(-1)).toMatchObject({ row: row.id, body: { foo: { bar: 1 } } });
    }
  });

  it('answers 405 with Allow to every other method (ENV-15, CDR-06, COO-07, CRED-14, PAY-16, TOK-06)', async () => {
    for (const [path, rows] of Map.groupBy(ROWS, ({ version, row }) => pathOf(row, version))) {
      const offered = new Set(rows.map(({ row }) => row.method));
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const) {
        if (offered.has(method)) continue;
        const answer = await cpo.call({ method, url: path, headers: JSON_BODY, payload: '{}' });
        expect([path, method, answer.status, enveloped(answer).status_code]).toEqual([path, method, 405, 2000]);
        expect(String(answer.headers.allow).split(', ').sort()).toEqual([...offered].sort());
      }
    }
  });

  it('answers 404 to commands and paths that nobody has heard of (CMD-28, CMD-34)', async () => {
    for (const path of [
      'commands/DANCE',
      'commands/start_session',
      'commandsSTART_SESSION',
      'payments/terminals/1/2/3',
    ]) {
      const answer = await cpo.call({
        method: 'POST',
        url: `/ocpi/cpo/2.3.0/${path}`,
        headers: JSON_BODY,
        payload: '{}',
      });
      expect([path, answer.status, enveloped(answer).status_code]).toEqual([path, 404, 2000]);
    }
  });

  it('takes requests without routing headers, and those for one of several parties (RTE-05, RTE-06)', async () => {
    const url = '/ocpi/cpo/2.3.0/commands/START_SESSION';
    const payload = JSON.stringify(bodyOf(commands.receiver.startSession));
    const to = (party: string) => ({ ...JSON_BODY, 'ocpi-to-country-code': 'DE', 'ocpi-to-party-id': party });
    const parties = ['DE*VLT', 'DE*XYZ'];
    for (const [headers, seen] of [
      [JSON_BODY, parties],
      [to('VLT'), ['DE*VLT']],
      [to('xyz'), ['DE*XYZ']],
    ] as const) {
      const answer = await cpo.call({ method: 'POST', url, headers, payload, caller: { parties } });
      expect(enveloped(answer).status_code).toBe(1000);
      expect(cpo.seen.at(-1)?.parties).toEqual(seen);
    }
  });

  it('names no parties in headers with versions and credentials, and both parties everywhere else (RTE-03, RTE-04, RTE-08)', async () => {
    const headers = {
      'ocpi-from-country-code': 'nl',
      'ocpi-from-party-id': 'ptp',
      'ocpi-to-country-code': 'de',
      'ocpi-to-party-id': 'vlt',
    };
    for (const { version, row } of ROWS.filter(({ row }) => row.method === 'GET')) {
      const answer = await cpo.call({ method: 'GET', url: pathOf(row, version), headers });
      expect(answer.status).toBe(200);
      const named = [answer.headers['ocpi-from-party-id'], answer.headers['ocpi-to-party-id']];
      expect([name({ version, row }), ...named]).toEqual([
        name({ version, row }),
        ...(opensWithRegistrationToken(row) ? [undefined, undefined] : ['vlt', 'ptp']),
      ]);
    }
  });

  it('reads queries that cannot be read as 2001, and windows with and without Z (ENV-17, FMT-10, PAG-01)', async () => {
    for (const { version, row } of ROWS.filter(({ row }) => row.paginated)) {
      const code = async (query: string) =>
        enveloped(await cpo.call({ method: 'GET', url: `${pathOf(row, version)}?${query}` })).status_code;
      for (const wrong of ['date_from=yesterday', 'date_to=2026-01-01T00:00:00%2B02:00', 'offset=-1', 'limit=abc']) {
        expect([wrong, await code(wrong)]).toEqual([wrong, 2001]);
      }
      for (const right of [
        'date_from=2019-01-28T12:00:00',
        'date_to=2019-01-28T12:00:00.5Z',
        'offset=3',
        'limit=100000',
      ]) {
        expect([right, await code(right)]).toEqual([right, 1000]);
      }
    }
  });

  it('has used no code of a hub and none of the private ranges (ENV-13, ENV-14)', () => {
    expect([...codes].sort()).toEqual([1000, 2000, 2001]);
  });
});
