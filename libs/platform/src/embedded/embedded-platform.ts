import { type Clock, SystemClock, UuidIds } from '@voltap/kernel';
import type { DestinationStream } from 'pino';
import type { Platform, PlatformSecrets, ServiceAddresses } from '../bootstrap/platform.js';
import type { ConsumptionModes } from '../messaging/index.js';
import { createLogger } from '../telemetry/index.js';
import { EmbeddedCorrelationStore } from './correlation.js';
import { EmbeddedEventBus } from './log/index.js';

export interface EmbeddedPlatformOptions {
  /** URL of a database of the server; `voltap_bus` and `voltap_<service>` exist. */
  databaseUrl(database: string): string;
  /** Connections per service. */
  readonly poolSize: number;
  readonly secrets: PlatformSecrets;
  readonly addresses: ServiceAddresses;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly logLevel: string;
  readonly logDestination?: DestinationStream;
  readonly consumption?: ConsumptionModes;
  readonly clock?: Clock;
}

export const BUS_DATABASE = 'voltap_bus';

/** Name of a service's own database. */
export function databaseOf(service: string): string {
  return `voltap_${service}`;
}

/** Everything on one PostgreSQL server: databases, the log that joins the services, correlation. */
export async function embeddedPlatform(options: EmbeddedPlatformOptions): Promise<Platform> {
  const logger = (service: string) =>
    createLogger({
      level: options.logLevel,
      service,
      ...(options.logDestination === undefined ? {} : { destination: options.logDestination }),
    });
  const bus = new EmbeddedEventBus({ url: options.databaseUrl(BUS_DATABASE), logger: logger('bus') });
  const correlation = new EmbeddedCorrelationStore({ url: options.databaseUrl(BUS_DATABASE) });
  return {
    bus,
    correlation,
    database: (service) => ({
      url: options.databaseUrl(databaseOf(service)),
      poolSize: options.poolSize,
      applicationName: `voltap-${service}`,
    }),
    clock: options.clock ?? new SystemClock(),
    ids: new UuidIds(),
    logger,
    addresses: options.addresses,
    secrets: options.secrets,
    environment: options.environment,
    consumption: options.consumption ?? {},
    close: async () => {
      await bus.close();
      await correlation.close();
    },
  };
}
