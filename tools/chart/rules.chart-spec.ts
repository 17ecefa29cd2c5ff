import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { stringify } from 'yaml';
import { CHART, rendered } from './rendering.ts';

interface Dashboard {
  readonly panels: readonly { readonly targets: readonly { readonly expr: string }[] }[];
}

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
  });

  it('fires each alert when it should, and not before', async () => {
    expect(await promtool('test', 'rules', join(files, 'alerts.test.yaml'))).toBe('');
    const alerts = [...readFileSync(join(files, 'alerts.yaml'), 'utf8').matchAll(/alert: (\w+)/g)].map(
      ([, name]) => name,
    );
    const tests = readFileSync(join(files, 'alerts.test.yaml'), 'utf8');
    expect(alerts.filter((name) => !tests.includes(`alertname: ${name}`))).toEqual([]);
  });

  it.each(readdirSync(join(files, 'dashboards')))('understands every query of the dashboard %s', async (name) => {
    const { panels } = JSON.parse(readFileSync(join(files, 'dashboards', name), 'utf8')) as Dashboard;
    const rules = panels
      .flatMap(({ targets }) => targets)
      .map(({ expr }, index) => ({
        record: `panel:query:${index}`,
        expr: expr.replace('$__rate_interval', '5m').replace('$service', '.*'),
      }));
    const path = join(folder, name.replace('.json', '.yaml'));
    writeFileSync(path, stringify({ groups: [{ name: 'dashboard', rules }] }));
    expect(await promtool('check', 'rules', path)).toBe('');
  });
});
