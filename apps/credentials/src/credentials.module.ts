import { Module } from '@nestjs/common';
import { UnservedOcpiController } from '@voltap/ocpi/server';
import { ChangePartner } from './application/change-partner.js';
import { ChangeTerms } from './application/change-terms.js';
import { EndRegistration } from './application/end-registration.js';
import { ExchangeCredentials } from './application/exchange-credentials.js';
import { InspectPartner } from './application/inspect-partner.js';
import { IssueToken } from './application/issue-token.js';
import { OpenConnection } from './application/open-connection.js';
import { PartnerApi } from './application/partner-api.js';
import { ReissueTokenA } from './application/reissue-token-a.js';
import { ResealTokens } from './application/reseal-tokens.js';
import { SetSuspension } from './application/set-suspension.js';
import { StartExchange } from './application/start-exchange.js';
import { UnregisterPartner } from './application/unregister-partner.js';
import { CredentialsOcpiController } from './http/credentials.ocpi-controller.js';
import { PartnersBackOfficeController } from './http/partners.back-office-controller.js';
import { PartnersInternalController } from './http/partners.internal-controller.js';
import { KeepHouse } from './jobs/keep-house.js';
import { TokenMetrics } from './jobs/token-metrics.js';
import { PartnerEventRepository } from './store/partner-events.js';
import { PartnerRepository } from './store/partner-repository.js';

@Module({
  controllers: [
    CredentialsOcpiController,
    PartnersBackOfficeController,
    PartnersInternalController,
    UnservedOcpiController,
  ],
  providers: [
    ChangePartner,
    ChangeTerms,
    EndRegistration,
    ExchangeCredentials,
    InspectPartner,
    IssueToken,
    OpenConnection,
    PartnerApi,
    ReissueTokenA,
    ResealTokens,
    SetSuspension,
    StartExchange,
    UnregisterPartner,
    KeepHouse,
    TokenMetrics,
    PartnerEventRepository,
    PartnerRepository,
  ],
})
export class CredentialsModule {}
