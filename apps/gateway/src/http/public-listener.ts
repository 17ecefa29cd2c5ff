import type { Readable } from 'node:stream';
import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Clock, VoltapError } from '@voltap/kernel';
import { OCPI_VERSIONS } from '@voltap/ocpi';
import { commandResponseSchema } from '@voltap/ocpi/model';
import {
  answerBrokenRequest,
  openApiTextOf,
  type PartnerCaller,
  sendError,
  takeAnyContentType,
} from '@voltap/ocpi/server';
import { HEADERS, idHeaders, idsOf, includesParty, parseEnvelope, routingOf } from '@voltap/ocpi/transport';
import { Readiness, SERVICE_ADDRESSES, type ServiceAddresses, sendAwayWhenClosing } from '@voltap/platform/bootstrap';
import { CallerSignature } from '@voltap/platform/security';
import { LOGGER, type Logger, Metrics, notePartner, Tracing, traceRequests } from '@voltap/platform/telemetry';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { AuthenticatePartner } from '../application/authenticate-partner.js';
import { AwaitRevision } from '../application/await-revision.js';
import { TakeCommand } from '../application/take-command.js';
import { RateLimit } from '../domain/rate-limit.js';
import { type GatewayConfig, gatewayConfig } from '../gateway.config.js';
import { assertAnnouncedSize, Forwarder, limited, neverArrived, passAnswer, readBody } from './forward.js';
import { acceptAnyBody, closeListener, listen, listeningUrl } from './listener.js';

const BODY_LIMIT_BYTES = 1024 * 1024;
/** Longer than the longest that a service waits for a partner while it answers (registration). */
const ANSWER_WITHIN_MS = 60_000;
/** How long a partner may take to send a request. */
const REQUEST_WITHIN_MS = 60_000;
/** How long requests under way may take when the gateway stops. */
const DRAIN_MS = 10_000;

const LOGGED_LENGTH = 64;

const MODULES = ['credentials', 'locations', 'tariffs', 'sessions', 'cdrs', 'commands', 'tokens', 'payments'] as const;
type Module = (typeof MODULES)[number];

interface ModuleParams {
  version: string;
  module: string;
}

