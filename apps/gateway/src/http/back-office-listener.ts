import { timingSafeEqual } from 'node:crypto';
import type { Readable } from 'node:stream';
import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import {
  type BackOfficeEndpoint,
  backOfficeEndpoints,
  EVERY_SERVICE,
  openApiDocument,
} from '@voltap/contracts/back-office';
import { VoltapError } from '@voltap/kernel';
import { Readiness, SERVICE_ADDRESSES, type ServiceAddresses, sendAwayWhenClosing } from '@voltap/platform/bootstrap';
import { type OperatorCaller, problemOf } from '@voltap/platform/rest';
import { CallerSignature, Sealer } from '@voltap/platform/security';
import { LOGGER, type Logger, Tracing, traceRequests } from '@voltap/platform/telemetry';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { AwaitRevision } from '../application/await-revision.js';
import { type ApiScope, type GatewayConfig, gatewayConfig } from '../gateway.config.js';
import { documentationPage } from './documentation-page.js';
import { assertAnnouncedSize, Forwarder, limited, passAnswer } from './forward.js';
import { acceptAnyBody, closeListener, listen, listeningUrl } from './listener.js';

/** Above the longest long poll, and above what an import of a large network takes. */
const ANSWER_WITHIN_MS = 10 * 60_000;
/** Of what is not streamed on; a service takes no more either. */
const BODY_LIMIT_BYTES = 1024 * 1024;
/** Long polls are not waited for: who polls asks again. */
const DRAIN_MS = 2_000;
const PREFIX = '/api/v1';

interface KnownKey {
  readonly hash: Buffer;
  readonly keyId: string;
  readonly scopes: readonly ApiScope[];
}

