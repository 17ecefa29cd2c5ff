import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { METRICS } from '@voltap/platform/telemetry';
import { parse } from 'yaml';

interface Alerts {
  readonly groups: readonly {
    readonly name: string;
    readonly rules: readonly {
      readonly alert: string;
      readonly expr: string;
      readonly labels: Readonly<Record<string, string>>;
      readonly annotations: Readonly<Record<string, string>>;
    }[];
  }[];
}

interface Dashboard {
  readonly uid: string;
  readonly panels: readonly {
    readonly id: number;
    readonly fieldConfig: { readonly defaults: { readonly unit: string } };
    readonly targets: readonly { readonly expr: string; readonly datasource: { readonly uid: string } }[];
  }[];
}

const files = join(import.meta.dirname, '../../charts/voltap/files');
const alerts = parse(readFileSync(join(files, 'alerts.yaml'), 'utf8')) as Alerts;
const dashboards = readdirSync(join(files, 'dashboards')).map(
  (name) => JSON.parse(readFileSync(join(files, 'dashboards', name), 'utf8')) as Dashboard,
);

const text = (name: string): string => name.replaceAll('.', '_');

/** Names of the series that Prometheus reads, and the labels that each has. */
const SERIES = new Map<string, readonly string[]>(
  Object.entries(METRICS).flatMap(([name, { kind, attributes }]) => {
    const labels: string[] = ['service_name', 'le', ...attributes.map(text)];
    const endings = kind === 'histogram' ? ['_bucket', '_sum', '_count'] : kind === 'counter' ? ['_total'] : [''];
    return endings.map((ending): [string, string[]] => [text(name) + ending, labels]);
  }),
);

/** Series that an expression asks for, with the labels that it selects or groups by. */
function askedFor(expression: string): { readonly series: string[]; readonly labels: string[] } {
  const plain = expression.replaceAll(/"[^"]*"/g, '""');
  const grouped = [...plain.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list]) => (list ?? '').split(/,\s*/));
  const selected = [...plain.matchAll(/(\w+)\s*(?:=|!=|=~|!~)""/g)].map(([, name]) => name ?? '');
  const labels = [...grouped, ...selected];
  const names = [...plain.matchAll(/\b(?:voltap|messaging)_\w+/g)].map(([name]) => name);
  return { series: names.filter((name) => !labels.includes(name)), labels };
}

const rules = alerts.groups.flatMap((group) => group.rules);
const queries = [
  ...rules.map(({ alert, expr }) => [alert, expr] as const),
  ...dashboards.flatMap(({ uid, panels }) =>
    panels.flatMap(({ id, targets }) => targets.map(({ expr }) => [`panel ${id} of ${uid}`, expr] as const)),
  ),
];

describe('alerts and dashboards', () => {
  it.each(queries)('%s asks for series and labels that services export', (_name, expression) => {
    const { series, labels } = askedFor(expression);
    expect(series.length).toBeGreaterThan(0);
    for (const name of series) {
      expect([...SERIES.keys()]).toContain(name);
      expect(labels.filter((label) => !SERIES.get(name)?.includes(label))).toEqual([]);
    }
  });

  it('says of each alert how grave it is, what it means and what to do', () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    for (const { labels, annotations } of rules) {
      expect(labels.severity).toMatch(/^(critical|warning)$/);
      expect(annotations.summary).not.toBe('');
      expect(annotations.description?.length).toBeGreaterThan(40);
    }
  });

  it('gives each panel an id of its own, a unit, and the data source that the reader chose', () => {
    for (const { panels } of dashboards) {
      expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
      for (const { fieldConfig, targets } of panels) {
        expect(fieldConfig.defaults.unit).not.toBe('');
        for (const { datasource } of targets) expect(datasource.uid).toMatch(/^\$\{datasource\}$/);
      }
    }
  });
});
