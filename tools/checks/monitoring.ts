/** Whether alerts and dashboards ask for what the services export; whether each alert has its runbook, and a spec follows it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { MetricCatalogueEntry } from './metrics-page.ts';

const FILES = 'charts/voltap/files';
const RUNBOOKS = 'docs/runbooks';
const CHAPTERS = ['Meaning', 'Impact', 'Diagnosis', 'Mitigation'];
const SEVERITIES = new Set(['critical', 'warning']);

export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

interface DashboardFile {
  readonly panels: readonly {
    readonly id: number;
    readonly fieldConfig?: { readonly defaults: { readonly unit: string } };
    readonly targets: readonly {
      readonly expr?: string;
      readonly datasource: { readonly type: string; readonly uid: string };
    }[];
  }[];
}

/** Names of the files with alerts, without their tests. */
export function alertFiles(root: string): string[] {
  return readdirSync(join(root, FILES, 'alerts')).filter((name) => /^[a-z-]+\.yaml$/.test(name));
}

export function alertsOf(root: string): AlertRule[] {
  return alertFiles(root).flatMap((name) => {
    const file = parse(readFileSync(join(root, FILES, 'alerts', name), 'utf8')) as {
      readonly groups: readonly { readonly rules: readonly AlertRule[] }[];
    };
    return file.groups.flatMap(({ rules }) => rules);
  });
}

/** Every series that Prometheus reads from the services, with the labels that it has. */
export function seriesOf(
  catalogue: Readonly<Record<string, MetricCatalogueEntry>>,
): ReadonlyMap<string, ReadonlySet<string>> {
  const text = (name: string): string => name.replaceAll('.', '_');
  return new Map(
    Object.entries(catalogue).flatMap(([name, { kind, attributes }]) => {
      const labels = ['service_name', ...attributes.map(text)];
      if (kind !== 'histogram') return [[text(name) + (kind === 'counter' ? '_total' : ''), new Set(labels)] as const];
      const counts = ['_sum', '_count'].map((end) => [text(name) + end, new Set(labels)] as const);
      return [[`${text(name)}_bucket`, new Set([...labels, 'le'])] as const, ...counts];
    }),
  );
}

/** What a query asks for that nobody exports; in words, one each. */
export function strangersIn(query: string, series: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const plain = query.replaceAll(/"[^"]*"/g, '""');
  const groupings = [...plain.matchAll(/\b(?:by|on|without|ignoring) \(([^)]*)\)/g)];
  const grouped = groupings.flatMap(([, list = '']) => list.split(/,\s*/));
  const bare = plain.replaceAll(/\b(?:by|on|without|ignoring) \([^)]*\)/g, ' ');
  const faults: string[] = [];
  const known = new Set<string>();
  let asked = 0;
  for (const [, name = '', selectors = ''] of bare.matchAll(/\b([a-z]+(?:_[a-z0-9]+)+)\b(?!\s*\()(?:\{([^}]*)\})?/g)) {
    // Inside of selectors stand labels, which are looked at with their series; functions have a bracket.
    if (!isSeries(bare, name, selectors)) continue;
    asked += 1;
    const labels = series.get(name);
    if (labels === undefined) {
      faults.push(`nobody exports ${name}`);
      continue;
    }
    for (const label of labels) known.add(label);
    for (const [, label = ''] of selectors.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g))
      if (!labels.has(label)) faults.push(`${name} has no label ${label}`);
  }
  if (asked === 0) faults.push('it asks for nothing');
  for (const label of grouped) if (!known.has(label)) faults.push(`nothing that is asked for has the label ${label}`);
  return faults;
}

/** Whether the name is used outside of braces. */
function isSeries(query: string, name: string, selectors: string): boolean {
  if (selectors !== '') return true;
  return query
    .replaceAll(/\{[^}]*\}/g, '')
    .split(/[^\w]+/)
    .includes(name);
}

