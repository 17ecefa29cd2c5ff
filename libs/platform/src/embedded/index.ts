export { EmbeddedCorrelationStore, type EmbeddedCorrelationStoreOptions } from './correlation.js';
export { BUS_DATABASE, databaseOf, type EmbeddedPlatformOptions, embeddedPlatform } from './embedded-platform.js';
export { freePorts } from './free-ports.js';
export { type BusLogger, EmbeddedEventBus, type EmbeddedEventBusOptions } from './log/index.js';
export { EmbeddedPostgresError } from './postgres/embedded-postgres-error.js';
export { endProcess, isRunning, startOf } from './postgres/supervision.js';
export {
  ensureDatabase,
  type PostgresServer,
  type PostgresServerOptions,
  type PostgresTls,
  startPostgresServer,
} from './postgres-server.js';
