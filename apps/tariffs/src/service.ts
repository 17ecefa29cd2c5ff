import { operationsEndpoints } from '@voltap/contracts/back-office';
import { tariffChanged, tariffDeleted } from '@voltap/contracts/events';
import { defineService } from '@voltap/platform/bootstrap';
import { Tariffs1764000000000 } from './store/migrations.js';
import { tariffsConfig } from './tariffs.config.js';
import { TariffsModule } from './tariffs.module.js';

export const tariffs = defineService({
  name: 'tariffs',
  module: TariffsModule,
  config: tariffsConfig,
  migrations: [Tariffs1764000000000],
  publishes: [tariffChanged, tariffDeleted],
  operations: operationsEndpoints,
});
