import { decimal } from '@voltap/kernel';
import { LONGEST_PUBLIC_URL, mayBePublished } from '@voltap/ocpi/transport';
import { type ConfigOf, defineConfig, setting } from '@voltap/platform/config';
import type { Patience } from './domain/figures.js';

export const paymentsConfig = defineConfig('payments', {
  VOLTAP_PUBLIC_URL: setting
    .url()
    .refine(mayBePublished, { error: `at most ${LONGEST_PUBLIC_URL} characters` })
    .describe('URL of the public gateway as partners and drivers see it'),
  VOLTAP_RECONCILIATION_TOLERANCE: setting
    .text()
    .regex(/^\d+(\.\d+)?$/, 'is no amount; 0.02 is one')
    .default('0')
    .transform((text) => decimal(text))
    .describe(
      'Difference between bill, capture and payout that is noted but needs nobody, in the currency of the charge',
    ),
  VOLTAP_START_PATIENCE_MINUTES: setting
    .integer(1, 1440)
    .default(30)
    .describe('Minutes from an accepted start to its session, after which the charge is overdue'),
  VOLTAP_CDR_PATIENCE_MINUTES: setting
    .integer(1, 10_080)
    .default(15)
    .describe(
      'Minutes from the end of a session to its CDR, and from there to its acceptance, after which the charge is overdue',
    ),
  VOLTAP_CONFIRMATION_PATIENCE_HOURS: setting
    .integer(1, 2160)
    .default(72)
    .describe('Hours from the CDR to the confirmation of the captured money, after which the charge is overdue'),
  VOLTAP_PAYOUT_PATIENCE_DAYS: setting
    .integer(0, 365)
    .default(0)
    .describe(
      'Days from the confirmation to the payout of the acquirer, after which the charge is overdue; 0 where payouts are not imported',
    ),
});
export type PaymentsConfig = ConfigOf<typeof paymentsConfig>;

export function patienceOf(config: PaymentsConfig): Patience {
  return {
    startMinutes: config.VOLTAP_START_PATIENCE_MINUTES,
    cdrMinutes: config.VOLTAP_CDR_PATIENCE_MINUTES,
    confirmationHours: config.VOLTAP_CONFIRMATION_PATIENCE_HOURS,
    payoutDays: config.VOLTAP_PAYOUT_PATIENCE_DAYS,
  };
}