/** One sentence for each fault. */
export async function monitoringFaults(root: string): Promise<string[]> {
  const { METRICS } = (await import(join(root, 'libs/platform/dist/telemetry/index.js'))) as {
    METRICS: Readonly<Record<string, MetricCatalogueEntry>>;
  };
  const series = seriesOf(METRICS);
  const alerts = alertsOf(root);
  return [
    ...alerts.flatMap((rule) => alertFaults(root, rule, series)),
    ...duplicatesIn(alerts.map(({ alert }) => alert)).map((name) => `two alerts are called ${name}`),
    ...runbooksWithoutAlert(root, alerts),
    ...alerts.flatMap((rule) => drillFaults(root, rule)),
    ...dashboardFaults(root, series),
  ];
}

function alertFaults(root: string, rule: AlertRule, series: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const { alert, expr, labels, annotations } = rule;
  const runbook = `${RUNBOOKS}/${alert}.md`;
  const said = (fault: string): string => `alert ${alert}: ${fault}`;
  const faults = strangersIn(expr, series);
  if (!SEVERITIES.has(labels.severity ?? '')) faults.push('its severity is neither critical nor warning');
  if ((annotations.summary ?? '') === '' || (annotations.description ?? '').length < 40)
    faults.push('it says not what it means');
  if (annotations.runbook_url !== runbook) faults.push(`its runbook_url is not ${runbook}`);
  if (!existsSync(join(root, runbook))) faults.push(`there is no ${runbook}`);
  else {
    const chapters = [...readFileSync(join(root, runbook), 'utf8').matchAll(/^## (.+)$/gm)].map(([, name]) => name);
    if (chapters.join() !== CHAPTERS.join()) faults.push(`${runbook} has other chapters than ${CHAPTERS.join(', ')}`);
  }
  return faults.map(said);
}

function runbooksWithoutAlert(root: string, alerts: readonly AlertRule[]): string[] {
  const names = new Set(['README', ...alerts.map(({ alert }) => alert)]);
  return readdirSync(join(root, RUNBOOKS))
    .map((file) => file.replace(/\.md$/, ''))
    .filter((name) => !names.has(name))
    .map((name) => `${RUNBOOKS}/${name}.md is of no alert`);
}

/** Its row in the list of runbooks links the spec that follows it against a caused fault, or says `none: ` and why. */
function drillFaults(root: string, { alert }: AlertRule): string[] {
  const list = `${RUNBOOKS}/README.md`;
  const rows = readFileSync(join(root, list), 'utf8').split('\n');
  const row = rows.find((line) => line.startsWith(`| [${alert}](${alert}.md) |`));
  if (row === undefined) return [`${list} has no row of ${alert}`];
  const followed = row.split('|').at(-2)?.trim() ?? '';
  if (followed.startsWith('none: ')) return [];
  const spec = /\]\((\S+\.ts)\)$/.exec(followed)?.[1];
  if (spec === undefined) return [`${list} names neither the spec that follows ${alert}, nor why none does`];
  const text = readFileSync(join(root, RUNBOOKS, spec), 'utf8');
  const titles = [...text.matchAll(/\bit\(\s*(['"`])(.*?)\1/g)].map(([, , title = '']) => title);
  const isNamed = titles.some((title) => title.split(': ')[0]?.split(', ').includes(alert));
  return isNamed ? [] : [`${list}: no test of ${spec} is called "${alert}: …"`];
}

function dashboardFaults(root: string, series: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const folder = join(root, FILES, 'dashboards');
  return readdirSync(folder).flatMap((file) => {
    const { panels } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as DashboardFile;
    const faults = duplicatesIn(panels.map(({ id }) => String(id))).map((id) => `two panels have the id ${id}`);
    for (const { id, fieldConfig, targets } of panels) {
      for (const { expr = '', datasource } of targets) {
        if (!/^\$\{\w+\}$/.test(datasource.uid)) faults.push(`panel ${id} has a data source that nobody chose`);
        if (datasource.type !== 'prometheus') continue;
        if ((fieldConfig?.defaults.unit ?? '') === '') faults.push(`panel ${id} has no unit`);
        faults.push(...strangersIn(expr, series).map((fault) => `panel ${id}: ${fault}`));
      }
    }
    return faults.map((fault) => `dashboard ${file}: ${fault}`);
  });
}

function duplicatesIn(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}
