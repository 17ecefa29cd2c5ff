import { Module } from '@nestjs/common';
import { UnservedOcpiController } from '@voltap/ocpi/server';
import { AcceptCdr } from './application/accept-cdr.js';
import { CompareWithBackEnd } from './application/compare-with-back-end.js';
import { CorrectCdr } from './application/correct-cdr.js';
import { CreateCdr } from './application/create-cdr.js';
import { CdrsConsumer } from './consumers/cdrs.consumer.js';
import { BackEndCdrsController } from './http/back-end-cdrs.controller.js';
import { CdrsBackOfficeController } from './http/cdrs.back-office-controller.js';
import { CdrsOcpiController } from './http/cdrs.ocpi-controller.js';
import { ComparisonMetrics } from './jobs/comparison-metrics.js';
import { BackEndCdrRepository } from './store/back-end-cdr-repository.js';
import { CdrRepository } from './store/cdr-repository.js';
import { Projections } from './store/projections.js';

@Module({
  controllers: [
    CdrsOcpiController,
    CdrsBackOfficeController,
    BackEndCdrsController,
    CdrsConsumer,
    UnservedOcpiController,
  ],
  providers: [
    AcceptCdr,
    CompareWithBackEnd,
    CorrectCdr,
    CreateCdr,
    ComparisonMetrics,
    BackEndCdrRepository,
    CdrRepository,
    Projections,
  ],
})
export class CdrsModule {}
