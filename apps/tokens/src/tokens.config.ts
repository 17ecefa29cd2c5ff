import { defineConfig } from '@voltap/platform/config';

/** The tokens service has no settings of its own. */
export const tokensConfig = defineConfig('tokens', {});
