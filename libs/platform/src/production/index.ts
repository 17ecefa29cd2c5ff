export type { KafkaSettings } from './kafka/client.js';
export { KafkaEventBus } from './kafka/event-bus.js';
export { topicConfiguration } from './kafka/topics.js';
export { type ProductionPlatformOptions, productionPlatform } from './production-platform.js';
export { RedisCorrelationStore, type RedisSettings } from './redis-correlation-store.js';
