import { afterAll, beforeAll } from '@jest/globals';
import { EmbeddedCorrelationStore, EmbeddedEventBus } from '@voltap/platform/embedded';
import {
  correlationStoreContract,
  createTestDatabase,
  eventBusContract,
  type TestDatabase,
} from '@voltap/platform/testing';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});

afterAll(async () => {
  await database.drop();
});

eventBusContract('The embedded log', async () => ({
  features: { refuses: ['partitions', 'compacted'], gapless: true },
  open: async () => new EmbeddedEventBus({ url: database.url }),
}));

correlationStoreContract('The embedded store', async () => new EmbeddedCorrelationStore({ url: database.url }));
