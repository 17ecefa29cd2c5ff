import everything from './jest.config.mjs';

/** Suites on the real input beside the checkout (`../shared`); kept apart, since a clone alone does not have it. */
export default {
  ...everything,
  testMatch: ['<rootDir>/{apps,libs,tools}/**/*.shared-spec.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '/fixtures/'],
};
