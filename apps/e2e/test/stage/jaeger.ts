import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ROOT } from './running-platform.js';
import type { ReceivedSpan, TraceStore } from './trace-receiver.js';

interface JaegerTag {
  readonly key: string;
  readonly value: string | number | boolean;
}

interface JaegerTrace {
  readonly processes: Readonly<Record<string, { readonly serviceName: string }>>;
  readonly spans: readonly {
    readonly traceID: string;
    readonly spanID: string;
    readonly operationName: string;
    /** Microseconds. */
    readonly duration: number;
    readonly processID: string;
    readonly references: readonly { readonly refType: string; readonly traceID: string; readonly spanID: string }[];
    readonly tags: readonly JaegerTag[];
  }[];
}

/** A real Jaeger; the first start on a machine builds it. */
export async function startJaeger(): Promise<TraceStore> {
  const child = spawn(process.execPath, [join(ROOT, 'tools/jaeger.mjs')], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const [line] = (await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    exited.then(([code]) => {
      throw new Error(`Jaeger cannot be had (code ${code})`);
    }),
  ])) as [string];
  const { otlpUrl, queryUrl } = JSON.parse(line) as { otlpUrl: string; queryUrl: string };
  const ask = async <Data>(path: string): Promise<Data> =>
    ((await (await fetch(`${queryUrl}/api/${path}`)).json()) as { data: Data }).data;
  return {
    url: otlpUrl,
    async spans(reference) {
      const services = (await ask<string[] | null>('services')) ?? [];
      const tags = encodeURIComponent(JSON.stringify({ 'voltap.authorization_reference': reference }));
      const found = await Promise.all(
        services.map((service) => ask<JaegerTrace[]>(`traces?service=${service}&tags=${tags}&limit=500`)),
      );
      return found.flat().flatMap(spansOf);
    },
    async close() {
      child.stdin.end();
      await exited;
    },
  };
}

function spansOf({ processes, spans }: JaegerTrace): ReceivedSpan[] {
  return spans.map(({ traceID, spanID, operationName, processID, references, tags, duration }): ReceivedSpan => {
    const attributes = Object.fromEntries(tags.map(({ key, value }) => [key, String(value)]));
    return {
      service: processes[processID]?.serviceName ?? '',
      name: operationName,
      traceId: traceID,
      spanId: spanID,
      parentSpanId: references.find(({ refType, traceID: of }) => refType === 'CHILD_OF' && of === traceID)?.spanID,
      links: references.filter(({ traceID: of }) => of !== traceID).map((reference) => reference.spanID),
      failed: attributes.error === 'true',
      milliseconds: duration / 1000,
      attributes,
    };
  });
}
