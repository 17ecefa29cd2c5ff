import { z } from 'zod';
import { setting } from '../config/index.js';

/** The only place that reads the process environment; everything else is handed it. */
export function readEnvironment(): Readonly<Record<string, string | undefined>> {
  return { ...process.env };
}

/** Settings of every service process. */
export const processSettings = z.object({
  VOLTAP_PLATFORM: z.enum(['embedded']).default('embedded').describe('What the process runs on'),
  VOLTAP_HOST: setting.text().default('127.0.0.1').describe('Address that the service listens on'),
  VOLTAP_PORT: setting.integer(0, 65535).default(0).describe('Internal port of the service; 0 picks a free one'),
  VOLTAP_LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('Least level that is logged'),
  VOLTAP_POSTGRES_URL: setting
    .url()
    .describe('PostgreSQL server with all databases, postgres://user:password@host:port'),
  VOLTAP_POOL_SIZE: setting.integer(2, 50).default(4).describe('Database connections of the process'),
  VOLTAP_CALLER_SECRET: setting.secret().describe('Shared by gateway and services; signs who is calling'),
  VOLTAP_SEALING_SECRET: setting.secret().describe('Seals tokens at rest and on topics'),
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
