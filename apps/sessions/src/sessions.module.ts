import { Module } from '@nestjs/common';
import { UnservedOcpiController } from '@voltap/ocpi/server';
import { BindReports } from './application/bind-reports.js';
import { MarkOrphan } from './application/mark-orphan.js';
import { ReportSession } from './application/report-session.js';
import { StoreSession } from './application/store-session.js';
import { ProjectionsConsumer } from './consumers/projections.consumer.js';
import { SessionsBackOfficeController } from './http/sessions.back-office-controller.js';
import { SessionsOcpiController } from './http/sessions.ocpi-controller.js';
import { ForgetReports } from './jobs/forget-reports.js';
import { Projections } from './store/projections.js';
import { SessionRepository } from './store/session-repository.js';

@Module({
  controllers: [SessionsOcpiController, SessionsBackOfficeController, ProjectionsConsumer, UnservedOcpiController],
  providers: [BindReports, ForgetReports, MarkOrphan, ReportSession, StoreSession, Projections, SessionRepository],
})
export class SessionsModule {}
