/** The chart as Helm renders it, for suites. */
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

export const ROOT = join(import.meta.dirname, '../..');
export const CHART = join(ROOT, 'charts/voltap');
export const NAMESPACE = 'charging';

/** Names of the sets of values in `ci/`. */
export const SCENARIOS = readdirSync(join(CHART, 'ci')).map((file) => file.replace('-values.yaml', ''));

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: never;
  readonly data?: Readonly<Record<string, string>>;
  readonly stringData?: Readonly<Record<string, string>>;
}

export interface Outcome {
  readonly code: number;
  readonly output: string;
}

export function program(name: 'HELM' | 'KUBECONFORM', parameters: readonly string[], input = ''): Promise<Outcome> {
  const file = process.env[`VOLTAP_TEST_${name}`];
  if (file === undefined) throw new Error('the suites of the chart run by `npm run test:chart`');
  return new Promise((resolve) => {
    const child = execFile(file, parameters, { maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : 1, output: error === null ? stdout : stdout + stderr }),
    );
    child.stdin?.end(input);
  });
}

/** @param more further parameters, such as `--set a.b=c` */
export function helm(task: string, scenario: string, more: readonly string[] = []): Promise<Outcome> {
  const values = join(CHART, 'ci', `${scenario}-values.yaml`);
  const release = task === 'template' ? ['voltap', '--namespace', NAMESPACE] : [];
  return program('HELM', [task, ...release, CHART, '--values', values, ...more]);
}

/** All objects of a scenario, hooks too. */
export async function rendered(scenario: string, more: readonly string[] = []): Promise<KubernetesObject[]> {
  const { code, output } = await helm('template', scenario, more);
  if (code !== 0) throw new Error(output);
  return parseAllDocuments(output)
    .map((document) => document.toJS() as KubernetesObject | null)
    .filter((object) => object !== null);
}

/** Each invalid object with its reason. An object without a schema is one. */
export async function schemaFaults(text: string): Promise<string[]> {
  const schemas = `${process.env.VOLTAP_TEST_SCHEMAS}/{{.ResourceKind}}{{.KindSuffix}}.json`;
  const parameters = ['-strict', '-output', 'json', '-schema-location', schemas, '-'];
  const { output } = await program('KUBECONFORM', parameters, text);
  const { resources } = JSON.parse(output) as { resources?: { kind: string; name: string; msg: string }[] };
  return (resources ?? []).map(({ kind, name, msg }) => `${kind} ${name}: ${msg}`);
}
