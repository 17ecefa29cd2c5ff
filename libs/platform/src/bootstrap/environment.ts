import { z } from 'zod';
import { setting } from '../config/index.js';

/** The only place that reads the process environment; everything else is handed it. */
export function readEnvironment(): Readonly<Record<string, string | undefined>> {
  return { ...process.env };
}

/** Settings of every service process. */
export const processSettings = z.object({
  VOLTAP_PLATFORM: z
    .enum(['embedded', 'production'])
    .default('embedded')
    .describe('What the process runs on: everything in one PostgreSQL, or Kafka, Redis and PostgreSQL'),
  VOLTAP_HOST: setting.text().default('127.0.0.1').describe('Address that the service listens on'),
  VOLTAP_PORT: setting.integer(0, 65535).default(0).describe('Internal port of the service; 0 picks a free one'),
  VOLTAP_LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('Least level that is logged'),
  VOLTAP_DRAIN_SECONDS: setting
    .integer(0, 600)
    .default(0)
    .describe('Seconds for which a process that shall end still serves, until nobody chooses it any more'),
  VOLTAP_POOL_SIZE: setting.integer(2, 50).default(4).describe('Database connections of the process'),
  VOLTAP_CALLER_SECRET: setting.secret().describe('Shared by gateway and services; signs who is calling'),
  VOLTAP_SEALING_SECRET: setting
    .secret()
    .describe('Seals tokens at rest and on topics; while it is rotated: the new one, |, the old one'),
  VOLTAP_SERVICE_ADDRESSES: z
    .string()
    .transform((text) => z.record(z.string(), z.url()).parse(JSON.parse(text)))
    .describe('JSON object: internal base URL of each service'),
  VOLTAP_TEST_CONSUMPTION: z
    .string()
    .default('{}')
    .transform((text) =>
      z
        .object({ deliverTwice: z.boolean(), failFirst: z.boolean(), permuteSeed: z.number().int() })
        .partial()
        .parse(JSON.parse(text)),
    )
    .describe('Disturbs consumption in tests, as JSON; never set in production'),
});
export type ProcessSettings = z.output<typeof processSettings>;

/** Where telemetry goes. The exporter itself also reads OTEL_EXPORTER_OTLP_HEADERS, _TIMEOUT and _CERTIFICATE. */
export const telemetrySettings = z.object({
  OTEL_EXPORTER_OTLP_ENDPOINT: setting
    .url()
    .optional()
    .describe('Base URL of an OTLP/HTTP receiver for traces; without it nothing is traced'),
  VOLTAP_TRACE_RATIO: z.coerce
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe('Of traces that are neither about money nor fail, so many are kept: 0 to 1'),
});

/** What an embedded process needs beside `processSettings`. */
export const embeddedSettings = z.object({
  VOLTAP_POSTGRES_URL: setting
    .url()
    .describe('PostgreSQL server with all databases, postgres://user:password@host:port'),
});

/** How Kafka is reached. */
export const kafkaSettings = z.object({
  VOLTAP_KAFKA_BROKERS: z
    .string('is missing; host:port, several joined by commas')
    .regex(/^[^\s,:]+:\d+(,[^\s,:]+:\d+)*$/, 'must be host:port, several joined by commas')
    .transform((text) => text.split(','))
    .describe('Kafka brokers to ask first, host:port each'),
  VOLTAP_KAFKA_TLS: setting.flag().default(false).describe('Whether Kafka is reached over TLS'),
  VOLTAP_KAFKA_CA_FILE: setting.file().optional().describe('PEM of the authority that signed the brokers'),
  VOLTAP_KAFKA_CERTIFICATE_FILE: setting.file().optional().describe('PEM of our certificate, for mutual TLS'),
  VOLTAP_KAFKA_KEY_FILE: setting.file().optional().describe('PEM of the key of our certificate'),
  VOLTAP_KAFKA_SASL_MECHANISM: z
    .enum(['plain', 'scram-sha-256', 'scram-sha-512'])
    .optional()
    .describe('How we sign in at Kafka; none: not at all'),
  VOLTAP_KAFKA_USERNAME: setting.text().optional().describe('Name to sign in with at Kafka'),
  VOLTAP_KAFKA_PASSWORD: setting.text().optional().describe('Password to sign in with at Kafka'),
  VOLTAP_KAFKA_PREFIX: z.string().default('').describe('Before the name of every topic and group'),
  VOLTAP_KAFKA_REPLICATION: setting
    .integer(-1, 9)
    .default(-1)
    .describe('Replicas of a topic that we make; -1 leaves it to the broker'),
  VOLTAP_KAFKA_SESSION_MS: setting
    .integer(1000, 300_000)
    .default(10_000)
    .describe('How long a dead replica keeps its partitions, in milliseconds; not below what the broker allows'),
});

/** What a production process needs beside `processSettings`. */
export const productionSettings = z.object({
  VOLTAP_DATABASE_URL: setting
    .url()
    .optional()
    .describe(
      "The service's own database, postgres://user:password@host:port/database; for TLS ?sslmode=verify-full&sslrootcert=file",
    ),
  VOLTAP_POSTGRES_URL: setting
    .url()
    .optional()
    .describe('Instead of VOLTAP_DATABASE_URL: the server that has all databases, named voltap_<service>'),
  VOLTAP_DATABASE_PREFIX: z.string().default('').describe('Before voltap_<service>, with VOLTAP_POSTGRES_URL'),
  ...kafkaSettings.shape,
  VOLTAP_REDIS_URL: setting.url().describe('Redis, redis:// or rediss://user:password@host:port/database'),
  VOLTAP_REDIS_CA_FILE: setting.file().optional().describe('PEM of the authority that signed Redis'),
  VOLTAP_REDIS_KEY_PREFIX: z.string().default('voltap:').describe('Before every key in Redis'),
});
