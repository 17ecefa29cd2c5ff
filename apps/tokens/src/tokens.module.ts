import { Module } from '@nestjs/common';
import { UnservedOcpiController } from '@voltap/ocpi/server';
import { Database } from '@voltap/platform/persistence';
import { PullSchedule, Sightings } from '@voltap/platform/pulling';
import { PartnerTokens } from './application/partner-tokens.js';
import { PatchToken } from './application/patch-token.js';
import { PullTokens } from './application/pull-tokens.js';
import { PutToken } from './application/put-token.js';
import { ProjectionsConsumer } from './consumers/projections.consumer.js';
import { TokensBackOfficeController } from './http/tokens.back-office-controller.js';
import { TokensOcpiController } from './http/tokens.ocpi-controller.js';
import { PartnerPulls } from './jobs/partner-pulls.js';
import { Projections } from './store/projections.js';
import { TokenRepository } from './store/token-repository.js';

@Module({
  controllers: [TokensOcpiController, TokensBackOfficeController, ProjectionsConsumer, UnservedOcpiController],
  providers: [
    PartnerTokens,
    PatchToken,
    PullTokens,
    PutToken,
    PartnerPulls,
    Projections,
    { provide: PullSchedule, inject: [Database], useFactory: (database: Database) => new PullSchedule(database) },
    { provide: Sightings, inject: [Database], useFactory: (database: Database) => new Sightings(database) },
    TokenRepository,
  ],
})
export class TokensModule {}
