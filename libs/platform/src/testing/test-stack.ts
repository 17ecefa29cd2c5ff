import { randomBytes } from 'node:crypto';
import type { KafkaSettings, RedisSettings } from '../production/index.js';

export interface TestStack {
  readonly kafka: KafkaSettings;
  readonly redis: RedisSettings;
}

/**
 * The Kafka and Redis of this run, under names that nobody else uses; null when the run has none and the embedded parts
 * are meant.
 */
export function testStack(): TestStack | null {
  const { VOLTAP_KAFKA_BROKERS: brokers, VOLTAP_REDIS_URL: url } = process.env;
  if (brokers === undefined || url === undefined) return null;
  const prefix = `test-${randomBytes(6).toString('hex')}.`;
  return {
    kafka: { brokers: brokers.split(','), prefix, replication: -1, sessionTimeoutMs: 10_000 },
    redis: { url, prefix },
  };
}
