import { TestEnvironment } from 'jest-environment-node';

// A worker that nothing keeps any more ends at once: to free half a gigabyte first takes a busy machine longer than the half
// second that Jest waits, which then speaks of a leak. Who leaks a handle never comes to this, and is still told of.
if (process.send !== undefined) process.once('beforeExit', () => process.exit());

export default TestEnvironment;
