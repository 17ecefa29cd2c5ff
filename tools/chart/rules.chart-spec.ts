import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { stringify } from 'yaml';
import { alertFiles } from '../checks/monitoring.ts';
import { CHART, rendered } from './rendering.ts';

interface Dashboard {
  readonly panels: readonly {
    readonly targets: readonly { readonly expr: string; readonly datasource: { readonly type: string } }[];
  }[];
}

const ROOT = join(import.meta.dirname, '../..');
const files = join(CHART, 'files');
const folder = mkdtempSync(join(tmpdir(), 'voltap-rules-'));

function promtool(...parameters: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile('promtool', parameters, (error, stdout, stderr) => {
      if (error?.code === 'ENOENT') reject(new Error('promtool is missing; on Debian: apt-get install -y prometheus'));
      else resolve(error === null ? '' : stdout + stderr);
    });
  });
}

describe('what Prometheus makes of it', () => {
  afterAll(() => rmSync(folder, { recursive: true }));

  it('reads the alerts as they come in the PrometheusRule', async () => {
    const rule = (await rendered('ha')).find(({ kind }) => kind === 'PrometheusRule');
    const path = join(folder, 'alerts.yaml');
    writeFileSync(path, stringify(rule?.spec));
    expect(await promtool('check', 'rules', path)).toBe('');
    const { groups } = (rule?.spec ?? { groups: [] }) as unknown as {
      groups: { rules: { annotations: { runbook_url: string } }[] }[];
    };
    expect(groups.length).toBe(alertFiles(ROOT).length);
    for (const { annotations } of groups.flatMap(({ rules }) => rules))
      expect(annotations.runbook_url).toMatch(/^https:\/\/runbooks\.example\/docs\/runbooks\/Voltap\w+\.md$/);
  });

  it('fires each alert when it should, and not before', async () => {
    for (const name of alertFiles(ROOT)) {
      const tests = join(files, 'alerts', name.replace('.yaml', '.test.yaml'));
      expect(await promtool('test', 'rules', tests)).toBe('');
      const alerts = [...readFileSync(join(files, 'alerts', name), 'utf8').matchAll(/alert: (\w+)/g)];
      const tested = readFileSync(tests, 'utf8');
      expect(alerts.filter(([, alert]) => !tested.includes(`alertname: ${alert}`))).toEqual([]);
    }
  });

  it.each(readdirSync(join(files, 'dashboards')))('understands every query of the dashboard %s', async (name) => {
    const { panels } = JSON.parse(readFileSync(join(files, 'dashboards', name), 'utf8')) as Dashboard;
    const rules = panels
      .flatMap(({ targets }) => targets)
      .filter(({ datasource }) => datasource.type === 'prometheus')
      .map(({ expr }, index) => ({
        record: `panel:query:${index}`,
        expr: expr.replaceAll('$__rate_interval', '5m').replace(/\$(service|partner)/g, '.*'),
      }));
    const path = join(folder, name.replace('.json', '.yaml'));
    writeFileSync(path, stringify({ groups: [{ name: 'dashboard', rules }] }));
    expect(await promtool('check', 'rules', path)).toBe('');
  });
});
