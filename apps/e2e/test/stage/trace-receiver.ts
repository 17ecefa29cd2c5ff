import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A span as a trace store got it. */
export interface ReceivedSpan {
  readonly service: string;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Undefined for the first of a trace. */
  readonly parentSpanId: string | undefined;
  /** Ids of the spans that caused it. */
  readonly links: readonly string[];
  readonly failed: boolean;
  /** How long it took. */
  readonly milliseconds: number;
  readonly attributes: Readonly<Record<string, string | number>>;
}

/** Where a platform sends traces. */
export interface TraceStore {
  /** Base URL that takes them by OTLP/HTTP. */
  readonly url: string;
  /** All spans of the traces in which one names the charge, perhaps twice. */
  spans(reference: string): Promise<readonly ReceivedSpan[]>;
  close(): Promise<void>;
}

export interface TraceReceiver extends TraceStore {
  /** All that came, perhaps twice. */
  readonly received: readonly ReceivedSpan[];
}

interface OtlpAttribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: string | number; readonly doubleValue?: number };
}

interface OtlpSpan {
  readonly name: string;
  /** Nanoseconds since 1970. */
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly attributes?: readonly OtlpAttribute[];
  readonly links?: readonly { readonly spanId: string }[];
  readonly status?: { readonly code?: number };
}

interface OtlpTraces {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly OtlpAttribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
  }[];
}

/** Takes traces by OTLP/HTTP in JSON, as a collector does, and keeps them. */
export async function receiveTraces(): Promise<TraceReceiver> {
  const spans: ReceivedSpan[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const known = request.url === '/v1/traces' && request.headers['content-type'] === 'application/json';
      if (known) {
        const text = Buffer.concat(chunks).toString('utf8');
        spans.push(...spansOf(JSON.parse(text) as OtlpTraces));
      }
      response.writeHead(known ? 200 : 404, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received: spans,
    async spans(reference) {
      const ofCharge = spans.filter(({ attributes }) => attributes['voltap.authorization_reference'] === reference);
      const traces = new Set(ofCharge.map(({ traceId }) => traceId));
      return spans.filter(({ traceId }) => traces.has(traceId));
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function spansOf({ resourceSpans }: OtlpTraces): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = String(valuesOf(resource.attributes)['service.name']);
    return scopeSpans.flatMap(({ spans }) =>
      spans.map(
        ({ name, traceId, spanId, parentSpanId, attributes = [], links = [], status, ...times }): ReceivedSpan => ({
          service,
          name,
          traceId,
          spanId,
          parentSpanId: parentSpanId || undefined,
          links: links.map((link) => link.spanId),
          failed: status?.code === 2,
          milliseconds: Number(BigInt(times.endTimeUnixNano) - BigInt(times.startTimeUnixNano)) / 1e6,
          attributes: valuesOf(attributes),
        }),
      ),
    );
  });
}

function valuesOf(attributes: readonly OtlpAttribute[]): Record<string, string | number> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [
      key,
      value.stringValue ?? (value.intValue === undefined ? (value.doubleValue ?? '') : Number(value.intValue)),
    ]),
  );
}
