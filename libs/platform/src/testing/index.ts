/** For tests only; production code never imports this. */
export { createTestDatabase, type TestDatabase } from './test-postgres.js';
export { startTestProcess, type TestProcess } from './test-process.js';
export { type WaitOptions, waitUntil } from './wait-until.js';
