import { type ConfigOf, defineConfig } from '@voltap/platform/config';
import { z } from 'zod';

export const sessionsConfig = defineConfig('sessions', {
  VOLTAP_SESSIONS_DEFAULT_CURRENCY: z
    .string()
    .regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code')
    .default('EUR')
    .describe('Currency of sessions at connectors without a tariff'),
  VOLTAP_SESSIONS_LIMIT_MARGIN_PERCENT: z.coerce
    .number()
    .min(0)
    .max(100)
    .default(5)
    .describe(
      'A charge is stopped when it costs this much less than what was reserved on the card, in percent of that; what is charged between two reports has to fit into it',
    ),
  VOLTAP_SESSIONS_UNBOUND_DAYS: z.coerce
    .number()
    .int()
    .min(1)
    .max(365)
    .default(14)
    .describe('Days for which a report is kept whose start command never comes, or whose start another session has'),
});
export type SessionsConfig = ConfigOf<typeof sessionsConfig>;
