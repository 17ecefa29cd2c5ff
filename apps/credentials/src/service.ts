import { operationsEndpoints } from '@voltap/contracts/back-office';
import { partnerEvents } from '@voltap/contracts/events';
import { defineService } from '@voltap/platform/bootstrap';
import { credentialsConfig } from './credentials.config.js';
import { CredentialsModule } from './credentials.module.js';
import { PartnerExchanges1764000000010, Partners1764000000000 } from './store/migrations.js';

export const credentials = defineService({
  name: 'credentials',
  module: CredentialsModule,
  config: credentialsConfig,
  migrations: [Partners1764000000000, PartnerExchanges1764000000010],
  publishes: partnerEvents,
  operations: operationsEndpoints,
});
