import everything from './jest.config.mjs';

/** Suites on a real Kafka, Redis and PostgreSQL, which the run starts unless the environment names them. */
export default {
  ...everything,
  testMatch: ['<rootDir>/{apps,libs,tools}/**/*.stack-spec.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '/fixtures/'],
  globalSetup: '<rootDir>/tools/stack/jest/global-setup.mjs',
  globalTeardown: '<rootDir>/tools/stack/jest/global-teardown.mjs',
};
