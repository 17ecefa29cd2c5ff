import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { OCPI_VERSIONS } from '@voltap/ocpi';
import { openApiDocumentOf } from '@voltap/ocpi/server';
import { authorizationHeader, parseEnvelope } from '@voltap/ocpi/transport';
import { GatewayBench } from './gateway-bench.js';

const LOCATIONS = '/ocpi/cpo/2.3.0/locations';

describe('the public listener, on the wire', () => {
  let bench: GatewayBench;

  beforeAll(async () => {
    bench = await GatewayBench.start({});
    await bench.admit(bench.partner('payter'));
    await bench.admit(
      bench.partner('plain', {
        settings: { plainToken: true },
        inboundTokens: [{ hash: bench.hash('token-of-plain'), scope: 'full', expiresAt: null }],
      }),
    );
  });

  beforeEach(() => bench.reset());

  afterAll(() => bench?.close());

  const withHeader = (authorization: string) =>
    bench.ocpi(null, 'GET', LOCATIONS, { headers: { authorization } }).then(({ http }) => http);

  it('answers 401, never worse, to tokens that are not known or cannot be decoded (TRN-04, TRN-05)', async () => {
    const random = authorizationHeader('a-token-of-nobody');
    for (const header of [random, 'Token not*base64', 'Bearer x', 'Token', 'Token a b', 'Token ////', 'Token =']) {
      expect([header, await withHeader(header)]).toEqual([header, 401]);
    }
  });

  it('takes a token in clear from partners that are set so, and from no other (TRN-06)', async () => {
    expect(await withHeader('Token token-of-plain')).toBe(200);
    expect(await withHeader('Token token-of-payter')).toBe(401);
  });

  it('takes a token that was encoded with a line feed at its end (TRN-15)', async () => {
    expect(await withHeader(authorizationHeader('token-of-payter\n'))).toBe(200);
    expect(await withHeader(`token ${authorizationHeader('token-of-payter').slice(6)}`)).toBe(200);
  });

  it('leaves it to their owner to say which methods versions have', async () => {
    await bench.ocpi('payter', 'POST', '/ocpi/cpo/versions');
    await bench.ocpi('payter', 'DELETE', '/ocpi/cpo/2.3.0');
    expect(bench.services.credentials.arrived.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /ocpi/cpo/versions',
      'DELETE /ocpi/cpo/2.3.0',
    ]);
    expect(await bench.ocpi(null, 'POST', '/ocpi/cpo/versions')).toMatchObject({ http: 401 });
  });

  it.each(OCPI_VERSIONS)('describes what it serves in OCPI %s, to anybody', async (version) => {
    const answer = await fetch(`${bench.publicUrl}/openapi/ocpi-${version}.json`);
    expect(answer.headers.get('content-type')).toContain('application/json');
    expect(await answer.json()).toEqual(openApiDocumentOf(version));
  });

  /** Sends bytes as they are. @returns all that came back until the connection was closed. */
  function speak(text: string): Promise<string> {
    return new Promise((resolve) => {
      let answer = '';
      const socket = connect(Number(new URL(bench.publicUrl).port), '127.0.0.1', () => socket.write(text));
      socket.on('data', (chunk) => {
        answer += chunk.toString();
      });
      socket.on('error', () => socket.destroy());
      socket.on('close', () => resolve(answer));
    });
  }

  const authorization = `authorization: ${authorizationHeader('token-of-payter')}\r\n`;
  const put = `PUT /ocpi/cpo/2.3.0/tokens/NL/PTP/1 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${authorization}`;
  const get = (target: string): string =>
    `GET ${target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${authorization}\r\n`;

  it.each([
    ['no HTTP', 'HELO there\r\n\r\n', [400]],
    ['headers of 100 KB', `${get(LOCATIONS).slice(0, -2)}x-wide: ${'a'.repeat(100_000)}\r\n\r\n`, [431]],
    ['a path of 100 KB', get(`/${'a'.repeat(100_000)}`), [431]],
    ['two lengths of one body', `${put}content-length: 2\r\ncontent-length: 3\r\n\r\n{}}`, [400]],
    ['a length and chunks', `${put}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`, [400]],
    ['a length that is no number', `${put}content-length: two\r\n\r\n{}`, [400]],
    ['chunks that are none', `${put}transfer-encoding: chunked\r\n\r\nZZ\r\n`, [400]],
    ['a header without a name', `${put}: x\r\n\r\n`, [400]],
    ['a zero byte in a header', `${put}x-request-id: a\0b\r\n\r\n`, [400]],
    ['a path that cannot be decoded', get('/ocpi/cpo/2.3.0/locations/%E0%A4%A'), [400, 404]],
    ['an address of somebody else', get('http://elsewhere.example/ocpi/cpo/2.3.0/locations'), [200, 404]],
    ['steps up', get('/ocpi/cpo/2.3.0/../../../internal/partners'), [404]],
    ['a content type that is none', `${put}content-type: ;;;\r\ncontent-length: 2\r\n\r\n{}`, [200]],
  ] as const)('answers %s in an envelope, and goes on (TRN-12)', async (_, bytes, expected) => {
    const [head = '', body = ''] = (await speak(bytes)).split('\r\n\r\n');
    expect(expected).toContain(Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1]));
    expect(head).toContain('application/json');
    expect(parseEnvelope(body.slice(body.indexOf('{'), body.lastIndexOf('}') + 1))?.statusCode).toBeDefined();
    expect(await bench.ocpi('payter', 'GET', LOCATIONS)).toMatchObject({ http: 200, status: 1000 });
  });

  it('holds nothing up for a partner that hangs up while its token is looked at', async () => {
    const own = await GatewayBench.start({});
    await own.admit(own.partner('payter'));
    const port = Number(new URL(own.publicUrl).port);
    for (const bytes of [`${put}content-length: 2\r\n\r\n{}`, `${put}content-length: 9\r\n\r\n{}`, get(LOCATIONS)]) {
      await new Promise<void>((resolve, reject) => {
        const socket = connect(port, '127.0.0.1', () => socket.end(bytes));
        socket.resume();
        socket.on('error', reject);
        socket.on('close', () => resolve());
      });
    }
    // Closing waits for what is under way: with a request that nobody ends, it would not come back.
    await own.close();
  });
});
