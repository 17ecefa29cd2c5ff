import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';

interface Compose {
  readonly services: Record<string, { readonly image: string; readonly ports: readonly string[] }>;
  readonly volumes: Record<string, unknown>;
  readonly configs: { readonly databases: { readonly content: string } };
}

const root = join(import.meta.dirname, '../..');

describe('docker/compose.yaml', () => {
  const compose = parse(readFileSync(join(root, 'docker/compose.yaml'), 'utf8')) as Compose;

  it('pins each image to a version', () => {
    expect(Object.keys(compose.services)).toEqual(['kafka', 'redis', 'postgres']);
    for (const { image } of Object.values(compose.services)) {
      expect(image).toMatch(/^[a-z/]+:\d+\.\d+(\.\d+)?(-alpine)?$/);
    }
  });

  it('opens its ports to this machine alone', () => {
    for (const { ports } of Object.values(compose.services)) {
      for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
    }
  });

  it('makes the database of every service', () => {
    const { content } = compose.configs.databases;
    const made = [...content.matchAll(/create database voltap_([a-z]+);/g)].map(([, name]) => name);
    const services = readdirSync(join(root, 'apps')).filter((name) =>
      existsSync(join(root, 'apps', name, 'src/service.ts')),
    );
    expect(made.toSorted()).toEqual(services.toSorted());
    expect(made).toHaveLength(9);
  });
});
