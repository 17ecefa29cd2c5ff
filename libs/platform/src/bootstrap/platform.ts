import { type Clock, type Ids, SystemClock, UuidIds } from '@voltap/kernel';
import type { DestinationStream } from 'pino';
import type { CorrelationStore } from '../correlation/correlation-store.js';
import type { ConsumptionModes, EventBus } from '../messaging/index.js';
import type { DatabaseSettings } from '../persistence/index.js';
import { createLogger, type Logger, type TraceSettings, Tracing } from '../telemetry/index.js';

/** What a service runs on. Which function builds it is the only difference between run modes. */
export interface Platform {
  readonly bus: EventBus;
  readonly correlation: CorrelationStore;
  /** Address of a service's own database, which exists. */
  database(service: string): DatabaseSettings;
  readonly clock: Clock;
  readonly ids: Ids;
  logger(service: string): Logger;
  /** The caller closes it. */
  tracing(service: string): Tracing;
  /** Internal base URL of each service, without trailing slash. */
  readonly addresses: ServiceAddresses;
  readonly secrets: PlatformSecrets;
  /** Settings of services, by environment variable. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly consumption: ConsumptionModes;
  close(): Promise<void>;
}

export type ServiceAddresses = Readonly<Record<string, string>>;

export interface PlatformSecrets {
  /** Signs what the gateway says of a caller. At least 32 characters. */
  readonly caller: string;
  /** Seals tokens at rest and on topics. At least 32 characters. */
  readonly sealing: string;
}

/** DI token of the internal addresses of all services. */
export const SERVICE_ADDRESSES = Symbol('ServiceAddresses');

/** What every run mode is told. */
export interface PlatformOptions {
  /** Connection string of a service's own database, which exists. */
  databaseUrl(service: string): string;
  /** Connections per service. */
  readonly poolSize: number;
  readonly secrets: PlatformSecrets;
  readonly addresses: ServiceAddresses;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly logLevel: string;
  readonly logDestination?: DestinationStream;
  readonly consumption?: ConsumptionModes;
  readonly clock?: Clock;
  /** Where traces go; without it nothing is traced. */
  readonly traces?: TraceSettings | undefined;
}

/** The platform of a run mode, from the parts in which run modes differ; closing it closes them. */
export function assemblePlatform(
  options: PlatformOptions,
  parts: (logger: (service: string) => Logger) => Pick<Platform, 'bus' | 'correlation'>,
): Platform {
  const logger = (service: string) =>
    createLogger({
      level: options.logLevel,
      service,
      ...(options.logDestination === undefined ? {} : { destination: options.logDestination }),
    });
  const { bus, correlation } = parts(logger);
  return {
    bus,
    correlation,
    database: (service) => ({
      url: options.databaseUrl(service),
      poolSize: options.poolSize,
      applicationName: `voltap-${service}`,
    }),
    clock: options.clock ?? new SystemClock(),
    ids: new UuidIds(),
    logger,
    tracing: (service) => new Tracing(service, options.traces),
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
