import { assemblePlatform, type Platform, type PlatformOptions } from '../bootstrap/platform.js';
import { EmbeddedCorrelationStore } from './correlation.js';
import { EmbeddedEventBus } from './log/index.js';

export interface EmbeddedPlatformOptions extends PlatformOptions {
  /** Connection string of the database `voltap_bus`, which exists. */
  readonly busUrl: string;
}

export const BUS_DATABASE = 'voltap_bus';

/** Name of a service's own database, unless an operator says otherwise. */
export function databaseOf(service: string): string {
  return `voltap_${service}`;
}

/** Everything on one PostgreSQL server: databases, the log that joins the services, correlation. */
export function embeddedPlatform(options: EmbeddedPlatformOptions): Platform {
  return assemblePlatform(options, (logger) => ({
    bus: new EmbeddedEventBus({ url: options.busUrl, logger: logger('bus') }),
    correlation: new EmbeddedCorrelationStore({ url: options.busUrl }),
  }));
}
