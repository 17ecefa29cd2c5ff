import { Module } from '@nestjs/common';
import { UnservedOcpiController } from '@voltap/ocpi/server';
import { DeleteTariff } from './application/delete-tariff.js';
import { PutTariff } from './application/put-tariff.js';
import { SetAudience } from './application/set-audience.js';
import { TellTariff } from './application/tell-tariff.js';
import { ProjectionsConsumer } from './consumers/projections.consumer.js';
import { PricesBackOfficeController } from './http/prices.back-office-controller.js';
import { TariffsBackOfficeController } from './http/tariffs.back-office-controller.js';
import { TariffsOcpiController } from './http/tariffs.ocpi-controller.js';
import { Projections } from './store/projections.js';
import { TariffRepository } from './store/tariff-repository.js';

@Module({
  controllers: [
    TariffsOcpiController,
    TariffsBackOfficeController,
    PricesBackOfficeController,
    ProjectionsConsumer,
    UnservedOcpiController,
  ],
  providers: [PutTariff, DeleteTariff, SetAudience, TellTariff, Projections, TariffRepository],
})
export class TariffsModule {}
