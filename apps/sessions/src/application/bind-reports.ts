import { Inject, Injectable } from '@nestjs/common';
import { isRetryable, sameParty } from '@voltap/kernel';
import type { Location } from '@voltap/ocpi/model';
import type { Transaction } from '@voltap/platform/persistence';
import { LOGGER, type Logger } from '@voltap/platform/telemetry';
import type { StartCommand } from '../domain/session-record.js';
import { Projections } from '../store/projections.js';
import { SessionRepository, type UnboundReport } from '../store/session-repository.js';
import { ReportSession } from './report-session.js';

/**
 * Reports that wait become their sessions as soon as both start command and place are known, in whatever order they come.
 * One that contradicts what is known goes on waiting, for better knowledge or a better report: it must not hold up the
 * command, which the rest of the charge depends on.
 */
@Injectable()
export class BindReports {
  constructor(
    private readonly sessions: SessionRepository,
    private readonly projections: Projections,
    private readonly reportSession: ReportSession,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async ofCommand(transaction: Transaction, start: StartCommand): Promise<void> {
    for (const unbound of await this.sessions.unboundOf(transaction, start.commandId, start.idTag)) {
      const claims =
        unbound.commandId !== null || start.type === 'START_SESSION' || unbound.report.status === 'RESERVATION';
      if (claims && sameParty(unbound.party, start)) await this.bind(transaction, unbound, start);
    }
  }

  async atLocation(transaction: Transaction, location: Location): Promise<void> {
    for (const unbound of await this.sessions.unboundAt(transaction, location)) {
      await this.projections.lockStart(transaction, unbound);
      const start = await this.projections.startCommand(transaction, { ...unbound, session: unbound.report });
      if (start !== null) await this.bind(transaction, unbound, start);
    }
  }

  private async bind(transaction: Transaction, { party, id }: UnboundReport, start: StartCommand): Promise<void> {
    const current = await this.sessions.lock(transaction, party, id);
    const unbound = await this.sessions.findUnbound(transaction, party, id);
    // Another may have bound it while this one waited for the lock.
    if (current !== null || unbound === null) return;
    try {
      await this.reportSession.bind(transaction, unbound, start);
    } catch (error) {
      if (isRetryable(error)) throw error;
      this.logger.warn(
        { error, sessionId: id, commandId: start.commandId },
        'a report cannot be bound to its start yet',
      );
    }
  }
}
