import { describe, expect, it } from '@jest/globals';
import { context, ROOT_CONTEXT, SpanStatusCode, trace } from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { KEEPING, KeptSpans } from '../../src/telemetry/kept-spans.js';
import { readTraceparent } from '../../src/telemetry/trace-context.js';

function recorder(ratio: number) {
  const exporter = new InMemorySpanExporter();
  const kept = new KeptSpans(new SimpleSpanProcessor({ exporter }), ratio);
  const tracer = new TracerProvider({ spanProcessors: [kept] }).getTracer('test');
  return { kept, tracer, names: () => exporter.getFinishedSpans().map(({ name }) => name) };
}

const trace0 = '0af7651916cd43dd8448eb211c80319c';
const callerOf = (flags: string) => {
  const caller = readTraceparent(`00-${trace0}-b7ad6b7169203331-${flags}`);
  if (caller === undefined) throw new Error('no traceparent');
  return caller;
};

describe('which traces leave', () => {
  it('are those of the ratio, the same in every service', () => {
    const all = recorder(1);
    const none = recorder(0);
    const some = recorder(0.25);
    for (const { tracer } of [all, none]) tracer.startSpan('poll').end();
    for (let round = 0; round < 2000; round += 1) some.tracer.startSpan('poll').end();
    expect([all.names(), none.names()]).toEqual([['poll'], []]);
    expect(some.names().length / 2000).toBeGreaterThan(0.15);
    expect(some.names().length / 2000).toBeLessThan(0.35);
  });

  it('are those of a failure, with what led to it', () => {
    const { tracer, names } = recorder(0);
    const request = tracer.startSpan('request', {}, ROOT_CONTEXT);
    const inside = trace.setSpan(ROOT_CONTEXT, request);
    tracer.startSpan('select', {}, inside).end();
    const failing = tracer.startSpan('insert', {}, inside);
    failing.setStatus({ code: SpanStatusCode.ERROR });
    failing.end();
    request.end();
    expect(names()).toEqual(['select', 'insert', 'request']);
  });

  it('are those about money, and what a kept step causes or asks for', () => {
    const { tracer, names } = recorder(0);
    tracer.startSpan('capture', {}, ROOT_CONTEXT.setValue(KEEPING, 'always')).end();
    tracer.startSpan('caused', { links: [{ context: callerOf('01') }] }).end();
    tracer.startSpan('caused by nothing kept', { links: [{ context: callerOf('00') }] }).end();
    tracer.startSpan('asked', {}, trace.setSpanContext(ROOT_CONTEXT, callerOf('01'))).end();
    expect(names()).toEqual(['capture', 'caused', 'asked']);
  });

  it('follow the caller, not the ratio; a quiet step is kept only when it fails', () => {
    const { tracer, names } = recorder(1);
    tracer.startSpan('not kept by its caller', {}, trace.setSpanContext(ROOT_CONTEXT, callerOf('00'))).end();
    const quiet = ROOT_CONTEXT.setValue(KEEPING, 'failures');
    tracer.startSpan('job', {}, quiet).end();
    const failing = tracer.startSpan('job that fails', {}, quiet);
    failing.setStatus({ code: SpanStatusCode.ERROR });
    failing.end();
    expect(names()).toEqual(['job that fails']);
  });

  it('are kept from their beginning when it turns out later what they are about', () => {
    const { tracer, names, kept } = recorder(0);
    const step = tracer.startSpan('step');
    tracer.startSpan('before', {}, trace.setSpan(context.active(), step)).end();
    const { traceId } = step.spanContext();
    expect(kept.keeps(traceId)).toBe(false);
    kept.keep(traceId);
    expect(kept.keeps(traceId)).toBe(true);
    step.end();
    expect(names()).toEqual(['before', 'step']);
  });
});

describe('a traceparent', () => {
  it('is taken only when it is one', () => {
    expect(readTraceparent(`00-${trace0}-b7ad6b7169203331-01`)).toMatchObject({ traceId: trace0, traceFlags: 1 });
    for (const text of [undefined, null, '', 'x', `00-${'0'.repeat(32)}-b7ad6b7169203331-01`, `01-${trace0}-b7-01`])
      expect(readTraceparent(text)).toBeUndefined();
  });
});
