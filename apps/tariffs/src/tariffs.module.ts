import { Module } from '@nestjs/common';
import { UnservedOcpiController } from '@voltap/ocpi/server';
import { DeleteTariff } from './application/delete-tariff.js';
import { PutTariff } from './application/put-tariff.js';
import { PricesBackOfficeController } from './http/prices.back-office-controller.js';
import { TariffsBackOfficeController } from './http/tariffs.back-office-controller.js';
import { TariffsOcpiController } from './http/tariffs.ocpi-controller.js';
import { TariffRepository } from './store/tariff-repository.js';

@Module({
  controllers: [TariffsOcpiController, TariffsBackOfficeController, PricesBackOfficeController, UnservedOcpiController],
  providers: [PutTariff, DeleteTariff, TariffRepository],
})
export class TariffsModule {}