/** The only public door: partners by OCPI, drivers for their receipts. */
@Injectable()
export class PublicListener implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly fastify: FastifyInstance;
  private readonly forwarder = new Forwarder();
  private readonly partnerRate: RateLimit;
  private readonly receiptRate: RateLimit;

  constructor(
    private readonly authenticatePartner: AuthenticatePartner,
    private readonly takeCommand: TakeCommand,
    private readonly awaitRevision: AwaitRevision,
    private readonly signature: CallerSignature,
    private readonly clock: Clock,
    readiness: Readiness,
    tracing: Tracing,
    private readonly metrics: Metrics,
    @Inject(SERVICE_ADDRESSES) private readonly addresses: ServiceAddresses,
    @Inject(gatewayConfig.token) private readonly config: GatewayConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.partnerRate = new RateLimit(config.VOLTAP_GATEWAY_PARTNER_RATE_PER_SECOND);
    this.receiptRate = new RateLimit(config.VOLTAP_GATEWAY_RECEIPT_RATE_PER_SECOND);
    this.fastify = Fastify({
      routerOptions: { ignoreTrailingSlash: true, maxParamLength: 500 },
      forceCloseConnections: 'idle',
      requestTimeout: REQUEST_WITHIN_MS,
      frameworkErrors: (_error, request, reply) => this.refuse(notFound(), request, reply),
      clientErrorHandler: (error, socket) => answerBrokenRequest(error, socket, this.clock.now()),
      trustProxy: config.VOLTAP_GATEWAY_TRUSTED_PROXIES ?? false,
    });
    traceRequests(this.fastify, tracing, { trusted: false, keep: isAboutMoney });
    acceptAnyBody(this.fastify);
    sendAwayWhenClosing(this.fastify, readiness);
    this.routes();
  }

  async onApplicationBootstrap(): Promise<void> {
    const { VOLTAP_GATEWAY_PUBLIC_HOST: host, VOLTAP_GATEWAY_PUBLIC_PORT: port } = this.config;
    await listen(this.fastify, { host, port, setting: 'VOLTAP_GATEWAY_PUBLIC_PORT' });
  }

  /** Before the internal port closes: who registers right now needs the egress to come to an end. */
  async beforeApplicationShutdown(): Promise<void> {
    await closeListener(this.fastify, DRAIN_MS);
    await this.forwarder.close();
  }

  /** Where it listens, once it does. */
  get url(): string {
    return listeningUrl(this.fastify);
  }

  private routes(): void {
    const { fastify } = this;
    fastify.setErrorHandler((error, request, reply) => this.refuse(error, request, reply));
    fastify.setNotFoundHandler((request, reply) => this.refuse(notFound(), request, reply));
    // Ids that are minted here are the same for the service, the answer and the log.
    fastify.addHook('onRequest', async ({ headers }) => {
      takeAnyContentType(headers);
      Object.assign(headers, idHeaders(idsOf(headers)));
    });
    fastify.addHook('onResponse', async (request, reply) => this.record(request, reply));
    for (const path of ['/ocpi/cpo/versions', '/ocpi/cpo/:version']) {
      fastify.all(path, (request, reply) => this.configuration(request, reply));
    }
    for (const path of ['/ocpi/cpo/:version/:module', '/ocpi/cpo/:version/:module/*']) {
      fastify.all<{ Params: ModuleParams }>(path, (request, reply) => this.module(request, reply));
    }
    for (const version of OCPI_VERSIONS) {
      fastify.get(`/openapi/ocpi-${version}.json`, (_request, reply) =>
        reply.type('application/json; charset=utf-8').send(openApiTextOf(version)),
      );
    }
    fastify.get('/receipts/*', (request, reply) => this.receipt(request, reply));
  }

  /** Versions and their details: open to a registration token too (TRN-07). Other methods get 405 from their owner. */
  private async configuration(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const caller = await this.admit(request);
    return this.pass(request, reply, 'credentials', caller);
  }

  private async module(request: FastifyRequest<{ Params: ModuleParams }>, reply: FastifyReply): Promise<FastifyReply> {
    const admitted = await this.admit(request);
    const opens = request.params.module === 'credentials' || admitted.scope === 'full';
    const caller = opens ? admitted : await this.authenticatePartner.settled(admitted);
    const module = MODULES.find((name) => name === request.params.module);
    if (caller.scope === 'registration' && module !== 'credentials') {
      throw new VoltapError('unauthorized', 'This token opens registration only; register first');
    }
    if (module === undefined) throw new VoltapError('not_found', `There is no module ${request.params.module}`);
    if (module !== 'credentials') assertRouting(request, caller);
    assertAnnouncedSize(request, BODY_LIMIT_BYTES);
    if (module === 'commands' && request.method === 'POST') return this.command(request, reply, caller);
    return this.pass(request, reply, module, caller);
  }

  private async command(request: FastifyRequest, reply: FastifyReply, caller: PartnerCaller): Promise<FastifyReply> {
    const stream = request.body as Readable | undefined;
    const text = stream === undefined || stream === null ? '' : await readBody(stream, BODY_LIMIT_BYTES);
    const type = (request.params as { '*'?: string })['*'] ?? '';
    const { body, correlationId } = await this.takeCommand.execute(caller.partnerId, type, text);
    try {
      const answer = await this.forward(request, reply, 'commands', caller, body);
      const answered = await answer.body.text();
      if (correlationId !== null && !isPromise(answered)) await this.takeCommand.forget(correlationId);
      return passAnswer(reply, { ...answer, body: answered as never });
    } catch (error) {
      if (correlationId !== null && neverArrived(error)) await this.takeCommand.forget(correlationId);
      // Else it may have been promised before the answer was lost: then its result must find the way.
      else this.logger.warn({ error, correlationId }, 'a command may have been taken without an answer');
      throw error;
    }
  }

  private async pass(
    request: FastifyRequest,
    reply: FastifyReply,
    module: Module,
    caller: PartnerCaller,
  ): Promise<FastifyReply> {
    const stream = (request.body ?? undefined) as Readable | undefined;
    const answer = await this.forward(request, reply, module, caller, stream && limited(stream, BODY_LIMIT_BYTES));
    await this.awaitRevision.before(answer);
    return passAnswer(reply, answer);
  }

  private forward(
    request: FastifyRequest,
    reply: FastifyReply,
    module: Module,
    caller: PartnerCaller,
    body: string | Readable | undefined,
  ) {
    return this.forwarder.forward(request, reply, {
      origin: this.origin(module),
      caller: this.signature.sign(caller),
      headers: idHeaders(idsOf(request.headers)),
      answerWithinMs: ANSWER_WITHIN_MS,
      ...(body === undefined ? {} : { body }),
    });
  }

  private async receipt(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const wait = this.receiptRate.take(request.ip, this.clock.now().getTime());
    if (wait > 0)
      return reply.header('retry-after', wait).status(429).type('text/plain').send('Please try again in a moment.\n');
    try {
      const forwarding = { origin: this.origin('payments'), caller: null, answerWithinMs: ANSWER_WITHIN_MS };
      return passAnswer(reply, await this.forwarder.forward(request, reply, forwarding));
    } catch (error) {
      this.logger.warn({ error }, 'a receipt could not be shown');
      return reply
        .status(503)
        .type('text/plain')
        .send('The receipt cannot be shown right now. Please try again in a minute.\n');
    }
  }

  private async admit(request: FastifyRequest): Promise<PartnerCaller> {
    const caller = await this.authenticatePartner.execute(request.headers.authorization);
    request.partnerId = caller.partnerId;
    notePartner(caller.partnerId);
    const wait = this.partnerRate.take(caller.partnerId, this.clock.now().getTime());
    if (wait > 0)
      throw Object.assign(new VoltapError('rate_limited', `Too many requests; wait ${wait} s`), { retryAfter: wait });
    return caller;
  }

  private origin(service: string): string {
    const origin = this.addresses[service];
    if (origin === undefined) throw new Error(`no address for ${service}`);
    return origin;
  }

  private refuse(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    if (error instanceof VoltapError && error.code === 'unavailable') {
      this.logger.warn({ error, route: request.routeOptions.url }, 'a request could not be handed on');
    }
    if (error instanceof Error && 'retryAfter' in error) reply.header(HEADERS.retryAfter, String(error.retryAfter));
    sendError(error, request, reply, this.clock.now(), routingOf(request.headers));
  }

  private measure(request: FastifyRequest, reply: FastifyReply): void {
    const module = moduleOf(request);
    this.metrics.count('voltap.requests', {
      'voltap.partner.id': request.partnerId ?? 'none',
      'voltap.module': module,
      'http.response.status_code': reply.statusCode,
      'voltap.ocpi.status_code': request.ocpiStatusCode ?? 'none',
    });
    this.metrics.record('http.server.request.duration', reply.elapsedTime / 1000, { 'voltap.module': module });
  }

  /** One line for each exchange: no path (a receipt's is a secret), no body, nothing longer than it has to be. */
  private record(request: FastifyRequest, reply: FastifyReply): void {
    this.measure(request, reply);
    const { requestId, correlationId } = idsOf(request.headers);
    this.logger.info(
      {
        partnerId: request.partnerId,
        method: request.method,
        route: request.routeOptions.url,
        module: (request.params as Partial<ModuleParams> | undefined)?.module?.slice(0, LOGGED_LENGTH),
        status: reply.statusCode,
        requestId: requestId.slice(0, LOGGED_LENGTH),
        correlationId: correlationId.slice(0, LOGGED_LENGTH),
        ms: Math.round(reply.elapsedTime),
      },
      'exchange',
    );
  }
}

