import { partnerEvents } from '@voltap/contracts/events';
import { defineService } from '@voltap/platform/bootstrap';
import { credentialsConfig } from './credentials.config.js';
import { CredentialsModule } from './credentials.module.js';
import { Partners1764000000000 } from './store/migrations.js';

export const credentials = defineService({
  name: 'credentials',
  module: CredentialsModule,
  config: credentialsConfig,
  migrations: [Partners1764000000000],
  publishes: partnerEvents,
});
