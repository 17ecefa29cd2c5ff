import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  processSettings,
  productionSettings,
  type ServiceDefinition,
  telemetrySettings,
} from '@voltap/platform/bootstrap';
import { readConfig } from '@voltap/platform/config';
import { messagingSettings } from '@voltap/platform/messaging';
import { type KubernetesObject, rendered, SCENARIOS } from './rendering.ts';

interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef: { readonly name: string; readonly key: string } };
}

interface Pod {
  readonly containers: readonly {
    readonly name: string;
    readonly args: readonly string[];
    readonly env: readonly Variable[];
    readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
  }[];
  readonly volumes?: readonly {
    readonly name: string;
    readonly secret?: { readonly items: readonly { readonly path: string }[] };
  }[];
}

const SECRETS: readonly (readonly [RegExp, string])[] = [
  [/^VOLTAP_API_KEYS$/, `${'k'.repeat(40)}:read+operate`],
  [/^VOLTAP_(DATABASE|POSTGRES)_URL$/, 'postgres://user:password@postgres:5432/database'],
  [/^VOLTAP_REDIS_URL$/, 'redis://redis:6379/0'],
  [/./, 's'.repeat(40)],
];

const podOf = (object: KubernetesObject): Pod => (object.spec as { template: { spec: Pod } }).template.spec;

/** What the process in a container sees: Secrets are there, `$(OTHER)` is replaced as the kubelet does it. */
function environmentOf(variables: readonly Variable[], certificate: string): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const { name, value, valueFrom } of variables) {
    const secret = valueFrom === undefined ? undefined : SECRETS.find(([pattern]) => pattern.test(name))?.[1];
    const text = (secret ?? value ?? '').replace(/\$\((\w+)\)/g, (all, other: string) => environment[other] ?? all);
    environment[name] = name.endsWith('_FILE') ? certificate : text;
  }
  return environment;
}

describe.each(SCENARIOS)('the environment of each container with the values of ci/%s', (scenario) => {
  let folder: string;
  let certificate: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'voltap-chart-'));
    certificate = join(folder, 'ca.crt');
    writeFileSync(certificate, 'a certificate');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is a complete and valid configuration of its service', async () => {
    for (const one of await rendered(scenario)) {
      if (one.kind !== 'Deployment' && one.kind !== 'Job') continue;
      for (const { name, args, env } of podOf(one).containers) {
        const environment = environmentOf(env, certificate);
        const process = readConfig(processSettings, environment);
        expect(Object.keys(process.VOLTAP_SERVICE_ADDRESSES)).toHaveLength(9);
        expect(process.VOLTAP_SERVICE_ADDRESSES[name]).toMatch(new RegExp(`^http://[a-z-]+-${name}:8080$`));
        const production = readConfig(productionSettings, environment);
        expect(production.VOLTAP_DATABASE_URL ?? production.VOLTAP_POSTGRES_URL).toMatch(/^postgres:/);
        readConfig(messagingSettings, environment);
        readConfig(telemetrySettings, environment);
        if (args.includes('prepare')) continue;
        readConfig((await definitionOf(name)).config.schema, environment);
      }
    }
  });

  it('names files that are mounted', async () => {
    for (const one of await rendered(scenario)) {
      if (one.kind !== 'Deployment' && one.kind !== 'Job') continue;
      const { containers, volumes = [] } = podOf(one);
      for (const { env, volumeMounts = [] } of containers) {
        const mounted = volumeMounts.flatMap(({ name, mountPath }) => {
          const items = volumes.find((volume) => volume.name === name)?.secret?.items ?? [];
          return items.map(({ path }) => `${mountPath}/${path}`);
        });
        const named = env.filter(({ name }) => name.endsWith('_FILE')).map(({ value }) => value ?? '');
        const inAddress = env.flatMap(({ value }) => /sslrootcert=([^&]+)/.exec(value ?? '')?.[1] ?? []);
        for (const path of [...named, ...inAddress]) expect(mounted).toContain(path);
      }
    }
  });

  it('gives each service the database, the user and the secrets of its own', async () => {
    const shared = scenario === 'minimal';
    const deployments = (await rendered(scenario)).filter(({ kind }) => kind === 'Deployment');
    const databases = deployments.map((one) => {
      const { env = [] } = podOf(one).containers[0] ?? {};
      return JSON.stringify(env.filter(({ name }) => /^(POSTGRES_\w+|VOLTAP_(DATABASE|POSTGRES)_URL)$/.test(name)));
    });
    expect(new Set(databases).size).toBe(shared ? 1 : 9);
    const holders = deployments.filter((one) => JSON.stringify(one).includes('VOLTAP_API_KEYS"'));
    expect(holders.map(({ metadata }) => metadata.labels?.['app.kubernetes.io/component'])).toEqual(['gateway']);
  });
});

async function definitionOf(service: string): Promise<ServiceDefinition> {
  const exported = (await import(`@voltap/${service}`)) as Record<string, ServiceDefinition>;
  const [definition] = Object.values(exported);
  if (definition === undefined) throw new Error(`@voltap/${service} exports nothing`);
  return definition;
}
