import type { Readable } from 'node:stream';
import {
  type ArgumentsHost,
  applyDecorators,
  type CallHandler,
  Catch,
  createParamDecorator,
  Delete,
  type ExceptionFilter,
  type ExecutionContext,
  Get,
  HttpCode,
  HttpException,
  Inject,
  Injectable,
  type NestInterceptor,
  Post,
  Put,
  SetMetadata,
  UseFilters,
  UseInterceptors,
} from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { VoltapError } from '@voltap/kernel';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Observable } from 'rxjs';
import type { z } from 'zod';
import { LOGGER, type Logger } from '../telemetry/index.js';
import { problemOf } from './problem.js';
import { validate } from './validate.js';

/** The part of an endpoint row that serving it needs; contracts' back-office rows have this shape. */
export interface RestEndpointRow {
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly scope: string;
  readonly status: number;
  readonly body?: z.ZodType;
  readonly query?: z.ZodType;
  readonly streamed?: readonly string[];
}

/** Who calls the back-office API, as the gateway found by the API key. */
export interface OperatorCaller {
  readonly kind: 'operator';
  readonly keyId: string;
  readonly scopes: readonly string[];
  /** Public base URL of the platform. */
  readonly publicUrl: string;
}

/** The one parameter of a REST handler, typed from its row: `@RestRequest() request: RestRequestOf<typeof partners.create>`. */
export interface RestRequestOf<Row extends { readonly body?: z.ZodType; readonly query?: z.ZodType }> {
  readonly operator: OperatorCaller;
  readonly params: Readonly<Record<string, string>>;
  readonly query: NonNullable<Row['query']> extends z.ZodType ? z.output<NonNullable<Row['query']>> : undefined;
  readonly body: NonNullable<Row['body']> extends z.ZodType ? z.output<NonNullable<Row['body']>> : undefined;
  /** The body of a streamed endpoint. */
  readonly stream: Readable;
  readonly contentType: string;
  /** Aborted when the caller has gone. */
  readonly signal: AbortSignal;
}

const ROW = Symbol('rest endpoint row');
const METHODS = { GET: Get, POST: Post, PUT: Put, DELETE: Delete } as const;

interface PreparedRequest extends FastifyRequest {
  restRequest?: RestRequestOf<RestEndpointRow>;
}

/** Reads and checks the request by its row before the handler sees it. */
@Injectable()
export class RestInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const row = Reflect.getMetadata(ROW, context.getHandler()) as RestEndpointRow;
    const request = context.switchToHttp().getRequest<PreparedRequest>();
    request.operation = row.id;
    const caller = request.voltapCaller as OperatorCaller | undefined;
    if (caller?.kind !== 'operator')
      throw new VoltapError('unauthorized', 'An API key is needed: Authorization: Bearer <key>.');
    if (!caller.scopes.includes(row.scope)) {
      throw new VoltapError('forbidden', `This API key lacks the scope "${row.scope}".`);
    }
    const contentType = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '';
    if (row.streamed !== undefined && !row.streamed.includes(contentType)) {
      throw new VoltapError('invalid_parameter', `Send ${row.streamed.join(' or ')}.`, {
        violations: [{ pointer: 'header/content-type', message: `is ${contentType || 'missing'}` }],
      });
    }
    const gone = new AbortController();
    const response = context.switchToHttp().getResponse<FastifyReply>().raw;
    response.once('close', () => {
      if (!response.writableFinished) gone.abort();
    });
    request.restRequest = {
      operator: caller,
      params: request.params as Record<string, string>,
      query: row.query === undefined ? undefined : validate(row.query, request.query, 'query/'),
      body: row.body === undefined ? undefined : validate(row.body, parseJson(request.body), '/'),
      stream: request.body as Readable,
      contentType,
      signal: gone.signal,
    } as RestRequestOf<RestEndpointRow>;
    return next.handle();
  }
}

/** Everything that goes wrong is a problem document (RFC 9457). */
@Catch()
@Injectable()
export class ProblemFilter implements ExceptionFilter {
  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const error = asVoltapError(exception);
    if (error.code === 'internal')
      this.logger.error({ error: exception, route: request.routeOptions.url }, 'a back-office request failed');
    const problem = problemOf(error, request.url);
    http.getResponse<FastifyReply>().status(problem.status).type('application/problem+json').send(problem);
  }
}

/** Serves a row of the back-office API under `/api/v1`. */
export function RestEndpoint(row: RestEndpointRow): MethodDecorator {
  return applyDecorators(
    METHODS[row.method](`api/v1${row.path}`),
    HttpCode(row.status),
    SetMetadata(ROW, row),
    RouteConfig({ streamed: row.streamed !== undefined }),
    UseInterceptors(RestInterceptor),
    UseFilters(ProblemFilter),
  );
}

export const RestRequest = createParamDecorator((_data: unknown, context: ExecutionContext) => {
  return context.switchToHttp().getRequest<PreparedRequest>().restRequest;
});

function parseJson(body: unknown): unknown {
  if (typeof body !== 'string' || body === '') return undefined;
  try {
    return JSON.parse(body) as unknown;
  } catch (cause) {
    throw new VoltapError(
      'invalid_json',
      `The body is not JSON: ${cause instanceof Error ? cause.message : String(cause)}.`,
      { cause },
    );
  }
}

function asVoltapError(exception: unknown): VoltapError {
  if (exception instanceof VoltapError) return exception;
  if (exception instanceof HttpException && exception.getStatus() === 404) {
    return new VoltapError('not_found', 'There is no such resource.');
  }
  return new VoltapError('internal', 'The request failed on our side; nothing was changed. The log tells why.', {
    cause: exception,
  });
}
