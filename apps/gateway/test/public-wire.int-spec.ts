import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { OCPI_VERSIONS } from '@voltap/ocpi';
import { openApiDocumentOf } from '@voltap/ocpi/server';
import { authorizationHeader, parseEnvelope } from '@voltap/ocpi/transport';
import { GatewayBench } from './gateway-bench.js';

jest.setTimeout(60_000);

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

  it('answers what is hardly HTTP in an envelope, and hangs up (TRN-12)', async () => {
    const port = Number(new URL(bench.publicUrl).port);
    const speak = (text: string): Promise<string> =>
      new Promise((resolve, reject) => {
        let answer = '';
        const socket = connect(port, '127.0.0.1', () => socket.write(text));
        socket.on('data', (chunk) => {
          answer += chunk.toString();
        });
        socket.on('close', () => resolve(answer));
        socket.on('error', reject);
      });
    const wide = `GET ${LOCATIONS} HTTP/1.1\r\nhost: x\r\nx-wide: ${'a'.repeat(100_000)}\r\n\r\n`;
    for (const [text, status] of [
      ['HELO there\r\n\r\n', 400],
      [wide, 431],
    ] as const) {
      const [head = '', body = ''] = (await speak(text)).split('\r\n\r\n');
      expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      expect(head).toContain('application/json');
      expect(parseEnvelope(body)).toMatchObject({ statusCode: 2000, data: undefined });
    }
  });
});