/** What is no module of ours is one, so that nobody makes series by asking. */
function moduleOf({ params, routeOptions }: FastifyRequest): string {
  const asked = (params as Partial<ModuleParams> | undefined)?.module;
  if (asked !== undefined) return MODULES.find((name) => name === asked) ?? 'unknown';
  const { url = '' } = routeOptions;
  return url.startsWith('/ocpi/') ? 'versions' : url.startsWith('/receipts/') ? 'receipts' : 'other';
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The partner that was found by its token. */
    partnerId?: string;
  }
}

/** What a partner asks of these is about money, however it ends; reading lists is not. */
function isAboutMoney({ method, params }: FastifyRequest): 'always' | undefined {
  const { module = '' } = (params ?? {}) as Partial<ModuleParams>;
  return method !== 'GET' && ['commands', 'payments', 'cdrs'].includes(module) ? 'always' : undefined;
}

function notFound(): VoltapError {
  return new VoltapError('not_found', 'There is no such resource');
}

/** A to-party that this connection does not have gets no other party's data (RTE-07). */
function assertRouting(request: FastifyRequest, caller: PartnerCaller): void {
  const { to } = routingOf(request.headers);
  const parties = caller.parties.map((key) => {
    const [country_code = '', party_id = ''] = key.split('*');
    return { country_code, party_id };
  });
  if (to === undefined || includesParty(parties, to)) return;
  throw new VoltapError('invalid_parameter', 'The routing headers cannot be followed', {
    violations: [{ pointer: 'header/ocpi-to-party-id', message: 'is not a party of this connection' }],
  });
}

/** Whether an answer of the commands service promises a result. */
function isPromise(answer: string): boolean {
  const response = commandResponseSchema.safeParse(parseEnvelope(answer)?.data);
  return response.success && response.data.result === 'ACCEPTED';
}
