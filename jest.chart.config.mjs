import everything from './jest.config.mjs';

/** Suites on the chart and the manifests beside it, as Helm renders them. The run builds Helm once, with Go. */
export default {
  ...everything,
  testMatch: ['<rootDir>/tools/chart/**/*.chart-spec.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '/fixtures/'],
  globalSetup: '<rootDir>/tools/chart/jest/global-setup.mjs',
  globalTeardown: undefined,
};
