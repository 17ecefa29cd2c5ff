import { z } from 'zod';
import { setting } from '../config/index.js';

/** How a service consumes and what it keeps of it; the same variables for all nine. */
export const messagingSettings = z.object({
  VOLTAP_CONSUMER_MAX_ATTEMPTS: setting
    .integer(1, 1000)
    .default(10)
    .describe('Handlings of an event that keeps failing before it is set aside'),
  VOLTAP_CONSUMER_RETRY_BASE_MS: setting
    .integer(1, 60_000)
    .default(100)
    .describe('Wait before the first repetition, in milliseconds; it doubles'),
  VOLTAP_CONSUMER_RETRY_MAX_MS: setting
    .integer(1, 600_000)
    .default(10_000)
    .describe('Longest wait between two repetitions, in milliseconds'),
  VOLTAP_INBOX_RETENTION_DAYS: setting
    .integer(1, 3650)
    .default(8)
    .describe('How long it is remembered that an event was handled, in days; not below what topics keep'),
  VOLTAP_SET_ASIDE_RETENTION_DAYS: setting
    .integer(1, 3650)
    .default(90)
    .describe('How long events stay listed after their replay or discard, in days; waiting ones stay for ever'),
});
export type MessagingSettings = z.output<typeof messagingSettings>;
