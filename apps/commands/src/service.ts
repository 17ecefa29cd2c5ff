import { commandAccepted, commandCompleted } from '@voltap/contracts/events';
import { defineService } from '@voltap/platform/bootstrap';
import { commandsConfig } from './commands.config.js';
import { CommandsModule } from './commands.module.js';
import { Commands1764000000000 } from './store/migrations.js';

export const commands = defineService({
  name: 'commands',
  module: CommandsModule,
  config: commandsConfig,
  migrations: [Commands1764000000000],
  publishes: [commandAccepted, commandCompleted],
});
