import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { census, showings } from './census.ts';
import { conformancePage } from './page.ts';

describe('the census of requirements', () => {
  let root: string;

  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'census-'));
    const write = (path: string, text: string): void => {
      mkdirSync(join(root, path, '..'), { recursive: true });
      writeFileSync(join(root, path), text);
    };
    for (const folder of ['apps', 'libs', 'tools']) mkdirSync(join(root, folder));
    // The ids are put together here, or this file would name them itself.
    const named = (text: string, ...ids: string[]): string => `'${text} (${ids.join(', ')})'`;
    write('apps/x/test/a.int-spec.ts', `it(${named('is kept', 'UPD-01', 'TOK-02')}, f); it('is not (yet)', f);`);
    write('libs/y/src/b.spec.ts', `it.each(all)(\n  ${named('%s | is %s', 'TOK-02')},\n f);`);
    write('libs/y/src/c.ts', `const text = ${named('no test', 'TRN-01')};`);
    write('libs/y/node_modules/z/test/d.ts', `it(${named('of others', 'TRN-02')}, f);`);
  });

  afterAll(() => rmSync(root, { recursive: true }));

  it('takes the ids at the end of the names of tests', () => {
    const { shown } = census(showings(root), []);
    expect([...shown].map(([id, by]) => [id, by.map(({ test }) => test)])).toEqual([
      ['UPD-01', ['is kept']],
      ['TOK-02', ['is kept', '%s | is %s']],
    ]);
  });

  it('says when a reason is given for what is shown, or twice', () => {
    const { faults } = census(showings(root), [
      ['later', 'TOK-02 PAG-01'],
      ['never', 'PAG-01'],
    ]);
    expect(faults.map((fault) => fault.split(' ')[0])).toEqual(['TOK-02', 'PAG-01']);
  });

  it('makes a page of it', () => {
    const page = conformancePage(census(showings(root), [['later', 'PAG-01']]));
    expect(page).toContain('| **all** | **2** | **1** |');
    expect(page).toContain(
      '| TOK-02 | is kept (`apps/x/test/a.int-spec.ts`)<br>%s \\| is %s (`libs/y/src/b.spec.ts`) |',
    );
    expect(page).toContain('| PAG-01 | not shown yet: later |');
  });
});
