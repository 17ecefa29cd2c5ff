import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { backOfficeEndpoints } from '@voltap/contracts/back-office';
import Fastify from 'fastify';
import { listen } from '../src/http/listener.js';
import { GatewayBench, KEYS } from './gateway-bench.js';
import { sendJson } from './service-double.js';

const TARIFF = '/api/v1/tariffs/DE/VLT/T1';

describe('the back-office listener', () => {
  let bench: GatewayBench;
  const call = (
    method: string,
    path: string,
    { key = KEYS.all, ...init }: { key?: string | null; body?: RequestInit['body']; headers?: object } = {},
  ) =>
    fetch(bench.backOfficeUrl + path, {
      method,
      ...init,
      headers: { ...(key === null ? {} : { authorization: `Bearer ${key}` }), ...init.headers },
      ...(init.body === undefined ? {} : { duplex: 'half' }),
    } as RequestInit);

  beforeAll(async () => {
    bench = await GatewayBench.start();
  });

  beforeEach(() => bench.reset());

  afterAll(() => bench?.close());

  it('hands an operation on to its owner, with who calls', async () => {
    bench.services.tariffs.answer = (_arrived, response) =>
      sendJson(response, 201, { revision: 1 }, { 'voltap-inside': 'x' });
    const forged = bench.platform.callerHeaders({ kind: 'operator', keyId: 'x', scopes: ['operate'] });
    const body = '{ "currency": "EUR",  "id": "T1" }';
    const answer = await call('PUT', `${TARIFF}?x=1`, { body, headers: forged });
    expect([answer.status, await answer.json()]).toEqual([201, { revision: 1 }]);
    expect(answer.headers.get('voltap-inside')).toBeNull();
    const [arrived] = bench.services.tariffs.arrived;
    expect(arrived).toMatchObject({ method: 'PUT', path: `${TARIFF}?x=1`, body });
    expect(arrived?.caller).toMatchObject({ kind: 'operator', scopes: ['read', 'operate', 'back-end'] });
    expect(arrived?.headers.authorization).toBeUndefined();
    expect(JSON.stringify(arrived?.caller)).not.toContain(KEYS.all);
  });

  it.each([
    ['no key', null, 'GET', TARIFF, 401, 'unauthorized'],
    ['an unknown key', 'x'.repeat(40), 'GET', TARIFF, 401, 'unauthorized'],
    ['a key that may only read', KEYS.reader, 'PUT', TARIFF, 403, 'forbidden'],
    ['a key that may not speak as the back-end', KEYS.reader, 'GET', '/api/v1/commands/pending', 403, 'forbidden'],
    ['a path that does not exist', KEYS.all, 'GET', '/api/v1/unheard-of', 404, 'not_found'],
    ['a path that is no path', KEYS.all, 'GET', '/api/v1/partners/%ZZ', 404, 'not_found'],
    ['a method that is not offered', KEYS.all, 'PATCH', TARIFF, 405, 'method_not_allowed'],
  ])('answers %s with a problem document', async (_what, key, method, path, status, code) => {
    const answer = await call(method, path, { key });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(await answer.json()).toMatchObject({
      status,
      code,
      instance: path,
      type: `urn:voltap:error:${code}`,
      errors: [],
    });
    expect(answer.headers.get('www-authenticate')).toBe(status === 401 ? 'Bearer' : null);
    for (const service of Object.values(bench.services)) expect(service.arrived).toEqual([]);
  });

  it('names the methods that there are', async () => {
    const answer = await call('PATCH', TARIFF);
    expect(answer.headers.get('allow')?.split(', ').sort()).toEqual(['DELETE', 'GET', 'PUT']);
  });

  it('refuses a body above 1 MB where bodies are not streamed', async () => {
    const answer = await call('PUT', TARIFF, { body: ' '.repeat(1024 * 1024 + 1) });
    expect(answer.status).toBe(413);
    expect(await answer.json()).toMatchObject({ code: 'payload_too_large' });
    expect(bench.services.tariffs.arrived).toEqual([]);
  });

  it('says what is wrong while a service is away', async () => {
    await bench.services.cdrs.stop();
    try {
      const answer = await call('GET', '/api/v1/cdrs');
      expect(answer.status).toBe(503);
      expect(await answer.json()).toMatchObject({ code: 'unavailable', instance: '/api/v1/cdrs' });
    } finally {
      await bench.services.cdrs.start();
    }
  });

  it('streams an import: the service reads the beginning before the end is sent, and answers before it has ended', async () => {
    const reached = Promise.withResolvers<IncomingMessage>();
    const answering = Promise.withResolvers<ServerResponse>();
    bench.services.locations.intercept = (request, response) => {
      reached.resolve(request);
      answering.resolve(response);
    };
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    const answer = call('POST', '/api/v1/locations/import', {
      body: readable,
      headers: { 'content-type': 'application/x-ndjson' },
    });
    await writer.write(Buffer.from('{"id":"1"}\n'));
    const request = await reached.promise;
    const arriving = request[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    expect(String((await arriving.next()).value)).toBe('{"id":"1"}\n');
    const block = Buffer.alloc(64 * 1024, 0x0a);
    const blocks = 320;
    const counting = (async () => {
      let bytes = 0;
      for (let next = await arriving.next(); !next.done; next = await arriving.next()) bytes += next.value.length;
      return bytes;
    })();
    for (let index = 0; index < blocks; index++) await writer.write(block);
    const response = await answering.promise;
    response.writeHead(200, { 'content-type': 'application/json' }).write('{"received":');
    const begun = await answer;
    const reader = begun.body?.getReader();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('{"received":');
    await writer.close();
    expect(await counting).toBe(blocks * block.length);
    response.end('1}');
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('1}');
  });

  it('tells the service when who polls has gone', async () => {
    const polled = Promise.withResolvers<ServerResponse>();
    bench.services.commands.intercept = (_request, response) => polled.resolve(response);
    const gone = new AbortController();
    const poll = fetch(`${bench.backOfficeUrl}/api/v1/commands/pending?wait=25`, {
      headers: { authorization: `Bearer ${KEYS.all}` },
      signal: gone.signal,
    });
    const response = await polled.promise;
    const closed = new Promise((resolve) => response.once('close', resolve));
    gone.abort();
    await expect(poll).rejects.toThrow();
    await closed;
    expect(response.writableFinished).toBe(false);
  });

  it('describes every operation, for programs and for people', async () => {
    const document = (await (await call('GET', '/openapi.json', { key: null })).json()) as {
      openapi: string;
      paths: Record<string, Record<string, { operationId: string }>>;
    };
    expect(document.openapi).toMatch(/^3\.1/);
    const described = Object.values(document.paths).flatMap((path) =>
      Object.values(path).map((row) => row.operationId),
    );
    expect(described.sort()).toEqual(backOfficeEndpoints.map(({ id }) => id).sort());
    const answer = await call('GET', '/docs', { key: null });
    const page = await answer.text();
    expect(answer.headers.get('content-type')).toContain('text/html');
    for (const { id } of backOfficeEndpoints) expect(page).toContain(`id="${id}"`);
    expect(page).not.toMatch(/<script|<link|<img|src=|https?:\/\/(?!127\.0\.0\.1)/);
  });

  it('names the setting when its port is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as { port: number };
    const fastify = Fastify();
    try {
      await expect(
        listen(fastify, { host: '127.0.0.1', port, setting: 'VOLTAP_GATEWAY_PUBLIC_PORT' }),
      ).rejects.toMatchObject({
        code: 'unavailable',
        message: `Port ${port} on 127.0.0.1 is taken by another program; choose another by VOLTAP_GATEWAY_PUBLIC_PORT.`,
      });
    } finally {
      await fastify.close();
      await new Promise((resolve) => other.close(resolve));
    }
  });
});
