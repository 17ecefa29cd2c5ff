import { Inject, Injectable } from '@nestjs/common';
import { sessionChanged, sessionEnded } from '@voltap/contracts/events';
import { Clock, event, objectKey, type Party, VoltapError } from '@voltap/kernel';
import { Outbox } from '@voltap/platform/messaging';
import { Database, type Transaction } from '@voltap/platform/persistence';
import { applyReport, type SessionReport } from '../domain/apply-report.js';
import { frozenLocation } from '../domain/frozen-location.js';
import { sessionCost } from '../domain/session-cost.js';
import { type FrozenTerms, isFinal, type SessionRecord, type StartCommand } from '../domain/session-record.js';
import { type SessionsConfig, sessionsConfig } from '../sessions.config.js';
import { Projections } from '../store/projections.js';
import { SessionRepository, type StoredSession } from '../store/session-repository.js';

export interface Report {
  readonly party: Party;
  readonly id: string;
  readonly commandId: string | null;
  readonly idTag: string | null;
  readonly session: SessionReport;
  /** The moment that the report is about; our clock's when the back-end does not say. */
  readonly reportedAt: string;
}

/**
 * The back-end reports a session, whole each time. It is bound to its start command by the command's id or id tag; a
 * report that comes before we know of the command is kept, and bound when we do.
 */
@Injectable()
export class ReportSession {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly sessions: SessionRepository,
    private readonly projections: Projections,
    private readonly clock: Clock,
    @Inject(sessionsConfig.token) private readonly config: SessionsConfig,
  ) {}

  /** @returns null when the report is kept until its command is known. @throws VoltapError, see `applyReport`. */
  execute(report: Report): Promise<StoredSession | null> {
    return this.database.transaction((transaction) => this.within(transaction, report));
  }

  async within(transaction: Transaction, report: Report): Promise<StoredSession | null> {
    const current = await this.sessions.lock(transaction, report.party, report.id);
    const start = current === null ? await this.projections.startCommand(transaction, report) : null;
    const claimsStart = report.commandId !== null || (report.idTag !== null && report.session.cdr_token === undefined);
    if (current === null && start === null && claimsStart) {
      await this.sessions.keepUnbound(transaction, { ...report, report: report.session });
      return null;
    }
    const terms = current?.content ?? (await this.termsOf(transaction, report, start));
    const next = applyReport(current?.content ?? null, report.session, {
      party: report.party,
      id: report.id,
      start,
      terms,
      reportedAt: report.reportedAt,
      defaultCurrency: this.config.VOLTAP_SESSIONS_DEFAULT_CURRENCY,
    });
    if (next === null) return current;
    return this.store(transaction, report, next);
  }

  private async store(transaction: Transaction, report: Report, next: SessionRecord): Promise<StoredSession> {
    const total_cost = sessionCost(next.session, next, report.reportedAt);
    const session = { ...next.session, ...(total_cost === undefined ? {} : { total_cost }) };
    const stored = await this.sessions.write(transaction, report.party, { ...next, session });
    const { content, revision } = stored;
    const { partnerId, commandId, tariff, location, timeZone, signed_data } = content;
    const key = objectKey(report.party, content.session.id);
    await this.outbox.add(
      transaction,
      event(sessionChanged, { key, revision, payload: { partnerId, commandId, session: content.session } }),
      ...(isFinal(content.session.status)
        ? [
            event(sessionEnded, {
              key,
              revision,
              payload: {
                partnerId,
                commandId,
                session: content.session,
                tariff,
                location,
                timeZone,
                signed_data,
                endedAt: this.clock.now().toISOString(),
              },
            }),
          ]
        : []),
    );
    return stored;
  }

  /** Price and place as they are when the session begins; the tariff as it was when the start was promised. */
  private async termsOf(
    transaction: Transaction,
    { party, session }: Report,
    start: StartCommand | null,
  ): Promise<FrozenTerms> {
    const location = await this.projections.location(transaction, party, session.location_id);
    if (location === null) {
      throw new VoltapError(
        'unknown_location',
        `/session/location_id: there is no location ${session.location_id} of this party (yet).`,
        {
          violations: [{ pointer: '/session/location_id', message: 'is not known' }],
        },
      );
    }
    const frozen = frozenLocation(location, session);
    if (frozen === null) {
      throw new VoltapError(
        'invalid_parameter',
        `/session/evse_uid: location ${location.id} has no connector ${session.connector_id} at EVSE ${session.evse_uid}.`,
        {
          violations: [{ pointer: '/session/evse_uid', message: 'is not known together with connector_id' }],
        },
      );
    }
    const tariff = start?.tariff ?? (await this.tariffAt(transaction, party, location, frozen));
    return { tariff, location: frozen, timeZone: location.time_zone };
  }

  private async tariffAt(
    transaction: Transaction,
    party: Party,
    location: {
      readonly evses?: readonly { uid: string; connectors: readonly { id: string; tariff_ids?: string[] }[] }[];
    },
    { evse_uid, connector_id }: { evse_uid: string; connector_id: string },
  ): Promise<FrozenTerms['tariff']> {
    const connector = location.evses
      ?.find(({ uid }) => uid === evse_uid)
      ?.connectors.find(({ id }) => id === connector_id);
    const [tariff] = await this.projections.tariffsOf(transaction, party, connector?.tariff_ids ?? []);
    return tariff ?? null;
  }
}
