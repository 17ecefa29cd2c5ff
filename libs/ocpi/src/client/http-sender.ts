import type { lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { TLSSocket } from 'node:tls';
import { Agent, buildConnector, type Dispatcher, errors, ProxyAgent, request } from 'undici';
import { BlockedAddressError, type ConnectionRules, checkUrl, guardedLookup } from './address-guard.js';
import type { Unreachable } from './result.js';

export interface HttpSenderOptions {
  readonly rules?: ConnectionRules;
  /** PEM of a private certificate authority, in addition to nothing: it replaces the public ones. */
  readonly ca?: string;
  /** Egress proxy; names are then resolved by the proxy, which has to guard addresses itself. */
  readonly proxyUrl?: string;
  /** Answers above this are not read to the end. */
  readonly maxResponseBytes?: number;
  /** How names are resolved; by the system when left out. What it finds is checked all the same. */
  readonly resolver?: typeof lookup;
  /** How connections are made, with the guarded resolution; by TCP and TLS when left out. */
  readonly connector?: (guarded: LookupFunction) => buildConnector.connector;
}

export interface HttpRequest {
  readonly method: Dispatcher.HttpMethod;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

const MAX_RESPONSE_BYTES = 10 * 1024 * 1024;
/** Partners name the hosts of their callbacks, and could name ever new ones. */
const MOST_EXPIRIES = 1_000;

/** Why no answer came. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';

  constructor(
    readonly reason: Unreachable['reason'],
    message: string,
    cause: unknown,
  ) {
    super(message, { cause });
  }
}

/** Sends to URLs that partners gave us: addresses checked and pinned, no redirects, bounded time and size. */
export class HttpSender {
  private readonly rules: ConnectionRules;
  private readonly dispatcher: Dispatcher;
  /** By host and port: until when the certificate is valid that its last connection showed. */
  private readonly expiries = new Map<string, Date>();

  constructor(options: HttpSenderOptions = {}) {
    this.rules = options.rules ?? {};
    const guarded = guardedLookup(this.rules, options.resolver);
    // A session that is resumed shows the certificate of the first one, not the one that has taken its place.
    const direct = { lookup: guarded, maxCachedSessions: 0, ...(options.ca ? { ca: options.ca } : {}) };
    const connect = this.noting(options.connector?.(guarded) ?? buildConnector(direct));
    const maxResponseSize = options.maxResponseBytes ?? MAX_RESPONSE_BYTES;
    this.dispatcher = options.proxyUrl
      ? new ProxyAgent({ uri: options.proxyUrl, maxResponseSize, requestTls: options.ca ? { ca: options.ca } : {} })
      : new Agent({ connect, maxResponseSize });
  }

  /** @throws NoAnswerError */
  async send({ method, url, headers, body, timeoutMs, signal }: HttpRequest): Promise<HttpAnswer> {
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      const answer = await request(checkUrl(url, this.rules), {
        method,
        headers,
        body: body ?? null,
        dispatcher: this.dispatcher,
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      });
      return { status: answer.statusCode, headers: answer.headers, body: await answer.body.text() };
    } catch (error) {
      throw new NoAnswerError(reasonOf(error, timeout, signal), messageOf(error), error);
    }
  }

  /** Until when the certificate of this URL's host is valid; undefined before the first connection, without TLS and through a proxy. */
  certificateExpiry(url: string): Date | undefined {
    const { hostname, port } = new URL(url);
    return this.expiries.get(placeOf(hostname, port));
  }

  async close(): Promise<void> {
    await this.dispatcher.close();
  }

  private noting(connect: buildConnector.connector): buildConnector.connector {
    return (target, callback) =>
      connect(target, (...made) => {
        const [, socket] = made;
        if (socket instanceof TLSSocket) {
          const validTo = new Date(socket.getPeerCertificate().valid_to);
          if (this.expiries.size >= MOST_EXPIRIES) this.expiries.clear();
          if (!Number.isNaN(validTo.getTime())) this.expiries.set(placeOf(target.hostname, target.port), validTo);
        }
        callback(...made);
      });
  }
}

function placeOf(hostname: string, port: string): string {
  return `${hostname}:${port || '443'}`;
}

function reasonOf(error: unknown, timeout: AbortSignal, signal: AbortSignal | undefined): Unreachable['reason'] {
  if (error instanceof BlockedAddressError) return 'blocked';
  if (error instanceof errors.ResponseExceededMaxSizeError) return 'too-large';
  if (signal?.aborted) return 'aborted';
  if (timeout.aborted) return 'timeout';
  if (error instanceof errors.ConnectTimeoutError || error instanceof errors.HeadersTimeoutError) return 'timeout';
  if (error instanceof errors.BodyTimeoutError) return 'timeout';
  return 'connection';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}
