import {
  type Attributes,
  type Context,
  context,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { KEEPING, type Keeping, KeptSpans } from './kept-spans.js';
import type { Logger } from './logger.js';
import { errorType } from './metrics.js';
import { ambientTracing, readTraceparent, STEP_FACTS, STEP_TRACING, type StepFacts } from './trace-context.js';

export interface TraceSettings {
  /** Base URL of an OTLP/HTTP receiver; `/v1/traces` is added. */
  readonly endpoint: string;
  /** Of traces that are neither about money nor fail, so many are kept: 0 to 1. */
  readonly ratio: number;
}

export type SpanSort = 'in' | 'out' | 'sent' | 'received' | 'within';

export interface SpanOptions {
  /** Request in, request out, event sent, event received, or (default) work within the service. */
  readonly sort?: SpanSort;
  readonly attributes?: Attributes;
  /** Milliseconds since 1970, of what is told when it is over. */
  readonly startedAt?: number;
}

export interface StepOptions extends SpanOptions {
  /** Traceparent of the caller that waits: the step goes on in its trace. */
  readonly parent?: string | null | undefined;
  /** Traceparent of the step that caused this one and does not wait for it. */
  readonly causedBy?: string | null | undefined;
  readonly keep?: Keeping | undefined;
}

/** A span while it is open. */
export interface OpenSpan {
  /** Undefined where nothing is traced. */
  readonly traceparent: string | undefined;
  /** What runs in it belongs to it. */
  run<Result>(work: () => Result): Result;
  set(attributes: Attributes): void;
  rename(name: string): void;
  /** By a class of errors: their texts may hold secrets, and stay out. */
  fail(failure: string): void;
  /** Closes it; as failed when `failure` is given. */
  end(failure?: string): void;
}

const KINDS: Readonly<Record<SpanSort, SpanKind>> = {
  in: SpanKind.SERVER,
  out: SpanKind.CLIENT,
  sent: SpanKind.PRODUCER,
  received: SpanKind.CONSUMER,
  within: SpanKind.INTERNAL,
};

const UNTRACED: OpenSpan = {
  traceparent: undefined,
  run: (work) => work(),
  set: () => undefined,
  rename: () => undefined,
  fail: () => undefined,
  end: () => undefined,
};

/** A trace store that is away must not cost memory without end. */
const MOST_QUEUED = 8_192;
const EXPORT_EVERY_MS = 1_000;

/** The steps of one service as traces of OpenTelemetry. Several services live in one process, so that each has its own provider. */
export class Tracing {
  private readonly kept: KeptSpans | undefined;
  private readonly provider: TracerProvider | undefined;

  /** Without settings nothing is traced, and steps cost nothing. */
  constructor(service: string, settings?: TraceSettings) {
    if (settings === undefined) return;
    const exporter = new OTLPTraceExporter({ url: `${settings.endpoint}/v1/traces` });
    this.kept = new KeptSpans(
      new BatchSpanProcessor({ exporter, maxQueueSize: MOST_QUEUED, scheduledDelayMillis: EXPORT_EVERY_MS }),
      settings.ratio,
    );
    this.provider = new TracerProvider({
      resource: resourceFromAttributes({ 'service.name': service, 'service.namespace': 'voltap' }),
      spanProcessors: [this.kept],
    });
    carryContext();
  }

  get enabled(): boolean {
    return this.provider !== undefined;
  }

  /** Begins a step of the service: a request, an event, a delivery, a run of a job. */
  open(name: string, { parent, causedBy, keep, ...options }: StepOptions = {}): OpenSpan {
    if (this.provider === undefined) return UNTRACED;
    const caller = readTraceparent(parent);
    const cause = readTraceparent(causedBy);
    let base = ROOT_CONTEXT.setValue(STEP_TRACING, this).setValue(STEP_FACTS, {} satisfies StepFacts);
    if (keep !== undefined) base = base.setValue(KEEPING, keep);
    if (caller !== undefined) base = trace.setSpanContext(base, caller);
    return this.begin(name, base, options, cause === undefined ? [] : [{ context: cause }]);
  }

  /** A step around work that ends; one that fails is kept. */
  step<Result>(name: string, options: StepOptions, work: (span: OpenSpan) => Promise<Result>): Promise<Result> {
    return around(this.open(name, options), work);
  }

  /** A part of the running step. */
  child(name: string, options: SpanOptions): OpenSpan {
    return this.begin(name, context.active(), options, []);
  }

  /** Reads it as it stands: whether the step is kept may be decided in its course. */
  traceparentOf({ traceId, spanId }: SpanContext): string {
    return `00-${traceId}-${spanId}-${this.kept?.keeps(traceId) ? '01' : '00'}`;
  }

  keep(traceId: string): void {
    this.kept?.keep(traceId);
  }

  /** Sends what is kept. Losing traces is no reason not to end. */
  async close(logger: Logger): Promise<void> {
    try {
      await this.provider?.shutdown();
    } catch (error) {
      logger.warn({ error }, 'the last traces were not sent');
    }
  }

  private begin(
    name: string,
    base: Context,
    { sort = 'within', attributes, startedAt: startTime }: SpanOptions,
    links: { readonly context: SpanContext }[],
  ): OpenSpan {
    if (this.provider === undefined) return UNTRACED;
    const options = { kind: KINDS[sort], attributes, links, startTime };
    const span = this.provider.getTracer('voltap').startSpan(name, options, base);
    return new RecordedSpan(this, span, trace.setSpan(base, span));
  }
}

/** Where nothing is traced. */
export const NO_TRACING = new Tracing('none');

class RecordedSpan implements OpenSpan {
  constructor(
    private readonly tracing: Tracing,
    private readonly span: Span,
    private readonly inside: Context,
  ) {}

  get traceparent(): string {
    return this.tracing.traceparentOf(this.span.spanContext());
  }

  run<Result>(work: () => Result): Result {
    return context.with(this.inside, work);
  }

  set(attributes: Attributes): void {
    this.span.setAttributes(attributes);
  }

  rename(name: string): void {
    this.span.updateName(name);
  }

  fail(failure: string): void {
    this.span.setAttribute('error.type', failure);
    this.span.setStatus({ code: SpanStatusCode.ERROR });
  }

  end(failure?: string): void {
    if (failure !== undefined) this.fail(failure);
    this.span.end();
  }
}

/** A part of the running step: a request out, a command to a store. Outside of steps it is only the work. */
export function childSpan<Result>(
  name: string,
  options: SpanOptions,
  work: (span: OpenSpan) => Promise<Result>,
): Promise<Result> {
  const tracing = ambientTracing();
  return tracing === undefined ? work(UNTRACED) : around(tracing.child(name, options), work);
}

/** A part of the running step that has just ended, as failed when `failure`, a class of errors, is given. */
export function endedSpan(name: string, options: SpanOptions, failure?: string): void {
  ambientTracing()?.child(name, options).end(failure);
}

/** What the running step is about. A step that names a charge is about money, and is kept. */
export function noteCharge(reference: string | null | undefined): void {
  if (reference === null || reference === undefined) return;
  noteFact('reference', 'voltap.authorization_reference', reference);
  keepStep();
}

export function notePartner(partnerId: string): void {
  noteFact('partnerId', 'voltap.partner.id', partnerId);
}

/** The running step is kept, whatever the ratio says. */
export function keepStep(): void {
  const span = trace.getSpanContext(context.active());
  if (span !== undefined) ambientTracing()?.keep(span.traceId);
}

function noteFact(fact: keyof StepFacts, attribute: string, value: string): void {
  const active = context.active();
  const facts = active.getValue(STEP_FACTS) as StepFacts | undefined;
  if (facts === undefined) return;
  facts[fact] = value;
  trace.getSpan(active)?.setAttribute(attribute, value);
}

async function around<Result>(span: OpenSpan, work: (span: OpenSpan) => Promise<Result>): Promise<Result> {
  try {
    const result = await span.run(() => work(span));
    span.end();
    return result;
  } catch (error) {
    span.end(errorType(error));
    throw error;
  }
}

let carried = false;

/** The running step follows its asynchronous work. Once in a process. */
function carryContext(): void {
  if (carried) return;
  carried = true;
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
}
