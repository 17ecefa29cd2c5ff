import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '@voltap/kernel';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Misbehaviour, Misbehaviours, Route } from '../misbehaviour/misbehaviour.js';
import { readTokenHeader } from '../wire/authorization.js';
import { envelope, notFound, type OcpiReply, refused, success } from '../wire/envelope.js';
import { isObject, type Json, type JsonObject } from '../wire/json.js';
import { below } from '../wire/ocpi-client.js';
import { isOcpiVersion, type OcpiVersion } from '../wire/version.js';
import { checkHeaders, routingParty } from './header-checks.js';
import type { PtpOptions } from './ptp-options.js';
import type { PtpStore } from './ptp-store.js';
import type { Received } from './received.js';
import type { ReceivedRequest, RequestLog } from './request-log.js';

const FLOOD_PIECES = 800;

export type ModuleHandler = (request: Received) => OcpiReply | Promise<OcpiReply>;

/** Interfaces that a PTP announces: it receives what the CPO owns and sends commands, tokens and payments. */
const ANNOUNCED: readonly (readonly [string, string])[] = [
  ['credentials', 'SENDER'],
  ['locations', 'RECEIVER'],
  ['tariffs', 'RECEIVER'],
  ['sessions', 'RECEIVER'],
  ['cdrs', 'RECEIVER'],
  ['commands', 'SENDER'],
  ['tokens', 'SENDER'],
  ['payments', 'SENDER'],
];

/** The PTP's OCPI server. Every request is logged before anything else is decided, and every answer is an envelope. */
export class PtpServer {
  private readonly app: FastifyInstance;
  private address = '';
  /** Below which everything is served, beginning with a slash; empty at first. */
  private moved = '';

  constructor(
    private readonly options: PtpOptions,
    private readonly versions: () => readonly OcpiVersion[],
    private readonly store: PtpStore,
    private readonly log: RequestLog,
    private readonly misbehaviours: Misbehaviours,
    private readonly clock: Clock,
    private readonly modules: Readonly<Record<string, ModuleHandler>>,
  ) {
    this.app = fastify({ bodyLimit: 16 * 1024 * 1024, forceCloseConnections: true });
    this.app.removeAllContentTypeParsers();
    this.app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
    this.app.all('/ocpi/ptp/*', (request, reply) => this.receive(request, reply));
  }

  /** Base of all OCPI addresses, known once listening. */
  get url(): string {
    return `${this.options.publicUrl ?? this.address}/ocpi/ptp${this.moved}`;
  }

  /** Serves everything below `/ocpi/ptp/<path>` from now on, and nothing elsewhere but the versions. */
  moveTo(path: string): void {
    this.moved = `/${encodeURIComponent(path)}`;
  }

  moduleUrl(version: OcpiVersion, module: string): string {
    return below(this.url, version, module);
  }

  async listen(): Promise<void> {
    await this.app.listen({ host: this.options.host, port: this.options.port });
    const bound = this.app.server.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : this.options.port;
    this.address = `http://${this.options.host === '0.0.0.0' ? '127.0.0.1' : this.options.host}:${port}`;
  }

  async close(): Promise<void> {
    await this.app.close();
  }

