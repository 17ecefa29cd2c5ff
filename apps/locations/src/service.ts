import { operationsEndpoints } from '@voltap/contracts/back-office';
import { evseStatusChanged, locationChanged } from '@voltap/contracts/events';
import { defineService } from '@voltap/platform/bootstrap';
import { locationsConfig } from './locations.config.js';
import { LocationsModule } from './locations.module.js';
import {
  Locations1764000000000,
  LocationsTariffAudiences1764300000000,
  TariffProjection1764200000000,
} from './store/migrations.js';
import { tariffAudienceProjection, tariffProjection } from './store/projections.js';

export const locations = defineService({
  name: 'locations',
  module: LocationsModule,
  config: locationsConfig,
  migrations: [Locations1764000000000, TariffProjection1764200000000, LocationsTariffAudiences1764300000000],
  publishes: [locationChanged, evseStatusChanged],
  projections: [tariffProjection, tariffAudienceProjection],
  operations: operationsEndpoints,
});
