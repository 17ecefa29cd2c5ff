import { assemblePlatform, type Platform, type PlatformOptions } from '../bootstrap/platform.js';
import type { KafkaSettings } from './kafka/client.js';
import { KafkaEventBus } from './kafka/event-bus.js';
import { RedisCorrelationStore, type RedisSettings } from './redis-correlation-store.js';

export interface ProductionPlatformOptions extends PlatformOptions {
  readonly kafka: KafkaSettings;
  readonly redis: RedisSettings;
}

/** Kafka joins the services, Redis is the short memory of their replicas, each service has a PostgreSQL database. */
export function productionPlatform(options: ProductionPlatformOptions): Platform {
  return assemblePlatform(options, (logger) => ({
    bus: new KafkaEventBus(options.kafka, logger('bus')),
    correlation: new RedisCorrelationStore(options.redis, logger('correlation')),
  }));
}
