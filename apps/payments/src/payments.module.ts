import { Module } from '@nestjs/common';
import { UnservedOcpiController } from '@voltap/ocpi/server';
import { Database } from '@voltap/platform/persistence';
import { PullSchedule, Sightings } from '@voltap/platform/pulling';
import { ActivateTerminal } from './application/activate-terminal.js';
import { AssignTerminal } from './application/assign-terminal.js';
import { ClosePeriod } from './application/close-period.js';
import { DeactivateTerminal } from './application/deactivate-terminal.js';
import { ImportPayouts } from './application/import-payouts.js';
import { IssueReceipt } from './application/issue-receipt.js';
import { JudgeReadiness } from './application/judge-readiness.js';
import { KnownPlaces } from './application/known-places.js';
import { MatchPayouts } from './application/match-payouts.js';
import { NameBuyer } from './application/name-buyer.js';
import { PartnerTerminals } from './application/partner-terminals.js';
import { PullFromPartner } from './application/pull-from-partner.js';
import { ReadReceipt } from './application/read-receipt.js';
import { ReceiveConfirmation } from './application/receive-confirmation.js';
import { ReceiveTerminal } from './application/receive-terminal.js';
import { RecordFact } from './application/record-fact.js';
import { TellTerminal } from './application/tell-terminal.js';
import { WriteOff } from './application/write-off.js';
import { ChargesConsumer } from './consumers/charges.consumer.js';
import { ProjectionsConsumer } from './consumers/projections.consumer.js';
import { ActivationsBackOfficeController } from './http/activations.back-office-controller.js';
import { MoneyBackOfficeController } from './http/money.back-office-controller.js';
import { PaymentsBackOfficeController } from './http/payments.back-office-controller.js';
import { PaymentsOcpiController } from './http/payments.ocpi-controller.js';
import { ReceiptsController } from './http/receipts.controller.js';
import { PartnerDuties } from './jobs/partner-duties.js';
import { PartnerPulls } from './jobs/partner-pulls.js';
import { PayoutMatching } from './jobs/payout-matching.js';
import { ReconciliationMetrics } from './jobs/reconciliation-metrics.js';
import { TerminalMetrics } from './jobs/terminal-metrics.js';
import { AccountingRepository } from './store/accounting-repository.js';
import { ActivationRepository } from './store/activation-repository.js';
import { ConfirmationRepository } from './store/confirmation-repository.js';
import { LegalEntityRepository } from './store/legal-entity-repository.js';
import { PayoutRepository } from './store/payout-repository.js';
import { Projections } from './store/projections.js';
import { ReceiptRepository } from './store/receipt-repository.js';
import { ReconciliationRepository } from './store/reconciliation-repository.js';
import { SilentTerminals } from './store/silent-terminals.js';
import { TerminalRepository } from './store/terminal-repository.js';

@Module({
  controllers: [
    PaymentsOcpiController,
    PaymentsBackOfficeController,
    MoneyBackOfficeController,
    ActivationsBackOfficeController,
    ReceiptsController,
    ChargesConsumer,
    ProjectionsConsumer,
    UnservedOcpiController,
  ],
  providers: [
    ActivateTerminal,
    AssignTerminal,
    ClosePeriod,
    DeactivateTerminal,
    ImportPayouts,
    IssueReceipt,
    JudgeReadiness,
    KnownPlaces,
    MatchPayouts,
    NameBuyer,
    PartnerTerminals,
    PullFromPartner,
    ReadReceipt,
    ReceiveConfirmation,
    ReceiveTerminal,
    RecordFact,
    TellTerminal,
    WriteOff,
    PartnerDuties,
    PayoutMatching,
    ReconciliationMetrics,
    TerminalMetrics,
    AccountingRepository,
    ActivationRepository,
    PartnerPulls,
    ConfirmationRepository,
    LegalEntityRepository,
    PayoutRepository,
    Projections,
    { provide: PullSchedule, inject: [Database], useFactory: (database: Database) => new PullSchedule(database) },
    { provide: Sightings, inject: [Database], useFactory: (database: Database) => new Sightings(database) },
    ReceiptRepository,
    ReconciliationRepository,
    SilentTerminals,
    TerminalRepository,
  ],
})
export class PaymentsModule {}
