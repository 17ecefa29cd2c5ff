import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Keeping } from './kept-spans.js';
import { notePartner, type OpenSpan, type Tracing } from './tracing.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** What is asked for, as the protocol names it: `commands.receiver.startSession`. */
    operation?: string;
    /** Status code of OCPI in the answer. */
    ocpiStatusCode?: number;
    /** The step that the request is, where requests are traced. */
    step?: OpenSpan;
  }
}

export interface TracedDoor {
  /** Whether callers are ours, so that their traces are gone on with. */
  readonly trusted: boolean;
  keep?(request: FastifyRequest): Keeping | undefined;
}

/** Not asked by anybody who waits for a charge. */
const UNTRACED = new Set(['/live', '/ready', '/metrics']);
/** From a service to the gateway: what was asked for, by which both name their spans. */
export const OPERATION_HEADER = 'voltap-operation';
/** The same, for the status code in the envelope, which the gateway does not read. */
export const STATUS_CODE_HEADER = 'voltap-status-code';

/** Tells the gateway what it measures, and keeps from callers. */
export function tellOperation(fastify: FastifyInstance): void {
  fastify.addHook('onSend', (request, reply, payload, done) => {
    if (request.operation !== undefined) reply.header(OPERATION_HEADER, request.operation);
    if (request.ocpiStatusCode !== undefined) reply.header(STATUS_CODE_HEADER, request.ocpiStatusCode);
    done(null, payload);
  });
}

/** Each request is a step, or a part of the caller's. To be called before other hooks are added. */
export function traceRequests(fastify: FastifyInstance, tracing: Tracing, { trusted, keep }: TracedDoor): void {
  if (!tracing.enabled) return;
  fastify.addHook('onRequest', (request, _reply, done) => {
    const route = request.routeOptions.url ?? 'unknown';
    if (UNTRACED.has(route)) return done();
    const { traceparent } = request.headers;
    const parent = trusted && typeof traceparent === 'string' ? traceparent : undefined;
    request.step = tracing.open(`${request.method} ${route}`, {
      sort: 'in',
      parent,
      keep: keep?.(request),
      attributes: { 'http.request.method': request.method, 'http.route': route },
    });
    request.step.run(done);
  });
  // A body arrives on its socket, outside of the step.
  fastify.addHook('preValidation', (request, _reply, done) => {
    if (request.step === undefined) done();
    else request.step.run(done);
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    endStep(request, reply);
    done();
  });
}

function endStep(request: FastifyRequest, reply: FastifyReply): void {
  const { step, operation, partnerId } = request as FastifyRequest & { readonly partnerId?: string };
  if (step === undefined) return;
  if (operation !== undefined) {
    step.rename(operation);
    step.set({ 'voltap.operation': operation });
  }
  if (partnerId !== undefined) step.run(() => notePartner(partnerId));
  step.set({ 'http.response.status_code': reply.statusCode });
  step.end(failureOf(reply.statusCode, request.ocpiStatusCode));
}

/** What failed on our side is told to partners as 3000 inside of HTTP 200 (ENV-12). */
function failureOf(status: number, ocpiStatusCode: number | undefined): string | undefined {
  if (status >= 500) return String(status);
  return ocpiStatusCode === 3000 ? '3000' : undefined;
}
