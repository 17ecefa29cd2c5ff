import everything from './jest.config.mjs';

/** The suite on a real cluster, which it makes on this machine: for Linux, as root. One at a time. */
export default {
  ...everything,
  testMatch: ['<rootDir>/tools/cluster/**/*.cluster-spec.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '/fixtures/'],
  globalSetup: undefined,
  globalTeardown: undefined,
  maxWorkers: 1,
};
