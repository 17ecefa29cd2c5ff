import { Inject, Injectable } from '@nestjs/common';
import { sessionChanged, sessionEnded } from '@voltap/contracts/events';
import { Clock, event, objectKey, type Party } from '@voltap/kernel';
import { Outbox } from '@voltap/platform/messaging';
import type { Transaction } from '@voltap/platform/persistence';
import { limitReached } from '../domain/charge-limit.js';
import { reservationOf } from '../domain/reservation.js';
import { sessionCost } from '../domain/session-cost.js';
import { isFinal, type SessionRecord } from '../domain/session-record.js';
import { type SessionsConfig, sessionsConfig } from '../sessions.config.js';
import { SessionRepository, type StoredSession } from '../store/session-repository.js';

/** Writes a session with its cost as of now, and tells of it in the same commit. */
@Injectable()
export class StoreSession {
  constructor(
    private readonly outbox: Outbox,
    private readonly sessions: SessionRepository,
    private readonly clock: Clock,
    @Inject(sessionsConfig.token) private readonly config: SessionsConfig,
  ) {}

  /** `reportedAt`: the moment that the state is about. */
  async execute(
    transaction: Transaction,
    party: Party,
    next: SessionRecord,
    reportedAt: string,
  ): Promise<StoredSession> {
    const total_cost = sessionCost(next, reportedAt);
    const session = { ...next.session, ...(total_cost === undefined ? {} : { total_cost }) };
    const stored = await this.sessions.write(transaction, party, { ...next, session });
    const { content, revision } = stored;
    const { partnerId, commandId, orphan = null, tariff, location, timeZone, signed_data } = content;
    const key = objectKey(party, content.session.id);
    const stop = limitReached(content, total_cost, this.config.VOLTAP_SESSIONS_LIMIT_MARGIN_PERCENT);
    const changed = { partnerId, commandId, session: content.session, orphan, ...(stop && { limitReached: true }) };
    await this.outbox.add(transaction, event(sessionChanged, { key, revision, payload: changed }));
    if (!isFinal(content.session.status)) return stored;
    const endedAt = this.clock.now().toISOString();
    const reservation = reservationOf(content, content.session.end_date_time ?? endedAt);
    const ended = {
      partnerId,
      commandId,
      session: content.session,
      tariff,
      location,
      timeZone,
      signed_data,
      ...(reservation !== null && { reservation }),
      endedAt,
    };
    await this.outbox.add(transaction, event(sessionEnded, { key, revision, payload: ended }));
    return stored;
  }
}
