import { defineConfig } from '@voltap/platform/config';

/** The cdrs service has no settings of its own. */
export const cdrsConfig = defineConfig('cdrs', {});
