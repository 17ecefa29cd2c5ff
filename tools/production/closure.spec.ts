import { describe, expect, it } from '@jest/globals';
import { productionClosure } from './closure.ts';

const PACKAGES = {
  '': {},
  'apps/one': { dependencies: { pg: '1', '@voltap/platform': '1' } },
  'apps/one/node_modules/pg': { dependencies: { 'pg-types': '1' } },
  'libs/platform': { dependencies: { pg: '2', nest: '1' } },
  'node_modules/@voltap/platform': { link: true, resolved: 'libs/platform' },
  'node_modules/pg': { optionalDependencies: { native: '1' } },
  'node_modules/pg-types': {},
  'node_modules/nest': {
    peerDependencies: { rxjs: '1', express: '1' },
    peerDependenciesMeta: { express: { optional: true } },
  },
  'node_modules/rxjs': {},
  'node_modules/express': {},
  'node_modules/native': {},
  'node_modules/jest': {},
};

describe('what a workspace needs at run time', () => {
  it('is found as Node.js looks for it, with peers and without what is optional', () => {
    expect(productionClosure(PACKAGES, ['apps/one'])).toEqual([
      'apps/one',
      'apps/one/node_modules/pg',
      'libs/platform',
      'node_modules/nest',
      'node_modules/pg',
      'node_modules/pg-types',
      'node_modules/rxjs',
    ]);
  });

  it('is refused when package-lock.json lacks a part of it', () => {
    const packages = { 'apps/one': { dependencies: { pg: '1' } } };
    expect(() => productionClosure(packages, ['apps/one'])).toThrow(
      'package-lock.json has no pg, which apps/one needs',
    );
  });
});
