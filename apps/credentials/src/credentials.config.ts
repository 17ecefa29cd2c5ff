import { type ConfigOf, defineConfig, setting } from '@voltap/platform/config';

export const credentialsConfig = defineConfig('credentials', {
  VOLTAP_REGISTRATION_TIMEOUT_MS: setting
    .integer(500, 60_000)
    .default(10_000)
    .describe(
      "Milliseconds that a partner's versions and version details may take together, also while it waits for our answer",
    ),
  VOLTAP_CREDENTIALS_EXCHANGE_TIMEOUT_MS: setting
    .integer(500, 60_000)
    .default(30_000)
    .describe(
      'Milliseconds that a partner may take to answer our POST or PUT of credentials, in which it calls us back',
    ),
  VOLTAP_CREDENTIALS_TOKEN_GRACE_SECONDS: setting
    .integer(0, 3600)
    .default(30)
    .describe('Seconds for which a token that was replaced is good, since requests with it are on their way'),
  VOLTAP_CREDENTIALS_TOKEN_A_HOURS: setting
    .integer(1, 8760)
    .default(720)
    .describe('Hours for which a Token A is good, where the operator names no other time'),
  VOLTAP_CREDENTIALS_HISTORY_DAYS: setting
    .integer(1, 3650)
    .default(730)
    .describe('Days for which the history of connections is kept'),
});
export type CredentialsConfig = ConfigOf<typeof credentialsConfig>;
