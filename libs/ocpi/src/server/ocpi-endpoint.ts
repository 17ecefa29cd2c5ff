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
  Patch,
  Post,
  Put,
  SetMetadata,
  UseFilters,
  UseInterceptors,
} from '@nestjs/common';
import { Clock, VoltapError } from '@voltap/kernel';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { map, type Observable } from 'rxjs';
import type { EndpointRow, ResponseOf } from '../endpoints/index.js';
import { routingOf } from '../transport/index.js';
import type { OcpiCreated, OcpiHeaded, OcpiPage, OcpiText } from './answers.js';
import { answerText, sendError } from './reply.js';
import { type ReadRequest, readRequest } from './request.js';
import { routeOf } from './routes.js';

/** What a handler of a row may return, now or later: the canonical value, a page, something created, or nothing. */
export type OcpiAnswerOf<Row extends EndpointRow> = Row['paginated'] extends true
  ? OcpiPage<ResponseOf<Row>>
  : ResponseOf<Row> | OcpiCreated<ResponseOf<Row>> | OcpiHeaded<ResponseOf<Row>> | OcpiText;

const ROW = Symbol('OCPI endpoint row');
const METHODS = { GET: Get, POST: Post, PUT: Put, PATCH: Patch, DELETE: Delete } as const;

interface PreparedRequest extends FastifyRequest {
  ocpiRequest?: ReadRequest;
  /** Who observes requests names them by it. */
  operation?: string;
  ocpiStatusCode?: number;
}

/** Reads, checks and converts the request by its row, and makes the envelope of the answer. */
@Injectable()
export class OcpiInterceptor implements NestInterceptor {
  constructor(@Inject(Clock) private readonly clock: Clock) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const row = Reflect.getMetadata(ROW, context.getHandler()) as EndpointRow;
    const http = context.switchToHttp();
    const request = http.getRequest<PreparedRequest>();
    request.operation = row.id;
    request.ocpiStatusCode = 1000;
    const read = readRequest(row, request);
    request.ocpiRequest = read;
    const reply = http.getResponse<FastifyReply>();
    return next.handle().pipe(map((answer) => answerText(row, read, reply, answer, this.clock.now())));
  }
}

/** Everything that goes wrong leaves as an envelope (TRN-12). */
@Catch()
@Injectable()
export class OcpiExceptionFilter implements ExceptionFilter {
  constructor(@Inject(Clock) private readonly clock: Clock) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const missing = exception instanceof HttpException && exception.getStatus() === 404;
    const error = missing ? new VoltapError('not_found', 'There is no such resource') : exception;
    const request = http.getRequest<PreparedRequest>();
    // Peers send no routing headers with versions and credentials (RTE-04), so that none come back there.
    const routing = request.ocpiRequest?.routing ?? routingOf(request.headers);
    sendError(error, request, http.getResponse<FastifyReply>(), this.clock.now(), routing);
  }
}

/**
 * Serves a row: `@OcpiEndpoint(locations.sender.list)` on a method of a controller without prefix. The method takes one
 * `@OcpiRequest()` parameter and returns an `OcpiAnswerOf` the row. Needs a `Clock` provider.
 */
export function OcpiEndpoint(row: EndpointRow): MethodDecorator {
  return applyDecorators(
    METHODS[row.method](routeOf(row)),
    HttpCode(200),
    SetMetadata(ROW, row),
    UseInterceptors(OcpiInterceptor),
    UseFilters(OcpiExceptionFilter),
  );
}

/** The one parameter of a handler: `OcpiRequestOf<typeof row>`. */
export const OcpiRequest = createParamDecorator(
  (_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<PreparedRequest>().ocpiRequest,
);
