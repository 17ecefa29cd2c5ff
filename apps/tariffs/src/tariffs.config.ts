import { defineConfig } from '@voltap/platform/config';

/** The tariffs service has no settings of its own. */
export const tariffsConfig = defineConfig('tariffs', {});
