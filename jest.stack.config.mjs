import everything from './jest.config.mjs';

const services = 'gateway,credentials,locations,tariffs,tokens,commands,sessions,cdrs,payments';

/**
 * Suites on a real Kafka, Redis and PostgreSQL, which the run starts unless the environment names them: those made for them,
 * and the integration suites of the nine services, whose test platform then stands on the real parts.
 */
export default {
  ...everything,
  testMatch: ['<rootDir>/{apps,libs,tools}/**/*.stack-spec.ts', `<rootDir>/apps/{${services}}/test/**/*.int-spec.ts`],
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '/fixtures/'],
  globalSetup: '<rootDir>/tools/stack/jest/global-setup.mjs',
  globalTeardown: '<rootDir>/tools/stack/jest/global-teardown.mjs',
};
