import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { census, showings } from './census.ts';
import { OPEN } from './open.ts';

const ROOT = join(import.meta.dirname, '../..');

interface Requirement {
  readonly id: string;
  readonly severity: 'MUST' | 'SHOULD' | 'MAY';
  readonly module: string;
}

const checklist = JSON.parse(
  readFileSync(join(ROOT, '../shared/ocpi/conformance-checklist.json'), 'utf8'),
) as Requirement[];

describe('the census of requirements', () => {
  const all = census(showings(ROOT), OPEN);

  it('names each of the checklist once: by a test that shows it, or with the reason why none does', () => {
    expect(all.faults).toEqual([]);
    const named = [...all.shown.keys(), ...all.open.keys()];
    expect(named.sort()).toEqual(checklist.map(({ id }) => id).sort());
  });

  it('shows every MUST of the credentials and versions', () => {
    const wanted = checklist.filter(
      ({ severity, module }) => severity === 'MUST' && ['credentials', 'versions'].includes(module),
    );
    expect(wanted.map(({ id }) => id).filter((id) => !all.shown.has(id))).toEqual([]);
  });
});
