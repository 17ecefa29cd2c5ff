import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { type KubernetesObject, NAMESPACE, ROOT, rendered, schemaFaults } from './rendering.ts';

const MANIFESTS = readdirSync(join(ROOT, 'k8s'), { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.yaml'),
);
const textOf = (name: string): string => readFileSync(join(ROOT, 'k8s', name), 'utf8');
const objectsOf = (text: string): KubernetesObject[] =>
  parseAllDocuments(text).map((document) => document.toJS() as KubernetesObject);
const secretsSheet = () =>
  objectsOf(execFileSync(join(ROOT, 'k8s/secrets.sh'), [NAMESPACE], { encoding: 'utf8' }).trim());

/** Names of Secrets that an object asks for. */
function secretsAskedFor(object: unknown): string[] {
  const text = JSON.stringify(object);
  const references = [...text.matchAll(/"(?:secretKeyRef|passwordSecret)":\{[^{}]*?"name":"([^"]+)"/g)];
  return [...references, ...text.matchAll(/"secretName":"([^"]+)"/g)].map(([, name]) => name ?? '');
}

describe('the manifests beside the chart', () => {
  it.each(MANIFESTS)('k8s/%s has only fields that its operator knows', async (name) => {
    expect(await schemaFaults(textOf(name))).toEqual([]);
  });

  it('would be refused with a field that nobody knows', async () => {
    const faults = await schemaFaults(textOf('kafka/cluster.yaml').replace('deleteClaim', 'deletClaim'));
    expect(faults).toEqual([expect.stringContaining('deletClaim')]);
  });

  it('make every Secret that they and the chart for production name', async () => {
    const own = MANIFESTS.flatMap((name) => objectsOf(textOf(name)));
    const users = own.filter(({ kind }) => kind === 'KafkaUser').map(({ metadata }) => metadata.name);
    // What the operators make: authorities of the two clusters, and a Secret for each user of Kafka.
    const made = new Set([...users, 'voltap-cluster-ca-cert', 'voltap-postgres-ca']);
    for (const { metadata } of secretsSheet()) made.add(metadata.name);
    const chart = (await rendered('ha')).filter(({ kind }) => kind === 'Deployment' || kind === 'Job');
    const asked = new Set([...own, ...chart].flatMap(secretsAskedFor));
    expect(asked.size).toBeGreaterThan(20);
    // The certificate of the public door is the team's.
    expect([...asked].filter((name) => !made.has(name))).toEqual([]);
  });

  it('make fresh Secrets each time, long enough for what reads them', () => {
    const [first, second] = [secretsSheet(), secretsSheet()];
    expect(first).toHaveLength(11);
    const contents = (sheet: KubernetesObject[]) =>
      sheet.flatMap(({ stringData = {} }) => Object.entries(stringData).filter(([key]) => key !== 'username'));
    for (const [, text] of contents(first)) expect(text).toMatch(/^[\w-]{32,}(:read\+operate\+back-end)?$/);
    const all = [...contents(first), ...contents(second)].map(([, text]) => text);
    expect(new Set(all).size).toBe(all.length);
  });

  it('make a database and a role for each service', () => {
    const own = objectsOf(textOf('postgres/cluster.yaml'));
    const roles = own
      .filter(({ kind }) => kind === 'Cluster')
      .flatMap(
        ({ spec }) =>
          (spec as { managed: { roles: { name: string; passwordSecret: { name: string } }[] } }).managed.roles,
      )
      .map(({ name, passwordSecret }) => [name, passwordSecret.name]);
    const databases = own
      .filter(({ kind }) => kind === 'Database')
      .map(({ spec }) => spec as { name: string; owner: string });
    expect(databases).toHaveLength(9);
    for (const { name, owner } of databases) {
      expect(name).toBe(owner);
      expect(roles).toContainEqual([owner, `${owner.replace('_', '-')}-database`]);
    }
  });
});
