import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { SystemClock } from '@voltap/kernel';
import { type CallResult, OcpiClient } from '@voltap/ocpi/client';
import {
  chargingProfiles,
  hubClientInfo,
  invoiceReconciliation,
  locations,
  payments,
  sessions,
  tariffs,
  tokens,
} from '@voltap/ocpi/endpoints';
import {
  connectorSchema,
  evseSchema,
  locationSchema,
  OCPI_VERSIONS,
  sessionSchema,
  tariffSchema,
} from '@voltap/ocpi/model';
import { aConnector, aLocation, anEvse, aSession, aTariff, aTerminal, aToken } from '@voltap/ocpi/testkit';
import { schemaIn } from '@voltap/ocpi/versions';
import { z } from 'zod';
import { envelope, type LoopbackPeer, startPeer } from './loopback-peer.js';

const LAST_UPDATED = '2026-01-01T00:00:00Z';

describe('a call of a partner', () => {
  const client = new OcpiClient(new SystemClock(), { rules: { allowHttp: true, allowPrivateAddresses: true } });
  let peer: LoopbackPeer;

  beforeAll(async () => {
    peer = await startPeer();
  });

  beforeEach(() => {
    peer.seen.length = 0;
    peer.behave = (_request, response) => response.end(envelope());
  });

  afterAll(async () => {
    await client.close();
    await peer.stop();
  });

  async function pagesOf(query: Record<string, string | number>): Promise<CallResult<readonly unknown[]>[]> {
    const pages: CallResult<readonly unknown[]>[] = [];
    for await (const page of client.pages(payments.sender.listTerminals, { connection: peer.connection(), query })) {
      pages.push(page);
    }
    return pages;
  }

  it('that is refused gives nothing of what stands in data (ENV-16, TOK-12)', async () => {
    const connection = peer.connection();
    for (const [http, code] of [
      [200, 2001],
      [200, 2004],
      [404, 2004],
      [404, 1000],
      [200, 4003],
    ] as const) {
      const data = { allowed: 'ALLOWED', token: aToken() };
      peer.behave = (_request, response) => response.writeHead(http).end(envelope(data, code));
      const result = await client.call(tokens.sender.authorize, { connection, params: { token_uid: 'X' } });
      expect(result).toMatchObject({ outcome: 'refused', httpStatus: http, statusCode: code, retryable: false });
      expect(result).not.toHaveProperty('value');
    }
  });

  it('puts whole objects at the URL of their owner, in the version of the partner (LOC-26, COO-01, COO-02)', async () => {
    const owner = { country_code: 'DE', party_id: 'VLT' };
    const params = { ...owner, location_id: 'L1', evse_uid: 'E1', connector_id: '1' };
    for (const version of OCPI_VERSIONS) {
      const connection = peer.connection({ version });
      peer.seen.length = 0;
      await client.call(locations.receiver.put, { connection, params, body: aLocation() });
      await client.call(locations.receiver.putEvse, { connection, params, body: anEvse() });
      await client.call(locations.receiver.putConnector, { connection, params, body: aConnector() });
      await client.call(sessions.receiver.put, {
        connection,
        params: { ...owner, session_id: 'S1' },
        body: aSession(),
      });
      await client.call(tariffs.receiver.put, { connection, params: { ...owner, tariff_id: 'T1' }, body: aTariff() });
      const schemas = [locationSchema, evseSchema, connectorSchema, sessionSchema, tariffSchema];
      const faults = peer.seen.map(
        ({ body }, index) => schemaIn(version, schemas[index] ?? z.never()).safeParse(JSON.parse(body)).error?.issues,
      );
      expect(faults).toEqual(Array(5).fill(undefined));
      expect(peer.seen.map(({ url }) => url.slice('/ocpi/'.length))).toEqual([
        'locations/DE/VLT/L1',
        'locations/DE/VLT/L1/E1',
        'locations/DE/VLT/L1/E1/1',
        'sessions/DE/VLT/S1',
        'tariffs/DE/VLT/T1',
      ]);
      for (const { body } of peer.seen.filter(({ body }) => 'party_id' in JSON.parse(body))) {
        expect(JSON.parse(body)).toMatchObject(owner);
      }
    }
  });

  it('asks for an authorisation with one slash, and names the type (TOK-11)', async () => {
    for (const connection of [
      peer.connection(),
      peer.connection({ endpoints: [{ identifier: 'tokens', role: 'SENDER', url: `${peer.origin}/tokens//` }] }),
    ]) {
      await client.call(tokens.sender.authorize, {
        connection,
        params: { token_uid: 'A B/1' },
        query: { type: 'APP_USER' },
        body: { location_id: 'L1' },
      });
    }
    expect(peer.seen.map(({ url }) => url)).toEqual([
      '/ocpi/tokens/A%20B%2F1/authorize?type=APP_USER',
      '/tokens/A%20B%2F1/authorize?type=APP_USER',
    ]);
  });

  it('activates, puts, patches and deactivates terminals where the chapter says (PAY-41, PAY-43, PAY-45, PAY-46, PAY-48)', async () => {
    const connection = peer.connection();
    const params = { terminal_id: 'PT-1' };
    await client.call(payments.sender.activateTerminal, {
      connection,
      body: { reference: 'R1', last_updated: LAST_UPDATED },
    });
    await client.call(payments.sender.deactivateTerminal, { connection, params });
    await client.call(payments.sender.putTerminal, { connection, params, body: aTerminal() });
    await client.call(payments.sender.patchTerminal, {
      connection,
      params,
      body: { location_ids: [], last_updated: LAST_UPDATED },
    });
    await client.call(payments.sender.getTerminal, { connection, params });
    expect(peer.seen.map(({ method, url, body }) => [method, url, body])).toEqual([
      ['POST', '/ocpi/payments/terminals/activate', `{"reference":"R1","last_updated":"${LAST_UPDATED}"}`],
      ['POST', '/ocpi/payments/terminals/PT-1/deactivate', ''],
      ['PUT', '/ocpi/payments/terminals/PT-1', JSON.stringify(aTerminal())],
      ['PATCH', '/ocpi/payments/terminals/PT-1', `{"location_ids":[],"last_updated":"${LAST_UPDATED}"}`],
      ['GET', '/ocpi/payments/terminals/PT-1', ''],
    ]);
  });

  it('reaches the optional modules at their paths, the hub without routing headers (INV-02, RTE-04)', async () => {
    const connection = peer.connection();
    const record = {
      country_code: 'DE',
      party_id: 'VLT',
      id: 'I1',
      invoice_id: 'INV-1',
      cdrs: ['C1'],
      last_updated: LAST_UPDATED,
    };
    const params = { country_code: 'DE', party_id: 'VLT', id: 'I1' };
    await client.call(invoiceReconciliation.receiver.post, { connection, body: record });
    await client.call(invoiceReconciliation.receiver.put, { connection, params, body: record });
    await client.call(invoiceReconciliation.receiver.delete, { connection, params });
    await client.call(chargingProfiles.receiver.delete, {
      connection,
      params: { session_id: 'S1' },
      query: { response_url: 'https://cpo.example/1' },
    });
    await client.call(hubClientInfo.receiver.get, { connection, params: { country_code: 'NL', party_id: 'PTP' } });
    expect(peer.seen.map(({ method, url, headers }) => [method, url, headers['ocpi-to-party-id']])).toEqual([
      ['POST', '/ocpi/invoicereconciliation', 'PTP'],
      ['PUT', '/ocpi/invoicereconciliation/DE/VLT/I1', 'PTP'],
      ['DELETE', '/ocpi/invoicereconciliation/DE/VLT/I1', 'PTP'],
      ['DELETE', '/ocpi/chargingprofiles/S1?response_url=https%3A%2F%2Fcpo.example%2F1', 'PTP'],
      ['GET', '/ocpi/hubclientinfo/NL/PTP', undefined],
    ]);
  });

  /** Terminals of a partner that pages by offset, in a window that closes. */
  function pagingBy(held: { ids: string[] }, moved: (turn: number) => void): void {
    let turn = 0;
    peer.behave = ({ url }, response) => {
      const asked = new URL(url, peer.origin);
      const offset = Number(asked.searchParams.get('offset') ?? 0);
      const page = held.ids.slice(offset, offset + 2);
      asked.searchParams.set('offset', String(offset + 2));
      const link = offset + 2 < held.ids.length ? { link: `<${asked.href}>; rel="next"` } : {};
      response
        .writeHead(200, { 'x-total-count': String(held.ids.length), ...link })
        .end(envelope(page.map((terminal_id) => aTerminal({ terminal_id }))));
      turn += 1;
      moved(turn);
    };
  }

  it('asks again for a page that may have skipped objects, when others left the window (PAG-15)', async () => {
    const held = { ids: ['T1', 'T2', 'T3', 'T4', 'T5', 'T6'] };
    pagingBy(held, (turn) => {
      // T1 changes after the first page: it leaves the window, and T3 takes the place of T2.
      if (turn === 1) held.ids.shift();
    });
    const pages = await pagesOf({ date_to: '2026-03-01T00:00:00Z', limit: 2 });
    const seen = pages.flatMap((page) => (page.outcome === 'success' ? page.value : []));
    expect(new Set(seen.map((terminal) => (terminal as { terminal_id: string }).terminal_id))).toEqual(
      new Set(['T1', 'T2', 'T3', 'T4', 'T5', 'T6']),
    );
    expect(peer.seen.map(({ url }) => new URL(url, peer.origin).searchParams.get('offset'))).toEqual([
      null,
      '2',
      '1',
      '3',
    ]);
  });

  it('builds no page by itself where the window is open or the link is opaque, and ends (PAG-14)', async () => {
    const held = { ids: ['T1', 'T2', 'T3', 'T4', 'T5', 'T6'] };
    pagingBy(held, () => held.ids.pop());
    await pagesOf({ limit: 2 });
    expect(peer.seen.map(({ url }) => new URL(url, peer.origin).searchParams.get('offset'))).toEqual([null, '2', '4']);
    peer.seen.length = 0;
    let total = 9;
    peer.behave = ({ url }, response) => {
      total -= 1;
      const next = url.includes('cursor=b')
        ? {}
        : { link: `</next?date_to=x&cursor=${url.includes('cursor=a') ? 'b' : 'a'}>; rel=next` };
      response.writeHead(200, { 'x-total-count': String(total), ...next }).end(envelope([aTerminal()]));
    };
    await pagesOf({ date_to: '2026-03-01T00:00:00Z' });
    expect(peer.seen.map(({ url }) => url.split('?')[1])).toEqual([
      'date_to=2026-03-01T00%3A00%3A00Z',
      'date_to=x&cursor=a',
      'date_to=x&cursor=b',
    ]);
  });

  it('ends a list whose links lead to ever new pages without an object', async () => {
    let turn = 0;
    peer.behave = (_request, response) => {
      turn += 1;
      response.writeHead(200, { link: `</next?cursor=${turn}>; rel="next"` }).end(envelope([]));
    };
    const pages = await pagesOf({ limit: 2 });
    expect(pages.at(-1)).toMatchObject({
      outcome: 'unreachable',
      reason: 'blocked',
      message: expect.stringMatching('empty'),
    });
    expect(turn).toBeLessThan(20);
  });

  it('ends when who walks the list stops, or cancels', async () => {
    pagingBy({ ids: ['T1', 'T2', 'T3', 'T4', 'T5'] }, () => undefined);
    for await (const _ of client.pages(payments.sender.listTerminals, { connection: peer.connection() })) break;
    expect(peer.seen).toHaveLength(1);
    const cancel = new AbortController();
    const outcomes: string[] = [];
    const walk = client.pages(payments.sender.listTerminals, { connection: peer.connection(), signal: cancel.signal });
    for await (const page of walk) {
      outcomes.push(page.outcome === 'unreachable' ? page.reason : page.outcome);
      cancel.abort();
    }
    expect(outcomes).toEqual(['success', 'aborted']);
    expect(peer.seen).toHaveLength(2);
  });

  it('gives up on an answer that never ends, by its time or by its size', async () => {
    peer.behave = (_request, response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write(' '), 5);
      response.on('close', () => clearInterval(drip));
    };
    const params = { terminal_id: 'PT-1' };
    const slow = await client.call(payments.sender.getTerminal, {
      connection: peer.connection(),
      params,
      timeoutMs: 60,
    });
    expect(slow).toMatchObject({ outcome: 'unreachable', reason: 'timeout' });
    const chunk = Buffer.alloc(64 * 1024, 0x20);
    let written = 0;
    peer.behave = (_request, response) => {
      response.writeHead(200);
      const pour = (): void => {
        while (!response.destroyed && response.write(chunk)) written += chunk.length;
        written += chunk.length;
      };
      response.on('drain', pour);
      pour();
    };
    const large = await client.call(payments.sender.getTerminal, { connection: peer.connection(), params });
    expect(large).toMatchObject({ outcome: 'unreachable', reason: 'too-large' });
    expect(written).toBeLessThan(40 * 1024 * 1024);
  });
});
