import type { Clock, Ids } from '@voltap/kernel';
import type { CorrelationStore } from '../correlation/correlation-store.js';
import type { ConsumptionModes, EventBus } from '../messaging/index.js';
import type { DatabaseSettings } from '../persistence/index.js';
import type { Logger } from '../telemetry/index.js';

/** What a service runs on. Which function builds it is the only difference between run modes. */
export interface Platform {
  readonly bus: EventBus;
  readonly correlation: CorrelationStore;
  /** Address of a service's own database, which exists. */
  database(service: string): DatabaseSettings;
  readonly clock: Clock;
  readonly ids: Ids;
  logger(service: string): Logger;
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
