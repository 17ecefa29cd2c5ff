import { createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SystemClock, VoltapError } from '@voltap/kernel';
import { OcpiClient } from '@voltap/ocpi/client';
import { cdrs, credentials, locations, payments, tariffs, tokens, versions } from '@voltap/ocpi/endpoints';
import { aCdr, aConfirmation, aTerminal, aToken } from '@voltap/ocpi/testkit';
import {
  decodeCursor,
  decodeToken,
  parseEnvelope,
  parseNextLink,
  parsePageQuery,
  retryAfterMs,
  routingOf,
  tokenOfHeader,
} from '@voltap/ocpi/transport';
import fc from 'fast-check';
import { ANSWER_CORPUS } from './fuzz-corpus.js';
import { hostileBodies, hostileTexts } from './hostile.js';
import { envelope, type LoopbackPeer, startPeer } from './loopback-peer.js';

const OUTCOMES = ['success', 'refused', 'unreachable'];

/** Answers that nobody in their right mind gives. Each is a value for who called, in time and within bounds. */
describe('a hostile answer', () => {
  const client = new OcpiClient(new SystemClock(), {
    rules: { allowHttp: true, allowPrivateAddresses: true },
    maxResponseBytes: 1024 * 1024,
  });
  let peer: LoopbackPeer;
  let raw: Server;
  let speak: (socket: Socket) => void;

  beforeAll(async () => {
    peer = await startPeer();
    raw = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      speak(socket);
    });
    await new Promise<void>((resolve) => raw.listen(0, '127.0.0.1', resolve));
  });

  afterAll(async () => {
    await client.close();
    await peer.stop();
    await new Promise((resolve) => raw.close(resolve));
  });

  const ROWS = [
    { row: versions.list, params: {}, data: [{ version: '2.3.0', url: 'https://ptp.example/2.3.0' }] },
    { row: versions.details, params: {}, data: { version: '2.3.0', endpoints: [] } },
    { row: credentials.get, params: {}, data: { token: 't', url: 'https://ptp.example', roles: [] } },
    { row: payments.sender.listTerminals, params: {}, data: [aTerminal(), aTerminal()] },
    { row: payments.sender.getConfirmation, params: { confirmation_id: 'F1' }, data: aConfirmation() },
    { row: tokens.sender.authorize, params: { token_uid: 'X' }, data: { allowed: 'ALLOWED', token: aToken() } },
    { row: cdrs.receiver.get, params: {}, data: aCdr() },
    { row: tariffs.receiver.delete, params: { country_code: 'DE', party_id: 'VLT', tariff_id: 'T' }, data: {} },
    { row: locations.receiver.get, params: { country_code: 'DE', party_id: 'VLT', location_id: 'L' }, data: {} },
  ] as const;

  async function expectValue(index: number, version: '2.3.0' | '2.2.1' = '2.3.0'): Promise<void> {
    const { row, params } = ROWS[index % ROWS.length] ?? ROWS[0];
    const connection = peer.connection({ version });
    const result = await client.call(
      row as never,
      { connection, params, url: `${peer.origin}/x`, timeoutMs: 20_000 } as never,
    );
    expect(OUTCOMES).toContain((result as { outcome: string }).outcome);
    expect(JSON.stringify(result).length).toBeLessThan(4 * 1024 * 1024);
  }

  it.each(ANSWER_CORPUS)('of the corpus is a value: $what', async ({ body, headers = {} }) => {
    peer.behave = (_request, response) => response.writeHead(200, headers).end(body);
    for (let index = 0; index < ROWS.length; index += 1) await expectValue(index);
  });

  it('with any status, headers and body is a value (PAG-16)', async () => {
    const status = fc.oneof(fc.constant(200), fc.integer({ min: 200, max: 599 }));
    const headerValue = hostileTexts.map((text) => text.replace(/[^\t\x20-\x7e\x80-\xff]/g, ''));
    const names = fc.constantFrom(
      'link',
      'location',
      'retry-after',
      'x-total-count',
      'x-limit',
      'content-type',
      'content-encoding',
    );
    const index = fc.nat({ max: ROWS.length - 1 });
    const version = fc.constantFrom('2.3.0' as const, '2.2.1' as const);
    const given = index.chain((row) => {
      const valid: unknown = JSON.parse(envelope(ROWS[row]?.data));
      return fc.tuple(fc.constant(row), hostileBodies(valid));
    });
    await fc.assert(
      fc.asyncProperty(
        given,
        status,
        fc.dictionary(names, headerValue, { maxKeys: 4 }),
        version,
        async ([row, body], code, headers, spoken) => {
          peer.behave = (_request, response) => {
            const empty = code === 204 || code === 205 || code === 304;
            response.writeHead(code, headers).end(empty ? undefined : body);
          };
          await expectValue(row, spoken);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('ends a crawl, whatever the links say', async () => {
    const link = fc.oneof(
      hostileTexts.map((text) => `<${text}>; rel="next"`),
      fc.constantFrom(
        '</x>; rel=next',
        '</y?offset=1>; rel=next',
        '<>; rel=next',
        '<//evil.example>; rel=next',
        '<javascript:1>; rel=next',
      ),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          link.map((text) => text.replace(/[^\t\x20-\x7e]/g, '')),
          { minLength: 1, maxLength: 5 },
        ),
        fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 5 }),
        async (links, totals) => {
          let turn = 0;
          peer.behave = (_request, response) => {
            const headers = {
              link: links[turn % links.length] ?? '',
              'x-total-count': String(totals[turn % totals.length]),
            };
            turn += 1;
            response.writeHead(200, headers).end(envelope([aTerminal()]));
          };
          const query = { date_to: '2026-03-01T00:00:00Z', offset: 3 };
          for await (const page of client.pages(payments.sender.listTerminals, {
            connection: peer.connection(),
            query,
          })) {
            expect(OUTCOMES).toContain(page.outcome);
            expect(turn).toBeLessThan(50);
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it('that is no HTTP at all is a value', async () => {
    const { port } = raw.address() as { port: number };
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((each) => Buffer.from(each)),
      fc
        .constantFrom(
          'HTTP/1.1 200 OK\r\n',
          'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{',
          'HTTP/1.1 999 ?\r\n\r\n',
        )
        .map((text) => Buffer.from(text)),
      hostileTexts.map((text) =>
        Buffer.from(`HTTP/1.1 200 OK\r\n${text}: ${text}\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\n`),
      ),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (answer) => {
        speak = (socket) => {
          socket.once('data', () => socket.end(answer));
        };
        const url = `http://127.0.0.1:${port}/x`;
        const result = await client.rawRequest({
          connection: peer.connection(),
          method: 'GET',
          url,
          timeoutMs: 20_000,
        });
        expect(['refused', 'unreachable']).toContain(result.outcome);
      }),
      { numRuns: 150 },
    );
  });
});

describe('every reader of headers and queries', () => {
  it('gives a value or names what is wrong, for any text', () => {
    const long = fc
      .tuple(hostileTexts, fc.nat({ max: 3000 }))
      .map(([text, times]) => text.repeat(times).slice(0, 16_000));
    fc.assert(
      fc.property(fc.oneof(hostileTexts, long), hostileTexts, (text, other) => {
        parseNextLink(text);
        parseNextLink(`<${other}>;${text}`);
        parseEnvelope(text);
        decodeToken(tokenOfHeader(text) ?? other);
        retryAfterMs(text, new Date());
        routingOf({ 'ocpi-to-party-id': text, 'ocpi-to-country-code': other, link: [text, other] });
        for (const read of [
          () => parsePageQuery({ limit: text, offset: other, date_from: [text], cursor: other }),
          () => decodeCursor(text),
        ]) {
          try {
            read();
          } catch (error) {
            expect(error).toBeInstanceOf(VoltapError);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
