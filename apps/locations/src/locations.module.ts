import { Module } from '@nestjs/common';
import { UnservedOcpiController } from '@voltap/ocpi/server';
import { AssignTariff } from './application/assign-tariff.js';
import { CheckConnectors } from './application/check-connectors.js';
import { ImportLocations } from './application/import-locations.js';
import { PutLocation } from './application/put-location.js';
import { ReportEvseStatus } from './application/report-evse-status.js';
import { StoreLocation } from './application/store-location.js';
import { ProjectionsConsumer } from './consumers/projections.consumer.js';
import { LocationsBackOfficeController } from './http/locations.back-office-controller.js';
import { LocationsOcpiController } from './http/locations.ocpi-controller.js';
import { LocationMetrics } from './jobs/location-metrics.js';
import { LocationRepository } from './store/location-repository.js';
import { Projections } from './store/projections.js';

@Module({
  controllers: [LocationsOcpiController, LocationsBackOfficeController, ProjectionsConsumer, UnservedOcpiController],
  providers: [
    AssignTariff,
    CheckConnectors,
    ImportLocations,
    PutLocation,
    ReportEvseStatus,
    StoreLocation,
    LocationMetrics,
    LocationRepository,
    Projections,
  ],
})
export class LocationsModule {}
