import { Module } from '@nestjs/common';
import { UnservedOcpiController } from '@voltap/ocpi/server';
import { AcceptStartSession } from './application/accept-start-session.js';
import { AcceptStopSession } from './application/accept-stop-session.js';
import { CompleteCommand } from './application/complete-command.js';
import { FollowCharge } from './application/follow-charge.js';
import { PendingCommands } from './application/pending-commands.js';
import { PromiseCommand } from './application/promise-command.js';
import { StopAtLimit } from './application/stop-at-limit.js';
import { StopCharge } from './application/stop-charge.js';
import { ProjectionsConsumer } from './consumers/projections.consumer.js';
import { CommandsBackOfficeController } from './http/commands.back-office-controller.js';
import { CommandsOcpiController } from './http/commands.ocpi-controller.js';
import { SweepDeadlines } from './jobs/sweep-deadlines.js';
import { CommandRepository } from './store/command-repository.js';
import { Projections } from './store/projections.js';

@Module({
  controllers: [CommandsOcpiController, CommandsBackOfficeController, ProjectionsConsumer, UnservedOcpiController],
  providers: [
    AcceptStartSession,
    AcceptStopSession,
    CompleteCommand,
    FollowCharge,
    PendingCommands,
    PromiseCommand,
    StopAtLimit,
    StopCharge,
    SweepDeadlines,
    CommandRepository,
    Projections,
  ],
})
export class CommandsModule {}
