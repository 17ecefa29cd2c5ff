import { type Readable, Transform } from 'node:stream';
import { VoltapError } from '@voltap/kernel';
import { CALLER_HEADER } from '@voltap/platform/security';
import { childSpan, OPERATION_HEADER, STATUS_CODE_HEADER, traceHeaders } from '@voltap/platform/telemetry';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Dispatcher, errors, Pool } from 'undici';

export interface Forwarding {
  readonly origin: string;
  /** Path and query; the request's own by default. */
  readonly path?: string;
  /** The signed caller; null for requests without one. */
  readonly caller: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Readable;
  /** How long the service may take before it answers. */
  readonly answerWithinMs: number;
}

export type ForwardedAnswer = Dispatcher.ResponseData;

/** Headers that belong to one connection, or that only we may set. */
const NOT_PASSED_ON = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'host',
  'content-length',
  'expect',
  'authorization',
  // Traces are ours: those of callers end at the door.
  'traceparent',
  'tracestate',
  'baggage',
]);

/** A service that restarts is waited for this long, when nothing of the request was sent. */
const RESTART_PATIENCE_MS = 1_000;
const RESTART_LOOK_EVERY_MS = 50;
const CONNECT_WITHIN_MS = 1_000;

/** Hands requests to the services behind the gateway, over kept connections. */
export class Forwarder {
  private readonly pools = new Map<string, Pool>();

  /** @throws VoltapError unavailable when the service does not answer; what the body's stream threw. */
  async forward(request: FastifyRequest, reply: FastifyReply, forwarding: Forwarding): Promise<ForwardedAnswer> {
    const gone = whenGone(reply);
    const until = Date.now() + RESTART_PATIENCE_MS;
    const repeatable = typeof forwarding.body === 'string' || forwarding.body === undefined;
    const reads = forwarding.body === undefined && (request.method === 'GET' || request.method === 'HEAD');
    for (;;) {
      try {
        return await this.traced(request, forwarding, gone);
      } catch (error) {
        if (error instanceof VoltapError) throw error;
        const again = (repeatable && neverArrived(error)) || (reads && wasCutOff(error));
        if (!again || gone.aborted || Date.now() >= until) throw unavailable(error);
        await new Promise((resolve) => setTimeout(resolve, RESTART_LOOK_EVERY_MS));
      }
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.pools.values()].map((pool) => pool.close()));
  }

  /** The service tells by which name the operation goes; so the request is named here as well. */
  private traced(request: FastifyRequest, forwarding: Forwarding, gone: AbortSignal): Promise<ForwardedAnswer> {
    const attributes = { 'http.request.method': request.method, 'server.address': forwarding.origin };
    return childSpan('forward', { sort: 'out', attributes }, async (span) => {
      const answer = await this.send(request, forwarding, gone);
      const operation = answer.headers[OPERATION_HEADER];
      if (typeof operation === 'string') request.operation = operation;
      const statusCode = answer.headers[STATUS_CODE_HEADER];
      if (statusCode !== undefined) request.ocpiStatusCode = Number(statusCode);
      span.rename(`forward ${request.operation ?? request.method}`);
      span.set({ 'http.response.status_code': answer.statusCode });
      return answer;
    });
  }

  private send(request: FastifyRequest, forwarding: Forwarding, gone: AbortSignal): Promise<ForwardedAnswer> {
    return this.pool(forwarding.origin).request({
      method: request.method as Dispatcher.HttpMethod,
      path: forwarding.path ?? request.url,
      headers: {
        ...passedOn(request.headers),
        ...forwarding.headers,
        ...traceHeaders(),
        ...(forwarding.caller === null ? {} : { [CALLER_HEADER]: forwarding.caller }),
      },
      body: forwarding.body ?? null,
      headersTimeout: forwarding.answerWithinMs,
      bodyTimeout: forwarding.answerWithinMs,
      signal: gone,
    });
  }

  private pool(origin: string): Pool {
    let pool = this.pools.get(origin);
    if (pool === undefined) {
      const connect = { timeout: CONNECT_WITHIN_MS };
      pool = new Pool(origin, { connections: 128, pipelining: 1, keepAliveTimeout: 30_000, connect });
      this.pools.set(origin, pool);
    }
    return pool;
  }
}

/** Aborted when the caller has gone before it was answered. */
export function whenGone(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  // It may have gone before we looked, while its token was.
  if (reply.raw.closed || reply.raw.destroyed) gone.abort();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort();
  });
  return gone.signal;
}

/** Passes a service's answer on; `except` names headers that stay inside. */
export function passAnswer(reply: FastifyReply, answer: ForwardedAnswer, except: readonly string[] = []): FastifyReply {
  reply.status(answer.statusCode);
  for (const [name, value] of Object.entries(answer.headers)) {
    if (value === undefined || (NOT_PASSED_ON.has(name) && name !== 'content-length')) continue;
    if (name.startsWith('voltap-') || except.includes(name)) continue;
    reply.header(name, value);
  }
  return reply.send(answer.body);
}

/** The whole body as text. @throws VoltapError payload_too_large. */
export async function readBody(stream: Readable, limitBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limitBytes) throw tooLarge(limitBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The body as it streams by, broken off when it is too large. */
export function limited(stream: Readable, limitBytes: number): Readable {
  let size = 0;
  const gate = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      if (size > limitBytes) done(tooLarge(limitBytes));
      else done(null, chunk);
    },
  });
  const breakOff = (error?: Error): void => {
    if (!stream.readableEnded) gate.destroy(error ?? new Error('the sender hung up'));
  };
  // Who reads it gets the error; by then there may be nobody.
  gate.on('error', () => undefined);
  stream.on('error', breakOff);
  // A sender that hangs up makes no error everywhere; without an end, the service would wait for the rest.
  stream.on('close', () => breakOff());
  if (stream.destroyed) breakOff();
  return stream.pipe(gate);
}

/** @throws VoltapError payload_too_large when the sender itself says that it is. */
export function assertAnnouncedSize(request: FastifyRequest, limitBytes: number): void {
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) throw tooLarge(limitBytes);
}

function tooLarge(limitBytes: number): VoltapError {
  return new VoltapError('payload_too_large', `The body is larger than ${limitBytes} bytes.`);
}

function passedOn(headers: FastifyRequest['headers']): Record<string, string | string[]> {
  const passed: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !NOT_PASSED_ON.has(name) && !name.startsWith('voltap-')) passed[name] = value;
  }
  return passed;
}

/** Whether a request that failed with this was never seen by the service. */
export function neverArrived(error: unknown): boolean {
  if (error instanceof VoltapError) return neverArrived(error.cause);
  return hasCode(error, 'ECONNREFUSED', 'UND_ERR_CONNECT_TIMEOUT');
}

/** A kept connection ends when its service restarts; reading may simply be repeated. */
function wasCutOff(error: unknown): boolean {
  return hasCode(error, 'UND_ERR_SOCKET', 'ECONNRESET');
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && codes.includes(String(error.code));
}

function unavailable(cause: unknown): VoltapError {
  const late = cause instanceof errors.HeadersTimeoutError || cause instanceof errors.BodyTimeoutError;
  return new VoltapError('unavailable', `A part of the platform ${late ? 'takes too long' : 'is away'}; try again.`, {
    cause,
  });
}
