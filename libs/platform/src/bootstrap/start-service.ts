import 'reflect-metadata';
import { type DynamicModule, Global, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Clock, Ids } from '@voltap/kernel';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { DataSource } from 'typeorm';
import { readConfig } from '../config/index.js';
import { CorrelationStore } from '../correlation/correlation-store.js';
import { Jobs } from '../jobs/index.js';
import { EventBus, messagingSettings, Outbox } from '../messaging/index.js';
import { Database, Leases, openDataSource } from '../persistence/index.js';
import { CALLER_HEADER, CallerSignature, Sealer } from '../security/index.js';
import {
  LOGGER,
  type Logger,
  METRICS_CONTENT_TYPE,
  Metrics,
  Tracing,
  tellOperation,
  traceRequests,
} from '../telemetry/index.js';
import { openMessaging } from './messaging.js';
import { NestLogger } from './nest-logger.js';
import { operationsController } from './operations.js';
import { type Platform, SERVICE_ADDRESSES } from './platform.js';
import { Readiness } from './readiness.js';
import { sendAwayWhenClosing } from './send-away.js';
import type { ServiceDefinition } from './service-definition.js';

export interface ListenOptions {
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
}

export interface RunningService {
  readonly name: string;
  /** Internal base URL. */
  readonly url: string;
  readonly readiness: Readiness;
  /** Stops taking requests, finishes what is in hand, commits, closes. Stopping again waits for the same. */
  stop(): Promise<void>;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Who calls, as the gateway signed it; undefined when the request did not come through the gateway. */
    voltapCaller?: unknown;
  }
}

/** Bodies above this are refused with 413 before they are read; streamed routes have their own limits. */
const BODY_LIMIT_BYTES = 1024 * 1024;

@Global()
@Module({})
class PlatformModule {}

@Module({})
class ServiceRoot {}

@Module({})
class OperationsModule {}

/** Starts one service on a platform: schema, topics, consumers, jobs, listener, in this order. */
export async function startService(
  definition: ServiceDefinition,
  platform: Platform,
  listen: ListenOptions,
): Promise<RunningService> {
  const logger = platform.logger(definition.name);
  const config = readConfig(definition.config.schema, platform.environment);
  const tracing = platform.tracing(definition.name);
  const dataSource = await openDataSource(
    platform.database(definition.name),
    definition.migrations,
    definition.entities ?? [],
    { traced: tracing.enabled },
  );
  try {
    return await startOn(dataSource, definition, platform, listen, logger, tracing, config);
  } catch (error) {
    await dataSource.destroy();
    await tracing.close(logger);
    throw error;
  }
}

async function startOn(
  dataSource: DataSource,
  definition: ServiceDefinition,
  platform: Platform,
  listen: ListenOptions,
  logger: Logger,
  tracing: Tracing,
  config: unknown,
): Promise<RunningService> {
  const database = new Database(dataSource);
  const leases = new Leases(database);
  const metrics = new Metrics(definition.name, logger);
  const jobs = new Jobs(logger, metrics, tracing);
  const readiness = new Readiness();
  const signature = new CallerSignature(platform.secrets.caller);
  const settings = readConfig(messagingSettings, platform.environment);
  const parts = { definition, platform, database, leases, jobs, logger, metrics, tracing, settings };
  const messaging = await openMessaging(parts);
  const values = [
    { provide: Clock, useValue: platform.clock },
    { provide: Ids, useValue: platform.ids },
    { provide: EventBus, useValue: platform.bus },
    { provide: CorrelationStore, useValue: platform.correlation },
    { provide: Database, useValue: database },
    { provide: Leases, useValue: leases },
    { provide: Outbox, useValue: messaging.outbox },
    { provide: Jobs, useValue: jobs },
    { provide: Sealer, useValue: new Sealer(platform.secrets.sealing) },
    { provide: CallerSignature, useValue: signature },
    { provide: Readiness, useValue: readiness },
    { provide: Metrics, useValue: metrics },
    { provide: Tracing, useValue: tracing },
    { provide: LOGGER, useValue: logger },
    { provide: SERVICE_ADDRESSES, useValue: platform.addresses },
    { provide: definition.config.token, useValue: config },
  ];
  const platformModule: DynamicModule = { module: PlatformModule, providers: values, exports: values };
  const { name, operations: rows } = definition;
  const operations: DynamicModule = {
    module: OperationsModule,
    controllers: rows === undefined ? [] : [operationsController(name, rows, database, messaging)],
  };
  const root: DynamicModule = { module: ServiceRoot, imports: [platformModule, operations, definition.module] };
  const app = await NestFactory.create<NestFastifyApplication>(
    root,
    new FastifyAdapter({
      bodyLimit: BODY_LIMIT_BYTES,
      routerOptions: { ignoreTrailingSlash: true, maxParamLength: 300 },
    }),
    { bodyParser: false, logger: new NestLogger(logger), abortOnError: false, forceCloseConnections: true },
  );
  const fastify = app.getHttpAdapter().getInstance() as unknown as FastifyInstance;
  traceRequests(fastify, tracing, { trusted: true });
  tellOperation(fastify);
  prepareHttp(fastify, signature, readiness, metrics);
  app.connectMicroservice({ strategy: messaging.transport });

  await app.init();
  await app.startAllMicroservices();
  messaging.start();
  jobs.start();
  await app.listen(listen.port, listen.host);
  const address = app.getHttpServer().address();
  if (address === null || typeof address === 'string') throw new Error('the service listens on no port');
  readiness.add('database', async () => {
    await database.reader.query('select 1');
  });
  readiness.opened();
  logger.debug({ port: address.port }, 'service is ready');

  const stop = async (): Promise<void> => {
    readiness.closing();
    await app.close();
    await messaging.rebuilds.stop();
    await jobs.stop();
    await messaging.stop();
    await metrics.close();
    await tracing.close(logger);
    await dataSource.destroy();
  };
  let stopped: Promise<void> | undefined;
  return {
    name: definition.name,
    url: `http://${listen.host}:${address.port}`,
    readiness,
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}

/** Bodies reach the endpoints as text, unparsed: what is not JSON is answered in the endpoint's own format. */
function prepareHttp(
  fastify: FastifyInstance,
  signature: CallerSignature,
  readiness: Readiness,
  metrics: Metrics,
): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', (request, payload, done) => {
    const { streamed } = request.routeOptions.config as { streamed?: boolean };
    if (streamed) return done(null, payload);
    const chunks: Buffer[] = [];
    let size = 0;
    payload.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= BODY_LIMIT_BYTES) chunks.push(chunk);
    });
    payload.on('error', (error: Error) => done(error));
    payload.on('end', () => {
      if (size > BODY_LIMIT_BYTES) done(Object.assign(new Error('body too large'), { statusCode: 413 }));
      else done(null, Buffer.concat(chunks).toString('utf8'));
    });
    return undefined;
  });
  fastify.addHook('onRequest', (request: FastifyRequest, _reply, done) => {
    const header = request.headers[CALLER_HEADER];
    if (typeof header === 'string') request.voltapCaller = signature.verify(header) ?? undefined;
    done();
  });
  sendAwayWhenClosing(fastify, readiness);
  fastify.get('/live', async () => ({ status: 'live' }));
  fastify.get('/ready', async (_request, reply) => {
    const report = await readiness.report();
    return reply.status(report.ready ? 200 : 503).send(report);
  });
  fastify.get('/metrics', async (_request, reply) => reply.type(METRICS_CONTENT_TYPE).send(await metrics.expose()));
}
