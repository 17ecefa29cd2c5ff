import type { Attributes, Counter, Histogram } from '@opentelemetry/api';
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AggregationTemporality, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import type { Logger } from './logger.js';
import { METRICS, type MetricName, type MetricOfKind } from './metric-catalogue.js';

/** One value of a gauge at the moment of a scrape. */
export interface Observation {
  readonly name: MetricOfKind<'gauge'>;
  readonly value: number;
  readonly attributes?: Attributes;
}

/** Seconds: from a handler of a millisecond to one that waits for a lock. */
const DURATION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** A scrape tells what it can by then. */
const COLLECT_WITHIN_MS = 5_000;

/** Hands over what was measured when it is asked. */
class ScrapeReader extends MetricReader {
  constructor() {
    super({ aggregationTemporalitySelector: () => AggregationTemporality.CUMULATIVE });
  }

  // It holds nothing and sends nothing.
  protected override onShutdown(): Promise<void> {
    return Promise.resolve();
  }

  protected override onForceFlush(): Promise<void> {
    return Promise.resolve();
  }
}

interface Observed {
  readonly names: readonly MetricOfKind<'gauge'>[];
  read(): Promise<readonly Observation[]>;
}

/** What one service measures, in a registry of its own: several services live in one process. */
export class Metrics {
  private readonly reader = new ScrapeReader();
  private readonly provider: MeterProvider;
  private readonly serializer = new PrometheusSerializer(undefined, false, /^service\.name$/, true, true);
  private readonly counters = new Map<MetricName, Counter>();
  private readonly histograms = new Map<MetricName, Histogram>();
  private readonly observed: Observed[] = [];

  constructor(
    readonly service: string,
    private readonly logger: Logger,
  ) {
    this.provider = this.providerFor(this.reader);
    const meter = this.provider.getMeter('voltap');
    for (const [key, entry] of Object.entries(METRICS)) {
      const { kind, unit, description } = entry;
      const name = key as MetricName;
      if (kind === 'counter') this.counters.set(name, meter.createCounter(name, { unit, description }));
      else if (kind === 'histogram') {
        const advice = { explicitBucketBoundaries: [...('buckets' in entry ? entry.buckets : DURATION_BUCKETS)] };
        this.histograms.set(name, meter.createHistogram(name, { unit, description, advice }));
      }
    }
  }

  /**
   * Tells a counter as 0 from now on. For what an alert waits for and seldom happens: Prometheus sees no increase in a series
   * that begins with its first count.
   */
  begin(name: MetricOfKind<'counter'>, ...series: readonly Attributes[]): void {
    for (const attributes of series) this.count(name, attributes, 0);
  }

  count(name: MetricOfKind<'counter'>, attributes: Attributes, amount = 1): void {
    this.counters.get(name)?.add(amount, attributes);
  }

  /** `startedAt`: of `performance.now()`. */
  time(name: MetricOfKind<'histogram'>, startedAt: number, attributes: Attributes): void {
    this.record(name, (performance.now() - startedAt) / 1000, attributes);
  }

  /** A length of time that was measured by another clock, in seconds. */
  record(name: MetricOfKind<'histogram'>, seconds: number, attributes: Attributes): void {
    this.histograms.get(name)?.record(seconds, attributes);
  }

  /** `read` is asked at each scrape for all values of these gauges. What it throws is logged; the others are told all the same. */
  observe(names: readonly MetricOfKind<'gauge'>[], read: () => Promise<readonly Observation[]>): void {
    this.observed.push({ names, read });
  }

  /** In the text format of Prometheus; every line carries the name of the service. */
  async expose(): Promise<string> {
    return `${await this.collected(this.reader)}${await this.gauges()}`;
  }

  /**
   * How it is now, read into a registry for this scrape alone: one that is kept tells a value on and on that nobody
   * observes any more, and an alert by it would never end.
   */
  private async gauges(): Promise<string> {
    const reader = new ScrapeReader();
    const provider = this.providerFor(reader);
    const meter = provider.getMeter('voltap');
    const gauges = new Map(
      [...new Set(this.observed.flatMap(({ names }) => names))].map((name) => {
        const { unit, description } = METRICS[name];
        return [name, meter.createObservableGauge(name, { unit, description })] as const;
      }),
    );
    for (const { names, read } of this.observed) {
      meter.addBatchObservableCallback(
        async (result) => {
          for (const { name, value, attributes } of await read()) {
            const gauge = gauges.get(name);
            if (gauge !== undefined) result.observe(gauge, value, attributes);
          }
        },
        names.flatMap((name) => gauges.get(name) ?? []),
      );
    }
    try {
      return await this.collected(reader);
    } finally {
      await provider.shutdown();
    }
  }

  private providerFor(reader: MetricReader): MeterProvider {
    return new MeterProvider({ resource: resourceFromAttributes({ 'service.name': this.service }), readers: [reader] });
  }

  private async collected(reader: MetricReader): Promise<string> {
    const { resourceMetrics, errors } = await reader.collect({ timeoutMillis: COLLECT_WITHIN_MS });
    for (const error of errors) this.logger.warn({ error }, 'a metric could not be read');
    return this.serializer.serialize(resourceMetrics);
  }

  close(): Promise<void> {
    return this.provider.shutdown();
  }
}

/** Content type of what `expose` gives. */
export const METRICS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Class of an error as an attribute: few values, no texts. */
export function errorType(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  if (typeof code === 'string' && code !== '') return code;
  return typeof name === 'string' ? name : typeof error;
}

/** Several expositions as one: each metric once, with the lines of all. They must differ in a label. */
export function joinExpositions(texts: readonly string[]): string {
  const heads = new Map<string, string[]>();
  const samples = new Map<string, string[]>();
  for (const text of texts) {
    let current = '';
    for (const line of text.split('\n')) {
      const head = /^# (?:HELP|TYPE|UNIT) (\S+)/.exec(line);
      if (head !== null) {
        current = head[1] ?? '';
        const known = heads.get(current) ?? [];
        if (!known.some((other) => other.split(' ', 3).join() === line.split(' ', 3).join())) known.push(line);
        heads.set(current, known);
      } else if (line !== '' && !line.startsWith('#')) {
        samples.set(current, [...(samples.get(current) ?? []), line]);
      }
    }
  }
  return [...samples].flatMap(([name, lines]) => [...(heads.get(name) ?? []), ...lines, '']).join('\n');
}
