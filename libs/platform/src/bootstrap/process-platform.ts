import { ConfigError, readConfig } from '../config/index.js';
import { BUS_DATABASE, databaseOf, embeddedPlatform } from '../embedded/embedded-platform.js';
import type { EventBus } from '../messaging/event-bus.js';
import type { KafkaSettings } from '../production/kafka/client.js';
import { KafkaEventBus } from '../production/kafka/event-bus.js';
import { productionPlatform } from '../production/production-platform.js';
import type { Logger } from '../telemetry/logger.js';
import type { TraceSettings } from '../telemetry/tracing.js';
import {
  embeddedSettings,
  kafkaSettings,
  type ProcessSettings,
  productionSettings,
  readEnvironment,
  telemetrySettings,
} from './environment.js';
import type { Platform, PlatformOptions } from './platform.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** The one branch between run modes. @throws ConfigError naming every variable that is wrong */
export function processPlatform(settings: ProcessSettings, environment: Environment): Platform {
  const options: Omit<PlatformOptions, 'databaseUrl'> = {
    poolSize: settings.VOLTAP_POOL_SIZE,
    secrets: { caller: settings.VOLTAP_CALLER_SECRET, sealing: settings.VOLTAP_SEALING_SECRET },
    addresses: settings.VOLTAP_SERVICE_ADDRESSES,
    environment,
    logLevel: settings.VOLTAP_LOG_LEVEL,
    consumption: settings.VOLTAP_TEST_CONSUMPTION,
    traces: tracesOf(environment),
  };
  return settings.VOLTAP_PLATFORM === 'embedded' ? embedded(options, environment) : production(options, environment);
}

/** Where the environment says that traces go. @throws ConfigError */
export function tracesOf(environment: Environment): TraceSettings | undefined {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, VOLTAP_TRACE_RATIO: ratio } = readConfig(
    telemetrySettings,
    environment,
  );
  return endpoint === undefined ? undefined : { endpoint, ratio };
}

function embedded(options: Omit<PlatformOptions, 'databaseUrl'>, environment: Environment): Platform {
  const { VOLTAP_POSTGRES_URL: server } = readConfig(embeddedSettings, environment);
  return embeddedPlatform({
    ...options,
    busUrl: databaseAt(server, BUS_DATABASE),
    databaseUrl: (service) => databaseAt(server, databaseOf(service)),
  });
}

function production(options: Omit<PlatformOptions, 'databaseUrl'>, environment: Environment): Platform {
  const settings = readConfig(productionSettings, environment);
  const { VOLTAP_DATABASE_URL: own, VOLTAP_POSTGRES_URL: server, VOLTAP_DATABASE_PREFIX: prefix } = settings;
  if (own === undefined && server === undefined) {
    throw new ConfigError(
      "Configuration is wrong.\nVOLTAP_DATABASE_URL: is missing; name the service's database, or the server in VOLTAP_POSTGRES_URL",
    );
  }
  return productionPlatform({
    ...options,
    databaseUrl: (service) => own ?? databaseAt(String(server), `${prefix}${databaseOf(service)}`),
    kafka: kafkaOf(settings),
    redis: {
      url: settings.VOLTAP_REDIS_URL,
      ca: settings.VOLTAP_REDIS_CA_FILE,
      prefix: settings.VOLTAP_REDIS_KEY_PREFIX,
    },
  });
}

/** The log of production alone, for who tends its topics and is no service. @throws ConfigError */
export function productionBus(logger: Logger, environment: Environment = readEnvironment()): EventBus {
  return new KafkaEventBus(kafkaOf(readConfig(kafkaSettings, environment)), logger);
}

type KafkaProcessSettings = ReturnType<typeof kafkaSettings.parse>;

function kafkaOf(settings: KafkaProcessSettings): KafkaSettings {
  return {
    brokers: settings.VOLTAP_KAFKA_BROKERS,
    prefix: settings.VOLTAP_KAFKA_PREFIX,
    replication: settings.VOLTAP_KAFKA_REPLICATION,
    sessionTimeoutMs: settings.VOLTAP_KAFKA_SESSION_MS,
    tls: tlsOf(settings),
    sasl: saslOf(settings),
  };
}

function tlsOf(settings: KafkaProcessSettings) {
  const { VOLTAP_KAFKA_CA_FILE: ca, VOLTAP_KAFKA_CERTIFICATE_FILE: certificate, VOLTAP_KAFKA_KEY_FILE: key } = settings;
  if (settings.VOLTAP_KAFKA_TLS) return { ca, certificate, key };
  if (ca === undefined && certificate === undefined && key === undefined) return undefined;
  throw new ConfigError(
    'Configuration is wrong.\nVOLTAP_KAFKA_TLS: must be true when certificates for Kafka are given',
  );
}

function saslOf(settings: KafkaProcessSettings) {
  const {
    VOLTAP_KAFKA_SASL_MECHANISM: mechanism,
    VOLTAP_KAFKA_USERNAME: username,
    VOLTAP_KAFKA_PASSWORD: password,
  } = settings;
  if (mechanism === undefined && username === undefined && password === undefined) return undefined;
  if (mechanism !== undefined && username !== undefined && password !== undefined)
    return { mechanism, username, password };
  throw new ConfigError(
    'Configuration is wrong.\nVOLTAP_KAFKA_SASL_MECHANISM, VOLTAP_KAFKA_USERNAME, VOLTAP_KAFKA_PASSWORD: give all three or none',
  );
}

/** A database of a server whose address may carry parameters. */
function databaseAt(server: string, database: string): string {
  const url = new URL(server);
  url.pathname = `/${database}`;
  return url.href;
}
