import { Module } from '@nestjs/common';
import { UnservedOcpiController } from '@voltap/ocpi/server';
import { AcceptCdr } from './application/accept-cdr.js';
import { CorrectCdr } from './application/correct-cdr.js';
import { CreateCdr } from './application/create-cdr.js';
import { CdrsConsumer } from './consumers/cdrs.consumer.js';
import { CdrsBackOfficeController } from './http/cdrs.back-office-controller.js';
import { CdrsOcpiController } from './http/cdrs.ocpi-controller.js';
import { CdrRepository } from './store/cdr-repository.js';
import { Projections } from './store/projections.js';

@Module({
  controllers: [CdrsOcpiController, CdrsBackOfficeController, CdrsConsumer, UnservedOcpiController],
  providers: [AcceptCdr, CorrectCdr, CreateCdr, CdrRepository, Projections],
})
export class CdrsModule {}
