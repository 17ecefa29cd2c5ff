import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { checkArchitecture } from './check-architecture.ts';
import { readProject } from './project.ts';
import { RULES } from './rules.ts';

const FIXTURES = join(import.meta.dirname, 'fixtures');
const folders: string[] = [];

/** The clean tree with one fixture's files laid over it. */
function tree(fixture?: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'voltap-architecture-'));
  folders.push(folder);
  cpSync(join(FIXTURES, 'clean'), folder, { recursive: true });
  if (fixture !== undefined) cpSync(join(FIXTURES, fixture), folder, { recursive: true });
  return folder;
}

/** `rule file:line` of everything that any rule finds. */
function findings(root: string): string[] {
  const project = readProject(root);
  return RULES.flatMap((rule) => rule.check(project).map(({ file, line }) => `${rule.name} ${file}:${line}`)).sort();
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** What each fixture must be blamed for, and by whom: nothing else may be found in it. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  'one-way-dependencies': ['libs/kernel/src/money/index.ts:2'],
  'services-stay-apart': ['apps/cdrs/src/cdrs.module.ts:1', 'apps/local/src/main.ts:1'],
  'simulator-is-a-stranger': ['apps/simulator/src/main.ts:1'],
  'packages-by-name': ['apps/sessions/src/domain/running-cost.ts:1', 'apps/sessions/src/domain/running-cost.ts:3'],
  'no-cycles': ['libs/kernel/src/money/euros.ts:1'],
  'pure-domain': [
    'apps/sessions/src/domain/running-cost.ts:1',
    'apps/sessions/src/domain/running-cost.ts:2',
    'apps/sessions/src/domain/running-cost.ts:5',
  ],
  'versions-behind-the-edge': ['apps/sessions/src/application/end-session.ts:3'],
  'technology-in-platform': ['apps/sessions/src/jobs/trace.ts:1', 'libs/platform/src/production/topics.ts:1'],
  'typeorm-in-store': ['apps/sessions/src/application/end-session.ts:3'],
  'nest-at-the-edge': ['apps/sessions/src/application/end-session.ts:1', 'libs/ocpi/src/pricing/index.ts:1'],
  'environment-in-one-place': [
    'apps/sessions/src/sessions.config.ts:1',
    'apps/sessions/src/sessions.config.ts:3',
    'apps/sessions/src/sessions.config.ts:4',
  ],
  'tests-stay-outside': [
    'apps/sessions/src/store/sessions.ts:1',
    'apps/sessions/src/store/sessions.ts:3',
    'libs/platform/src/bootstrap/index.ts:2',
  ],
  'migrations-by-hand': [
    'libs/platform/src/persistence/data-source.ts:6',
    'libs/platform/src/persistence/data-source.ts:8',
  ],
  'plain-names': [
    'libs/platform/src/messaging/helpers/retry-util.ts:1',
    'libs/platform/src/messaging/helpers:1',
    'libs/platform/src/messaging/relay-v2.ts:1',
    'libs/platform/src/messaging/relay-v2.ts:1',
    'libs/platform/src/messaging/relay-v2.ts:2',
  ],
  'short-files': ['libs/kernel/src/ids/index.ts:501'],
  'service-shape': [
    'apps/sessions/src/constants.ts:1',
    'apps/sessions/src/controllers:1',
    'apps/sessions/src/service.ts:4',
    'apps/tokens/README.md:1',
    'apps/tokens/src/service.ts:1',
    'apps/tokens/src/tokens.module.ts:1',
  ],
  'declared-dependencies': [
    'apps/sessions/src/jobs/expire.ts:1',
    'apps/sessions/src/jobs/expire.ts:2',
    'apps/simulator/package.json:1',
  ],
};

describe('the rules of the house', () => {
  it('are silent about a tree that keeps them', () => {
    expect(findings(tree())).toEqual([]);
    expect(checkArchitecture(tree())).toEqual({ violations: 0, text: '' });
  });

  it('each have a fixture that breaks them', () => {
    const names = RULES.map(({ name }) => name).sort();
    expect(Object.keys(EXPECTED).sort()).toEqual(names);
    expect(readdirSync(FIXTURES).sort()).toEqual(['clean', ...names].sort());
  });

  it.each(RULES.map(({ name }) => name))(
    '%s finds what breaks it, at its line, and nothing else is found there',
    (name) => {
      expect(existsSync(join(FIXTURES, name))).toBe(true);
      expect(findings(tree(name))).toEqual((EXPECTED[name] ?? []).map((place) => `${name} ${place}`));
    },
  );

  it('say where, why, and what to do instead', () => {
    const { violations, text } = checkArchitecture(tree('services-stay-apart'));
    expect(violations).toBe(2);
    expect(text).toContain('knows them only by their events');
    expect(text).toContain('apps/cdrs/src/cdrs.module.ts:1');
    expect(text).toContain('keep a projection of the facts you need');
  });
});