  private async receive(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { pathname, search, searchParams } = new URL(request.url, 'http://ptp');
    const raw = typeof request.body === 'string' ? request.body : '';
    const parsed = parse(raw);
    const entry = this.log.add({
      method: request.method,
      path: pathname,
      query: search,
      headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)])),
      raw,
      body: parsed,
    });
    const [version, module, ...rest] = this.segmentsOf(pathname);
    const route = routeOf(version, module);
    const token = this.authenticate(entry);
    if (token === null) return this.answer(reply, entry, refused(2000, 'the token is missing or unknown', 401));

    const fault = route === null ? null : this.misbehaviours.takeAnswerFault(route, request.method);
    const refusal = fault === null ? null : refusalOf(fault, this.url);
    if (refusal) return this.answer(reply, entry, refusal);
    if (fault !== null && this.answersBadly(fault, reply)) return reply;
    if (fault?.kind === 'slow') await pause(fault.delayMs ?? 1_000);
    if (raw !== '' && parsed === undefined) return this.answer(reply, entry, refused(2000, 'the body is no JSON', 400));

    const result = await this.dispatch(entry, { version, module, rest, query: searchParams, token, parsed });
    if (fault?.kind === 'cut-after-commit') {
      reply.hijack();
      request.raw.socket.destroy();
      return reply;
    }
    if (fault?.kind === 'wrong-json') {
      entry.httpStatus = 200;
      return reply.code(200).type('application/json').send('{"status_code": 1000, "data": ');
    }
    return this.answer(reply, entry, result);
  }

  private async dispatch(
    entry: ReceivedRequest,
    call: {
      version: string | undefined;
      module: string | undefined;
      rest: string[];
      query: URLSearchParams;
      token: string;
      parsed: Json | undefined;
    },
  ): Promise<OcpiReply> {
    const { version, module } = call;
    const complain = (rule: string, message: string): void => this.log.complain(entry, rule, message);
    if (version === 'versions' && module === undefined) return success(this.versionList());
    if (version === undefined || !isOcpiVersion(version) || !this.versions().includes(version))
      return notFound('this version');
    if (module === undefined) return success(this.versionDetails(version));
    if (this.options.slashNeeded && !entry.path.endsWith('/')) return notFound('a URL without a slash at its end');
    checkHeaders(entry, module, this.options.party, this.store.state.registration, this.log);
    const handler = this.modules[module];
    if (!handler) return notFound(`module ${module}`);
    const standing = this.store.standing(call.token);
    const registered = this.store.state.registration !== null && standing !== 'offered';
    if (module !== 'credentials' && !registered) return refused(2000, 'register first', 401);
    // What left before an exchange of credentials, or just after it, may be of the other version.
    if (standing === 'current' && module !== 'credentials' && this.store.registration.version !== version)
      complain('CRED-11', `a request on ${version}, agreed was ${this.store.registration.version}`);
    return handler({
      method: entry.method,
      version,
      segments: call.rest,
      query: call.query,
      body: isObject(call.parsed) ? call.parsed : null,
      raw: entry.raw,
      token: call.token,
      from: routingParty(entry, 'from'),
      complain,
    });
  }

  private authenticate(entry: ReceivedRequest): string | null {
    const { token, problem } = readTokenHeader(entry.headers.authorization, this.options.plainToken);
    const known = token !== null && this.store.standing(token) !== null;
    if (problem) this.log.complain(entry, 'TRN-01', problem);
    else if (!known) this.log.complain(entry, 'TRN-04', 'the token is not one that we gave away');
    return known ? token : null;
  }

  /** Segments of a path below our base; a path elsewhere gives a module that nobody has. */
  private segmentsOf(pathname: string): string[] {
    const segments = pathname
      .split('/')
      .filter((each) => each !== '')
      .slice(2)
      .map(decodeURIComponent);
    if (this.moved === '' || segments[0] === 'versions') return segments;
    return segments[0] === decodeURIComponent(this.moved.slice(1)) ? segments.slice(1) : ['moved away'];
  }

  /** Answers that are none. @returns whether it took the request over. */
  private answersBadly({ kind }: Misbehaviour, reply: FastifyReply): boolean {
    if (kind !== 'hang' && kind !== 'flood' && kind !== 'other-version') return false;
    reply.hijack();
    if (kind === 'hang') return true;
    reply.raw.writeHead(200, { 'content-type': 'application/json' });
    if (kind === 'flood') {
      flood().pipe(reply.raw);
      return true;
    }
    const endpoints = [{ identifier: 'credentials', role: 'SENDER', url: below(this.url, '2.0', 'credentials') }];
    reply.raw.end(JSON.stringify(envelope(success({ version: '2.0', endpoints }), this.clock.now())));
    return true;
  }

  private versionList(): JsonObject[] {
    return this.versions().map((version) => ({ version, url: below(this.url, version) }));
  }

  private versionDetails(version: OcpiVersion): JsonObject {
    return {
      version,
      endpoints: ANNOUNCED.filter(([identifier]) => !this.options.withoutModules.includes(identifier)).map(
        ([identifier, role]) => ({
          identifier,
          role,
          url: this.moduleUrl(version, identifier),
        }),
      ),
    };
  }

  private answer(reply: FastifyReply, entry: ReceivedRequest, result: OcpiReply): FastifyReply {
    entry.httpStatus = result.httpStatus;
    entry.statusCode = result.statusCode;
    for (const header of ['x-request-id', 'x-correlation-id']) {
      const value = entry.headers[header];
      if (value !== undefined) reply.header(header, value);
    }
    for (const [from, to] of [
      ['from', 'to'],
      ['to', 'from'],
    ] as const) {
      const party = routingParty(entry, from);
      if (party)
        reply.header(`ocpi-${to}-country-code`, party.country_code).header(`ocpi-${to}-party-id`, party.party_id);
    }
    return reply
      .code(result.httpStatus)
      .headers(result.headers ?? {})
      .type('application/json')
      .send(JSON.stringify(envelope(result, this.clock.now())));
  }
}

/** 50 MB of an answer that never comes to its point. */
function flood(): Readable {
  const piece = ' '.repeat(64 * 1024);
  return Readable.from(
    (function* pieces() {
      yield '{"status_code":1000,"data":[';
      for (let count = 0; count < FLOOD_PIECES; count += 1) yield piece;
      yield ']}';
    })(),
  );
}

function parse(raw: string): Json | undefined {
  if (raw === '') return undefined;
  try {
    return JSON.parse(raw) as Json;
  } catch {
    // Undefined beside a raw text means: no JSON. The caller answers 400.
    return undefined;
  }
}

function routeOf(version: string | undefined, module: string | undefined): Route | null {
  if (version === 'versions') return 'versions';
  if (module === undefined) return 'details';
  return module === 'commands' ? 'callbacks' : (module as Route);
}

function refusalOf(fault: Misbehaviour, url: string): OcpiReply | null {
  switch (fault.kind) {
    case 'http-500':
      return refused(3000, 'told to fail', 500);
    case 'http-429':
      return { ...refused(2000, 'told to be busy', 429), headers: { 'retry-after': '1' } };
    case 'status-2003':
      return refused(2003, 'told not to know it');
    case 'redirect':
      return { ...refused(2000, 'told to send you elsewhere', 307), headers: { location: `${url}/elsewhere` } };
    default:
      return null;
  }
}
