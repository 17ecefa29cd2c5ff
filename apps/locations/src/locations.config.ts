import { defineConfig } from '@voltap/platform/config';

/** The locations service has no settings of its own. */
export const locationsConfig = defineConfig('locations', {});
