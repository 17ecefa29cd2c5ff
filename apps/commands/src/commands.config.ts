import { type ConfigOf, defineConfig, setting } from '@voltap/platform/config';

export const commandsConfig = defineConfig('commands', {
  VOLTAP_COMMANDS_START_TIMEOUT_SECONDS: setting
    .integer(5, 600)
    .default(60)
    .describe('Seconds in which a partner is promised the result of START_SESSION'),
  VOLTAP_COMMANDS_STOP_TIMEOUT_SECONDS: setting
    .integer(5, 600)
    .default(40)
    .describe('Seconds in which a partner is promised the result of STOP_SESSION'),
  VOLTAP_COMMANDS_DELIVERY_MARGIN_SECONDS: setting
    .integer(1, 60)
    .default(4)
    .describe('Seconds of the promise that are kept for telling the partner; the back-end has the rest'),
  VOLTAP_COMMANDS_HAND_OUT_SECONDS: setting
    .integer(1, 120)
    .default(15)
    .describe('Seconds after which a command that the back-end fetched and did not answer is handed out again'),
});
export type CommandsConfig = ConfigOf<typeof commandsConfig>;
