import { operationsEndpoints } from '@voltap/contracts/back-office';
import { backEndCommanded, commandAccepted, commandCompleted } from '@voltap/contracts/events';
import { defineService } from '@voltap/platform/bootstrap';
import { commandsConfig } from './commands.config.js';
import { CommandsModule } from './commands.module.js';
import {
  AwaitedCommands1764400000000,
  Commands1764000000000,
  CommandsTariffAudiences1764700000000,
  HandedOut1764500000000,
  Orphans1764200000000,
  RecentStarts1764710000000,
  Reservations1764300000000,
  StopsOfSessions1764600000000,
} from './store/migrations.js';
import {
  locationProjection,
  sessionProjection,
  tariffAudienceProjection,
  tariffProjection,
} from './store/projections.js';

export const commands = defineService({
  name: 'commands',
  module: CommandsModule,
  config: commandsConfig,
  migrations: [
    Commands1764000000000,
    Orphans1764200000000,
    Reservations1764300000000,
    AwaitedCommands1764400000000,
    HandedOut1764500000000,
    StopsOfSessions1764600000000,
    CommandsTariffAudiences1764700000000,
    RecentStarts1764710000000,
  ],
  publishes: [commandAccepted, commandCompleted, backEndCommanded],
  projections: [locationProjection, sessionProjection, tariffProjection, tariffAudienceProjection],
  operations: operationsEndpoints,
});
