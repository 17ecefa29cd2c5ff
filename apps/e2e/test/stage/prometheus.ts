import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePorts } from '@voltap/platform/embedded';
import { waitUntil } from '@voltap/platform/testing';

export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
}

/** A real Prometheus that scrapes one platform. */
export interface Prometheus {
  /** What a query finds now. @throws Error in the words of Prometheus. */
  query(expression: string): Promise<readonly Sample[]>;
  /** Names of the alerts that are pending or fire. */
  alerts(): Promise<readonly string[]>;
  /** What an alert asks, as its rule says. @throws Error when there is no such alert. */
  expressionOf(alert: string): Promise<string>;
  close(): Promise<void>;
}

/**
 * `rules`: files with alerts. `history`: what was measured before, in the text of OpenMetrics with times; the labels of a
 * scrape, `job="voltap"` and `instance`, are its own. `everySeconds`: how often it scrapes, and how long it waits for that. On
 * Debian it is the package prometheus.
 */
export async function startPrometheus(
  healthUrl: string,
  rules: readonly string[],
  history?: string,
  everySeconds = 1,
): Promise<Prometheus> {
  const folder = await mkdtemp(join(tmpdir(), 'voltap-prometheus-'));
  if (history !== undefined) {
    await writeFile(join(folder, 'history'), history);
    const words = ['tsdb', 'create-blocks-from', 'openmetrics', join(folder, 'history'), join(folder, 'data')];
    await promisify(execFile)('promtool', words);
  }
  const [port = 0] = await freePorts(1);
  const file = join(folder, 'prometheus.yml');
  const target = new URL(healthUrl).host;
  const settings = {
    global: { scrape_interval: `${everySeconds}s`, evaluation_interval: '1s' },
    rule_files: rules,
    scrape_configs: [{ job_name: 'voltap', static_configs: [{ targets: [target] }] }],
  };
  // JSON is YAML.
  await writeFile(file, JSON.stringify(settings));
  const child = spawn(
    'prometheus',
    [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const exited = once(child, 'exit');
  const base = `http://127.0.0.1:${port}/api/v1`;
  const ask = async <Data>(path: string): Promise<Data> => {
    const answer = (await (await fetch(`${base}/${path}`)).json()) as { data: Data; error?: string };
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.data;
  };
  const close = async () => {
    child.kill('SIGTERM');
    await exited;
    await rm(folder, { recursive: true, force: true });
  };
  const query = async (expression: string) =>
    (await ask<{ result: Sample[] }>(`query?query=${encodeURIComponent(expression)}`)).result;
  await waitUntil(
    () =>
      query('up{job="voltap"} == 1').then(
        ({ length }) => length > 0,
        () => false,
      ),
    {
      describe: 'Prometheus to have scraped',
    },
  );
  return {
    query,
    async alerts() {
      const { alerts } = await ask<{ alerts: { labels: { alertname: string } }[] }>('alerts');
      return alerts.map(({ labels }) => labels.alertname);
    },
    async expressionOf(alert) {
      const { groups } = await ask<{ groups: { rules: { name: string; query: string }[] }[] }>('rules?type=alert');
      const rule = groups.flatMap((group) => group.rules).find(({ name }) => name === alert);
      if (rule === undefined) throw new Error(`there is no alert ${alert}`);
      return rule.query;
    },
    close,
  };
}
