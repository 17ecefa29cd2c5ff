/** docs/metrics.md, written from the metric catalogue of the platform. */

/** One entry of the catalogue, as libs/platform describes it. */
export interface MetricCatalogueEntry {
  readonly kind: string;
  readonly unit: string;
  readonly description: string;
  readonly attributes: readonly string[];
}

const HEAD = `# Metrics

What every service measures, served as Prometheus text at \`/metrics\` of its internal port; \`/metrics\` of the health port of \`npm start\` joins them.
The tables are written from \`libs/platform/src/telemetry\` by \`npm run docs\`; do not edit them here. What to look at when something stands still is
told in [flows/messaging.md](flows/messaging.md).

Names are those of OpenTelemetry's conventions for messaging where it has some, else \`voltap.*\`. Prometheus reads them with \`_\` for each dot, and
counters with \`_total\` at the end. Every line carries \`service_name\`; joined, also \`service_instance_id\`: which replica it is from.

`;

const KINDS = [
  ['gauge', 'Gauges', 'How it is now; read when it is asked for.'],
  ['counter', 'Counters', 'How often since the process started.'],
  [
    'histogram',
    'Histograms',
    'How long, in buckets from 1 ms to 10 s, or, for what people wait for, from 100 ms to 2 minutes.',
  ],
] as const;

export function metricsPage(catalogue: Readonly<Record<string, MetricCatalogueEntry>>): string {
  const parts = KINDS.map(([kind, title, meaning]) => {
    const rows = Object.entries(catalogue)
      .filter(([, entry]) => entry.kind === kind)
      .map(([name, { unit, description, attributes }]) => {
        const told = attributes.map((attribute) => `\`${attribute}\``).join(' ');
        return `| \`${name}\` | ${unit} | ${description} | ${told || '–'} |`;
      });
    return `## ${title}\n\n${meaning}\n\n| metric | unit | what it tells | attributes |\n|---|---|---|---|\n${rows.join('\n')}\n`;
  });
  return `${HEAD}${parts.join('\n')}`;
}
