/** One configuration for all projects; `npm test -- <path>` narrows it. */
export default {
  rootDir: import.meta.dirname,
  testMatch: ['<rootDir>/{apps,libs,tools}/**/*.{spec,int-spec,e2e-spec}.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '/fixtures/', '\\.shared-spec\\.ts$'],
  globalSetup: '<rootDir>/libs/platform/src/testing/jest/global-setup.mjs',
  globalTeardown: '<rootDir>/libs/platform/src/testing/jest/global-teardown.mjs',
  testEnvironment: '<rootDir>/libs/platform/src/testing/jest/environment.mjs',
  testEnvironmentOptions: { customExportConditions: ['voltap-source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          target: 'es2024',
          keepClassNames: true,
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  modulePathIgnorePatterns: ['<rootDir>/.*/dist/', '<rootDir>/tools/architecture/fixtures/'],
  // For tests and hooks alike, more than all waits inside: a slow machine is no failure, and what never comes is said by the
  // wait for it, which names it.
  testTimeout: 600_000,
  maxWorkers: 2,
};
