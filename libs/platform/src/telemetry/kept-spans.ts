import { type Context, createContextKey, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api';
import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace';

/** Whether a step is kept whatever its luck, or only when it fails. Absent: by the ratio. */
export type Keeping = 'always' | 'failures';

export const KEEPING = createContextKey('whether the step is kept');

/** Of a step that is not kept yet, so many spans are remembered: it may still fail. */
const MOST_REMEMBERED = 256;

interface Segment {
  open: number;
  kept: boolean;
  readonly remembered: ReadableSpan[];
}

/**
 * Decides what leaves for the trace store. Every span is recorded; those of one trace in one service are kept when the
 * caller, or the step that caused them, was kept, when they are about money, when one of them fails, and else by the ratio. So a failure is
 * seen with all that led to it in its service, and no step of a charge is ever missing.
 */
export class KeptSpans implements SpanProcessor {
  private readonly segments = new Map<string, Segment>();
  private readonly threshold: number;

  /** `ratio`: of the other traces, 0 to 1; the same traces in every service. */
  constructor(
    private readonly next: SpanProcessor,
    ratio: number,
  ) {
    this.threshold = Math.floor(ratio * 0x1_0000_0000);
  }

  onStart(span: Span, parentContext: Context): void {
    const { traceId } = span.spanContext();
    let segment = this.segments.get(traceId);
    if (segment === undefined) {
      segment = { open: 0, kept: this.begins(span, parentContext), remembered: [] };
      this.segments.set(traceId, segment);
    }
    segment.open += 1;
  }

  onEnd(span: ReadableSpan): void {
    const { traceId } = span.spanContext();
    const segment = this.segments.get(traceId);
    if (segment === undefined) return;
    segment.open -= 1;
    if (span.status.code === SpanStatusCode.ERROR) segment.kept = true;
    if (segment.kept || segment.remembered.length < MOST_REMEMBERED) segment.remembered.push(span);
    if (segment.kept) for (const kept of segment.remembered.splice(0)) this.next.onEnd(kept);
    if (segment.open === 0) this.segments.delete(traceId);
  }

  /** From now on, and with what was remembered. */
  keep(traceId: string): void {
    const segment = this.segments.get(traceId);
    if (segment !== undefined) segment.kept = true;
  }

  keeps(traceId: string): boolean {
    return this.segments.get(traceId)?.kept === true;
  }

  forceFlush(): Promise<void> {
    return this.next.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.next.shutdown();
  }

  private begins(span: Span, parentContext: Context): boolean {
    const keeping = parentContext.getValue(KEEPING) as Keeping | undefined;
    if (keeping === 'always') return true;
    const parent = trace.getSpanContext(parentContext);
    if (parent?.isRemote) return isSampled(parent.traceFlags);
    if (span.links.some(({ context }) => isSampled(context.traceFlags))) return true;
    return keeping === undefined && Number.parseInt(span.spanContext().traceId.slice(-8), 16) < this.threshold;
  }
}

function isSampled(flags: number): boolean {
  return (flags & TraceFlags.SAMPLED) !== 0;
}
