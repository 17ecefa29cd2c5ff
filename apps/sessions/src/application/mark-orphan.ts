import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '@voltap/kernel';
import type { Transaction } from '@voltap/platform/persistence';
import { LOGGER, type Logger } from '@voltap/platform/telemetry';
import { isFinal } from '../domain/session-record.js';
import { Projections } from '../store/projections.js';
import { SessionRepository } from '../store/session-repository.js';
import { StoreSession } from './store-session.js';

/**
 * A start has failed as far as its partner knows, and a session has it already: the charge is an orphan from now on. What
 * was billed before we heard of it stays billed, and is logged.
 */
@Injectable()
export class MarkOrphan {
  constructor(
    private readonly sessions: SessionRepository,
    private readonly projections: Projections,
    private readonly storeSession: StoreSession,
    private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** While neither the start nor its session is known, nothing is to be marked: whoever comes looks at the outcome. */
  async execute(transaction: Transaction, commandId: string): Promise<void> {
    await this.projections.lockStart(transaction, { commandId, idTag: null });
    const start = await this.projections.startCommandById(transaction, commandId);
    if (start === null) return;
    // A report may name the id tag alone.
    await this.projections.lockStart(transaction, { commandId: null, idTag: start.idTag });
    const bound = await this.sessions.boundTo(transaction, commandId);
    if (bound === null) return;
    const current = await this.sessions.lock(transaction, bound.party, bound.id);
    const orphan = await this.projections.orphanOf(transaction, start);
    if (current === null || orphan === null || (current.content.orphan ?? null) !== null) return;
    const { session, reportedAt } = current.content;
    this.logger.warn({ sessionId: session.id, commandId, orphan, status: session.status }, 'a charge is an orphan');
    if (isFinal(session.status)) return;
    const moment = reportedAt ?? this.clock.now().toISOString();
    await this.storeSession.execute(transaction, bound.party, { ...current.content, orphan }, moment);
  }
}
