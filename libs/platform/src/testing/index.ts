/** For tests only; production code never imports this. */

export * from './calls.js';
export { correlationStoreContract } from './correlation-store.contract.js';
export { type EventBusFeatures, type EventBusUnderTest, eventBusContract } from './event-bus.contract.js';
export { holdTable, queryDatabase } from './query-database.js';
export { type TestPlatform, type TestPlatformOptions, testPlatform } from './test-platform.js';
export { createTestDatabase, type TestDatabase } from './test-postgres.js';
export { startTestProcess, type TestProcess } from './test-process.js';
export { dropKeys, dropTopics, rewindGroup, type TestStack, testStack } from './test-stack.js';
export { type WaitOptions, waitUntil } from './wait-until.js';
