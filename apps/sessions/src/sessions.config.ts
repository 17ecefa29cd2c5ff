import { type ConfigOf, defineConfig } from '@voltap/platform/config';
import { z } from 'zod';

export const sessionsConfig = defineConfig('sessions', {
  VOLTAP_SESSIONS_DEFAULT_CURRENCY: z
    .string()
    .regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code')
    .default('EUR')
    .describe('Currency of sessions at connectors without a tariff'),
});
export type SessionsConfig = ConfigOf<typeof sessionsConfig>;
