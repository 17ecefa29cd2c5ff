import { ORPHAN_POLICIES } from '@voltap/contracts/events';
import { type ConfigOf, defineConfig, setting } from '@voltap/platform/config';
import { z } from 'zod';

export const commandsConfig = defineConfig('commands', {
  VOLTAP_COMMANDS_START_TIMEOUT_SECONDS: setting
    .integer(5, 600)
    .default(60)
    .describe('Seconds in which a partner is promised the result of START_SESSION'),
  VOLTAP_COMMANDS_STOP_TIMEOUT_SECONDS: setting
    .integer(5, 600)
    .default(40)
    .describe('Seconds in which a partner is promised the result of STOP_SESSION'),
  VOLTAP_COMMANDS_RESERVE_TIMEOUT_SECONDS: setting
    .integer(5, 600)
    .default(40)
    .describe('Seconds in which a partner is promised the result of RESERVE_NOW and CANCEL_RESERVATION'),
  VOLTAP_COMMANDS_UNLOCK_TIMEOUT_SECONDS: setting
    .integer(5, 600)
    .default(40)
    .describe('Seconds in which a partner is promised the result of UNLOCK_CONNECTOR'),
  VOLTAP_COMMANDS_RESERVATION_HOURS: setting
    .integer(1, 720)
    .default(24)
    .describe('Hours for which a charge point may be reserved at most'),
  VOLTAP_COMMANDS_DELIVERY_MARGIN_SECONDS: setting
    .integer(1, 60)
    .default(4)
    .describe('Seconds of the promise that are kept for telling the partner; the back-end has the rest'),
  VOLTAP_COMMANDS_HAND_OUT_SECONDS: setting
    .integer(1, 120)
    .default(15)
    .describe('Seconds after which a command that the back-end fetched and did not answer is handed out again'),
  VOLTAP_COMMANDS_ORPHANS: z
    .enum(ORPHAN_POLICIES)
    .default('stop')
    .describe(
      'What becomes of a charge that begins although the partner was told that its start failed: stop, it is stopped and never billed; bind, it is billed, and the driver is told so',
    ),
  VOLTAP_COMMANDS_UNCERTAIN_SECONDS: setting
    .integer(0, 3600)
    .default(300)
    .describe(
      'Seconds after the deadline of a start that nobody answered in which it may still begin to charge; a retry with its reference waits for them',
    ),
  VOLTAP_COMMANDS_TOPICS: setting
    .flag()
    .default(false)
    .describe('Whether the back-end takes commands from the topic backend.commands; it may poll as well'),
  VOLTAP_COMMANDS_WEBHOOK_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Where the back-end takes commands by POST, signed with the secret; it may poll as well'),
  VOLTAP_COMMANDS_WEBHOOK_SECRET: setting
    .secret()
    .optional()
    .describe('Secret that signs the commands to the webhook, at least 32 characters; needed with its address'),
  VOLTAP_COMMANDS_WEBHOOK_TIMEOUT_SECONDS: setting
    .integer(1, 60)
    .default(10)
    .describe('Seconds in which the webhook answers, with the outcome or with 202 and the outcome later'),
  VOLTAP_COMMANDS_WEBHOOK_RETRY_SECONDS: setting
    .integer(1, 60)
    .default(2)
    .describe('Seconds after which a command that the webhook did not take is sent again, until its deadline'),
});
export type CommandsConfig = ConfigOf<typeof commandsConfig>;
