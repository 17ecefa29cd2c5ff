import { Injectable } from '@nestjs/common';
import type { Transaction } from '@voltap/platform/persistence';
import type { StartCommand } from '../domain/session-record.js';
import { SessionRepository } from '../store/session-repository.js';
import { ReportSession } from './report-session.js';

/** A start command became known: the reports that waited for it become its session. */
@Injectable()
export class BindReports {
  constructor(
    private readonly sessions: SessionRepository,
    private readonly reportSession: ReportSession,
  ) {}

  async execute(transaction: Transaction, { commandId, idTag }: StartCommand): Promise<void> {
    for (const { report, ...unbound } of await this.sessions.takeUnbound(transaction, commandId, idTag)) {
      await this.reportSession.within(transaction, { ...unbound, session: report });
    }
  }
}
