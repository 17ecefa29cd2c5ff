import { type ConfigOf, defineConfig, setting } from '@voltap/platform/config';

export const paymentsConfig = defineConfig('payments', {
  VOLTAP_PUBLIC_URL: setting.url().describe('URL of the public gateway as partners and drivers see it'),
});
export type PaymentsConfig = ConfigOf<typeof paymentsConfig>;
