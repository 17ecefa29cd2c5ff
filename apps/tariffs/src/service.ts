import { operationsEndpoints } from '@voltap/contracts/back-office';
import { tariffChanged, tariffDeleted } from '@voltap/contracts/events';
import { defineService } from '@voltap/platform/bootstrap';
import { TariffAudiences1764000001000, Tariffs1764000000000 } from './store/migrations.js';
import { partnerProjection } from './store/projections.js';
import { tariffsConfig } from './tariffs.config.js';
import { TariffsModule } from './tariffs.module.js';

export const tariffs = defineService({
  name: 'tariffs',
  module: TariffsModule,
  config: tariffsConfig,
  migrations: [Tariffs1764000000000, TariffAudiences1764000001000],
  publishes: [tariffChanged, tariffDeleted],
  projections: [partnerProjection],
  operations: operationsEndpoints,
});
