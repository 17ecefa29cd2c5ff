import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { alertFiles } from '../checks/monitoring.ts';

interface Compose {
  readonly services: Record<
    string,
    { readonly image: string; readonly ports?: readonly string[]; readonly profiles?: readonly string[] }
  >;
  readonly volumes: Record<string, unknown>;
  readonly configs: Readonly<Record<string, { readonly content: string }>>;
}

const root = join(import.meta.dirname, '../..');

describe('docker/compose.yaml', () => {
  const compose = parse(readFileSync(join(root, 'docker/compose.yaml'), 'utf8')) as Compose;

  it('pins each image to a version', () => {
    const always = Object.entries(compose.services).filter(([, { profiles }]) => profiles === undefined);
    expect(always.map(([name]) => name)).toEqual(['kafka', 'redis', 'postgres']);
    for (const { image } of Object.values(compose.services)) {
      expect(image).toMatch(/^[a-z/-]+:v?\d+\.\d+(\.\d+)?(-alpine)?$/);
    }
  });

  it('opens its ports to this machine alone', () => {
    for (const { ports = [] } of Object.values(compose.services)) {
      for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
    }
  });

  it('shows what is measured, traced and logged, where the profile telemetry is chosen', () => {
    const shown = Object.entries(compose.services).filter(([, { profiles }]) => profiles?.includes('telemetry'));
    expect(shown.map(([name]) => name)).toEqual(['collector', 'tempo', 'loki', 'prometheus', 'grafana']);
    const configOf = (name: string): Record<string, unknown> => parse(compose.configs[name]?.content ?? '');
    const collector = configOf('collector') as {
      exporters: Record<string, { endpoint: string }>;
      service: { pipelines: Record<string, Record<string, string[]>> };
    };
    const ports = shown.flatMap(([, { ports: open = [] }]) => open.map((port) => port.split(':')[1]));
    for (const { endpoint } of Object.values(collector.exporters)) expect(ports).toContain(new URL(endpoint).port);
    for (const parts of Object.values(collector.service.pipelines))
      for (const [kind, names] of Object.entries(parts))
        for (const name of names)
          expect(Object.keys((collector as Record<string, object>)[kind] ?? {})).toContain(name);
    const { rule_files: rules } = configOf('prometheus') as { rule_files: string[] };
    const files = alertFiles(root).map((name) => `/etc/prometheus/alerts/${name}`);
    expect(rules.toSorted()).toEqual(files.toSorted());
    const { datasources } = configOf('datasources') as { datasources: { type: string; url: string }[] };
    expect(datasources.map(({ type }) => type)).toEqual(['prometheus', 'tempo', 'loki']);
    for (const { url } of datasources) expect(Object.keys(compose.services)).toContain(new URL(url).hostname);
  });

  it('makes the database of every service', () => {
    const content = compose.configs.databases?.content ?? '';
    const made = [...content.matchAll(/create database voltap_([a-z]+);/g)].map(([, name]) => name);
    const services = readdirSync(join(root, 'apps')).filter((name) =>
      existsSync(join(root, 'apps', name, 'src/service.ts')),
    );
    expect(made.toSorted()).toEqual(services.toSorted());
    expect(made).toHaveLength(9);
  });
});
