import {
  context,
  createContextKey,
  isSpanContextValid,
  ROOT_CONTEXT,
  type SpanContext,
  trace,
} from '@opentelemetry/api';
import type { Tracing } from './tracing.js';

/** What a step is about; its lines in the log carry it. */
export interface StepFacts {
  partnerId?: string;
  reference?: string;
}

/** Whose step is running, in the context of OpenTelemetry. */
export const STEP_TRACING = createContextKey('tracing of the step');
export const STEP_FACTS = createContextKey('facts of the step');

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** The tracing of the service whose step is running; undefined outside of steps, and where nothing is traced. */
export function ambientTracing(): Tracing | undefined {
  return context.active().getValue(STEP_TRACING) as Tracing | undefined;
}

/**
 * W3C traceparent of the running step, when there is one; it travels in outbox rows, in the headers of events and requests, and
 * in deliveries. Its flag says whether the step is kept as things stand.
 */
export function currentTraceparent(): string | undefined {
  const span = trace.getSpanContext(context.active());
  const tracing = ambientTracing();
  return span === undefined || tracing === undefined ? undefined : tracing.traceparentOf(span);
}

/** Header of a request to another service of ours. */
export function traceHeaders(): Record<string, string> {
  const traceparent = currentTraceparent();
  return traceparent === undefined ? {} : { traceparent };
}

/** What a traceparent says; undefined when it is none. */
export function readTraceparent(text: string | null | undefined): SpanContext | undefined {
  const [, traceId = '', spanId = '', flags = ''] = TRACEPARENT.exec(text ?? '') ?? [];
  const read = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true };
  return isSpanContextValid(read) ? read : undefined;
}

/** Runs what goes on after a step, and must not count as part of it. */
export function outsideOfSteps<Result>(work: () => Result): Result {
  return context.with(ROOT_CONTEXT, work);
}

/** For each line of the log: the step in which it is written. */
export function stepFields(): Record<string, string> {
  const active = context.active();
  const span = trace.getSpanContext(active);
  if (span === undefined) return {};
  const { partnerId, reference } = (active.getValue(STEP_FACTS) ?? {}) as StepFacts;
  return {
    trace_id: span.traceId,
    span_id: span.spanId,
    ...(partnerId === undefined ? {} : { partnerId }),
    ...(reference === undefined ? {} : { authorizationReference: reference }),
  };
}
