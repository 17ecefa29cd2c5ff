import { Module } from '@nestjs/common';
import { DeleteTariff } from './application/delete-tariff.js';
import { PutTariff } from './application/put-tariff.js';
import { TariffsBackOfficeController } from './http/tariffs.back-office-controller.js';
import { TariffRepository } from './store/tariff-repository.js';

@Module({
  controllers: [TariffsBackOfficeController],
  providers: [PutTariff, DeleteTariff, TariffRepository],
})
export class TariffsModule {}
