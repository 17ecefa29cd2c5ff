import { context, trace } from '@opentelemetry/api';

/** W3C traceparent of the active span, when one is recorded; it travels in the outbox row and in the headers. */
export function currentTraceparent(): string | undefined {
  const span = trace.getSpanContext(context.active());
  if (span === undefined) return undefined;
  return `00-${span.traceId}-${span.spanId}-${span.traceFlags.toString(16).padStart(2, '0')}`;
}
