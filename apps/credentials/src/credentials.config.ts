import { defineConfig, setting } from '@voltap/platform/config';

export const credentialsConfig = defineConfig('credentials', {
  VOLTAP_REGISTRATION_TIMEOUT_MS: setting
    .integer(500, 60_000)
    .default(10_000)
    .describe(
      "Milliseconds that a partner's versions and version details may take together while it waits for our answer",
    ),
});
