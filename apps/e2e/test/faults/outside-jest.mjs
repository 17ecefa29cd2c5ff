// Imported before a program that uses what tests use: suites which come along with that can be loaded, never run.
import { registerHooks } from 'node:module';

const NAMES = ['afterAll', 'afterEach', 'beforeAll', 'beforeEach', 'describe', 'expect', 'it', 'jest', 'test'];
const SOURCE = `const outside = () => { throw new Error('only Jest runs suites'); };
export { ${NAMES.map((name) => `outside as ${name}`).join(', ')} };`;

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === '@jest/globals'
      ? { url: `data:text/javascript,${encodeURIComponent(SOURCE)}`, format: 'module', shortCircuit: true }
      : next(specifier, context),
});
