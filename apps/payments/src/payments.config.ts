import { LONGEST_PUBLIC_URL, mayBePublished } from '@voltap/ocpi/transport';
import { type ConfigOf, defineConfig, setting } from '@voltap/platform/config';

export const paymentsConfig = defineConfig('payments', {
  VOLTAP_PUBLIC_URL: setting
    .url()
    .refine(mayBePublished, { error: `at most ${LONGEST_PUBLIC_URL} characters` })
    .describe('URL of the public gateway as partners and drivers see it'),
});
export type PaymentsConfig = ConfigOf<typeof paymentsConfig>;
