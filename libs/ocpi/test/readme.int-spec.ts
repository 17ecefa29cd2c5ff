import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const README = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8');
const FOLDER = join(import.meta.dirname, 'readme');
const programs = readdirSync(FOLDER).filter((name) => name.endsWith('.ts'));
const blocks = [...README.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code);

describe('the README of this library', () => {
  it.each(programs)('shows %s as it is, which runs', async (name) => {
    expect(blocks).toContain(readFileSync(join(FOLDER, name), 'utf8'));
    await import(`./readme/${name.replace(/\.ts$/, '.js')}`);
  });

  it('shows no program that is not run', () => {
    expect(blocks).toHaveLength(programs.length);
  });
});
