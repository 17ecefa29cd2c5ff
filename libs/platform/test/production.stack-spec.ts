import { randomUUID } from 'node:crypto';
import { afterAll } from '@jest/globals';
import { KafkaEventBus, RedisCorrelationStore } from '@voltap/platform/production';
import { createLogger } from '@voltap/platform/telemetry';
import { correlationStoreContract, dropTopics, eventBusContract, testStack, waitUntil } from '@voltap/platform/testing';

const logger = createLogger({ level: 'silent', service: 'test' });

function stack() {
  const found = testStack();
  if (found === null) throw new Error('run this suite with npm run test:stack');
  return found;
}

const { kafka } = stack();

afterAll(() => dropTopics(kafka));

eventBusContract('Kafka', async () => ({
  features: { refuses: ['partitions', 'compacted'], gapless: true },
  open: async () => new KafkaEventBus(kafka, logger),
}));

const prefix = `${randomUUID()}:`;
correlationStoreContract('Redis', async () => {
  const store = new RedisCorrelationStore({ ...stack().redis, prefix }, logger);
  // It connects beside; a call before that fails at once, as one to a server that is away.
  await waitUntil(
    () =>
      store.find('anything').then(
        () => true,
        () => false,
      ),
    { describe: 'the connection' },
  );
  return store;
});
