import { Module } from '@nestjs/common';
import { UnservedOcpiController } from '@voltap/ocpi/server';
import { AcceptCancelReservation } from './application/accept-cancel-reservation.js';
import { AcceptReserveNow } from './application/accept-reserve-now.js';
import { AcceptStartSession } from './application/accept-start-session.js';
import { AcceptStopSession } from './application/accept-stop-session.js';
import { AcceptUnlockConnector } from './application/accept-unlock-connector.js';
import { AwaitedOutcomes } from './application/awaited-outcomes.js';
import { CallWebhook } from './application/call-webhook.js';
import { CancelReservation } from './application/cancel-reservation.js';
import { CompleteCommand } from './application/complete-command.js';
import { FollowCharge } from './application/follow-charge.js';
import { KnownElsewhere } from './application/known-elsewhere.js';
import { PendingCommands } from './application/pending-commands.js';
import { PromiseCommand } from './application/promise-command.js';
import { SettleReservation } from './application/settle-reservation.js';
import { StopAtLimit } from './application/stop-at-limit.js';
import { StopCharge } from './application/stop-charge.js';
import { StopSession } from './application/stop-session.js';
import { AnswersConsumer } from './consumers/answers.consumer.js';
import { ProjectionsConsumer } from './consumers/projections.consumer.js';
import { CommandsBackOfficeController } from './http/commands.back-office-controller.js';
import { CommandsOcpiController } from './http/commands.ocpi-controller.js';
import { SitesBackOfficeController } from './http/sites.back-office-controller.js';
import { ExpireReservations } from './jobs/expire-reservations.js';
import { SendToWebhook } from './jobs/send-to-webhook.js';
import { StartMetrics } from './jobs/start-metrics.js';
import { StopAgain } from './jobs/stop-again.js';
import { SweepDeadlines } from './jobs/sweep-deadlines.js';
import { CommandRepository } from './store/command-repository.js';
import { Projections } from './store/projections.js';
import { ReservationRepository } from './store/reservation-repository.js';
import { SiteTimeouts } from './store/site-timeouts.js';

@Module({
  controllers: [
    CommandsOcpiController,
    CommandsBackOfficeController,
    SitesBackOfficeController,
    ProjectionsConsumer,
    AnswersConsumer,
    UnservedOcpiController,
  ],
  providers: [
    AcceptStartSession,
    AcceptStopSession,
    AcceptReserveNow,
    AcceptCancelReservation,
    AcceptUnlockConnector,
    AwaitedOutcomes,
    CallWebhook,
    CancelReservation,
    CompleteCommand,
    FollowCharge,
    KnownElsewhere,
    PendingCommands,
    PromiseCommand,
    StopAgain,
    StopAtLimit,
    StopCharge,
    StopSession,
    SettleReservation,
    SendToWebhook,
    SweepDeadlines,
    StartMetrics,
    ExpireReservations,
    CommandRepository,
    ReservationRepository,
    SiteTimeouts,
    Projections,
  ],
})
export class CommandsModule {}