/** The private door for the operator and the charging back-end: one API over nine services, by API key. */
@Injectable()
export class BackOfficeListener implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly fastify: FastifyInstance;
  private readonly forwarder = new Forwarder();
  private readonly keys: readonly KnownKey[];

  constructor(
    private readonly signature: CallerSignature,
    private readonly sealer: Sealer,
    private readonly awaitRevision: AwaitRevision,
    readiness: Readiness,
    tracing: Tracing,
    @Inject(SERVICE_ADDRESSES) private readonly addresses: ServiceAddresses,
    @Inject(gatewayConfig.token) private readonly config: GatewayConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.keys = config.VOLTAP_API_KEYS.map(({ key, scopes }) => {
      const hash = sealer.hash(key);
      return { hash: Buffer.from(hash), keyId: hash.slice(0, 8), scopes };
    });
    this.fastify = Fastify({
      routerOptions: { ignoreTrailingSlash: true, maxParamLength: 500 },
      forceCloseConnections: 'idle',
      frameworkErrors: (_error, request, reply) => this.refuse(nothingAt(request), request, reply),
    });
    traceRequests(this.fastify, tracing, { trusted: false });
    acceptAnyBody(this.fastify);
    sendAwayWhenClosing(this.fastify, readiness);
    this.routes();
  }

  async onApplicationBootstrap(): Promise<void> {
    const { VOLTAP_GATEWAY_BACK_OFFICE_HOST: host, VOLTAP_GATEWAY_BACK_OFFICE_PORT: port } = this.config;
    await listen(this.fastify, { host, port, setting: 'VOLTAP_GATEWAY_BACK_OFFICE_PORT' });
  }

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
    const document = openApiDocument();
    const page = documentationPage(document);
    fastify.get('/openapi.json', async () => document);
    fastify.get('/docs', (_request, reply) =>
      reply
        .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
        .type('text/html; charset=utf-8')
        .send(page),
    );
    fastify.get('/', (_request, reply) => reply.redirect('/docs'));
    for (const [path, rows] of Map.groupBy(backOfficeEndpoints, (row) => row.path)) {
      for (const row of rows) {
        fastify.route({
          method: row.method,
          url: `${PREFIX}${path}`,
          exposeHeadRoute: false,
          handler: (request, reply) => this.pass(row, request, reply),
        });
      }
      const methods = rows.map((row) => row.method);
      const others = (['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const).filter(
        (method) => !methods.includes(method as never),
      );
      fastify.route({
        method: [...others],
        url: `${PREFIX}${path}`,
        exposeHeadRoute: false,
        handler: (request, reply) => {
          reply.header('allow', methods.join(', '));
          throw new VoltapError(
            'method_not_allowed',
            `${request.method} is not offered here; there is ${methods.join(', ')}.`,
          );
        },
      });
    }
    fastify.setNotFoundHandler((request) => {
      throw nothingAt(request);
    });
    fastify.setErrorHandler((error, request, reply) => this.refuse(error, request, reply));
  }

  private async pass(row: BackOfficeEndpoint, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const caller = this.admit(request, row);
    const origin = this.originOf(row, request);
    const body = bodyOf(row, request);
    const answer = await this.forwarder.forward(request, reply, {
      origin,
      caller: this.signature.sign(caller),
      answerWithinMs: ANSWER_WITHIN_MS,
      ...(body === undefined ? {} : { body }),
    });
    await this.awaitRevision.before(answer);
    return passAnswer(reply, answer);
  }

  /** @throws VoltapError not_found when the path names no service of ours. */
  private originOf(row: BackOfficeEndpoint, request: FastifyRequest): string {
    const { service = '' } = request.params as { service?: string };
    const asked = row.service === EVERY_SERVICE ? service : row.service;
    const origin = Object.hasOwn(this.addresses, asked) ? this.addresses[asked] : undefined;
    if (origin !== undefined) return origin;
    if (row.service !== EVERY_SERVICE) throw new Error(`no address for ${row.service}`);
    throw new VoltapError(
      'not_found',
      `There is no service ${asked}; there is ${Object.keys(this.addresses).join(', ')}.`,
    );
  }

  /** @throws VoltapError unauthorized, forbidden. */
  private admit(request: FastifyRequest, row: BackOfficeEndpoint): OperatorCaller {
    const key = /^Bearer +(\S+)$/i.exec(request.headers.authorization?.trim() ?? '')?.[1];
    if (key === undefined) throw new VoltapError('unauthorized', 'An API key is needed: Authorization: Bearer <key>.');
    const hash = Buffer.from(this.sealer.hash(key));
    const known = this.keys.find((candidate) => timingSafeEqual(candidate.hash, hash));
    if (known === undefined) throw new VoltapError('unauthorized', 'This API key is not known.');
    if (!known.scopes.includes(row.scope)) {
      throw new VoltapError('forbidden', `This API key lacks the scope "${row.scope}".`);
    }
    return { kind: 'operator', keyId: known.keyId, scopes: known.scopes, publicUrl: this.config.VOLTAP_PUBLIC_URL };
  }

  private refuse(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const error =
      thrown instanceof VoltapError
        ? thrown
        : new VoltapError('internal', 'The request failed on our side. The log tells why.', { cause: thrown });
    if (error.code === 'internal' || error.code === 'unavailable') {
      this.logger.warn({ error, route: request.routeOptions.url }, 'a back-office request could not be handed on');
    }
    if (error.code === 'unauthorized') reply.header('www-authenticate', 'Bearer');
    const problem = problemOf(error, request.url);
    reply.status(problem.status).type('application/problem+json').send(problem);
  }
}

/** @throws VoltapError payload_too_large; while it streams, its reader gets the error. */
function bodyOf(row: BackOfficeEndpoint, request: FastifyRequest): Readable | undefined {
  const stream = (request.body ?? undefined) as Readable | undefined;
  if (stream === undefined || row.streamed !== undefined) return stream;
  assertAnnouncedSize(request, BODY_LIMIT_BYTES);
  return limited(stream, BODY_LIMIT_BYTES);
}

function nothingAt(request: FastifyRequest): VoltapError {
  return new VoltapError('not_found', `There is no ${request.url.split('?')[0]}. See /docs.`);
}
