import { Inject, Injectable } from '@nestjs/common';
import { sessionChanged, sessionEnded } from '@voltap/contracts/events';
import { Clock, event, objectKey, type Party, VoltapError } from '@voltap/kernel';
import type { Tariff } from '@voltap/ocpi/model';
import { Outbox } from '@voltap/platform/messaging';
import { Database, type Transaction } from '@voltap/platform/persistence';
import {
  applyReport,
  keepReport,
  type ReportContext,
  type ReportedAt,
  type SessionReport,
} from '../domain/apply-report.js';
import { limitReached } from '../domain/charge-limit.js';
import { frozenLocation } from '../domain/frozen-location.js';
import { sessionCost } from '../domain/session-cost.js';
import { type FrozenTerms, isFinal, type SessionRecord, type StartCommand } from '../domain/session-record.js';
import { type SessionsConfig, sessionsConfig } from '../sessions.config.js';
import { Projections } from '../store/projections.js';
import { SessionRepository, type StoredSession, type UnboundReport } from '../store/session-repository.js';

export interface Report {
  readonly party: Party;
  readonly id: string;
  readonly commandId: string | null;
  readonly idTag: string | null;
  readonly session: SessionReport;
  /** The moment that the report is about; null when the back-end does not say. */
  readonly reportedAt: string | null;
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
    await this.projections.lockStart(transaction, report);
    const current = await this.sessions.lock(transaction, report.party, report.id);
    const reportedAt = this.momentOf(report);
    if (current === null) return this.begin(transaction, report, reportedAt);
    const next = this.apply(current.content, report, { start: null, terms: current.content, reportedAt });
    return next === null ? current : this.store(transaction, report, next, reportedAt);
  }

  /** The first report of a session that is bound to a start or needs none; else it is kept. */
  private async begin(transaction: Transaction, report: Report, reportedAt: ReportedAt): Promise<StoredSession | null> {
    const kept = await this.sessions.findUnbound(transaction, report.party, report.id);
    const whole: Report = {
      ...report,
      id: kept?.id ?? report.id,
      commandId: report.commandId ?? kept?.commandId ?? null,
      idTag: report.idTag ?? kept?.idTag ?? null,
      session: kept === null ? report.session : keepReport(kept.report, report.session, reportedAt),
    };
    const start = await this.projections.startCommand(transaction, whole);
    const claimsStart = whole.commandId !== null || (whole.idTag !== null && whole.session.cdr_token === undefined);
    if (start === null && claimsStart) {
      const unbound = keepReport(null, whole.session, reportedAt);
      await this.sessions.keepUnbound(transaction, { ...whole, report: unbound, reportedAt: reportedAt.at });
      return null;
    }
    return this.beginWith(transaction, whole, start, reportedAt);
  }

  /** A session from the report that was kept of it, now that its start command is known. @throws as `execute`. */
  async bind(transaction: Transaction, { report, ...unbound }: UnboundReport, start: StartCommand): Promise<void> {
    const moment = { at: unbound.reportedAt, stated: false };
    await this.beginWith(transaction, { ...unbound, session: report }, start, moment);
  }

  private async beginWith(
    transaction: Transaction,
    report: Report,
    start: StartCommand | null,
    reportedAt: ReportedAt,
  ): Promise<StoredSession> {
    const terms = await this.termsOf(transaction, report, start);
    const next = this.apply(null, report, { start, terms, reportedAt });
    if (next === null) throw new Error(`session ${report.id} began with nothing`);
    await this.sessions.forgetUnbound(transaction, report.party, report.id);
    return this.store(transaction, report, next, reportedAt);
  }

  private momentOf({ reportedAt }: Report): ReportedAt {
    return { at: reportedAt ?? this.clock.now().toISOString(), stated: reportedAt !== null };
  }

  private apply(
    current: SessionRecord | null,
    { party, id, session }: Report,
    context: Pick<ReportContext, 'start' | 'terms' | 'reportedAt'>,
  ): SessionRecord | null {
    const defaultCurrency = this.config.VOLTAP_SESSIONS_DEFAULT_CURRENCY;
    return applyReport(current, session, { party, id, defaultCurrency, ...context });
  }

  private async store(
    transaction: Transaction,
    report: Report,
    next: SessionRecord,
    reportedAt: ReportedAt,
  ): Promise<StoredSession> {
    const total_cost = sessionCost(next.session, next, reportedAt.at);
    const session = { ...next.session, ...(total_cost === undefined ? {} : { total_cost }) };
    const stored = await this.sessions.write(transaction, report.party, { ...next, session });
    const { content, revision } = stored;
    const { partnerId, commandId, tariff, location, timeZone, signed_data } = content;
    const stop = limitReached(content, total_cost, this.config.VOLTAP_SESSIONS_LIMIT_MARGIN_PERCENT);
    const key = objectKey(report.party, content.session.id);
    await this.outbox.add(
      transaction,
      event(sessionChanged, {
        key,
        revision,
        payload: { partnerId, commandId, session: content.session, ...(stop && { limitReached: true }) },
      }),
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
    if (typeof frozen === 'string') {
      const message = `${session[frozen]} is not known at location ${location.id}`;
      throw new VoltapError('invalid_parameter', `/session/${frozen}: ${message}.`, {
        violations: [{ pointer: `/session/${frozen}`, message }],
      });
    }
    const wanted = start === null ? 'REGULAR' : 'AD_HOC_PAYMENT';
    const tariff = start?.tariff ?? (await this.tariffAt(transaction, party, location, frozen, wanted));
    return { tariff, location: frozen, timeZone: location.time_zone };
  }

  private async tariffAt(
    transaction: Transaction,
    party: Party,
    location: {
      readonly evses?: readonly { uid: string; connectors: readonly { id: string; tariff_ids?: string[] }[] }[];
    },
    { evse_uid, connector_id }: { evse_uid: string; connector_id: string },
    wanted: Tariff['type'],
  ): Promise<FrozenTerms['tariff']> {
    const connector = location.evses
      ?.find(({ uid }) => uid === evse_uid)
      ?.connectors.find(({ id }) => id === connector_id);
    const tariffs = await this.projections.tariffsOf(transaction, party, connector?.tariff_ids ?? []);
    const ofType = (type: Tariff['type']) => tariffs.find(({ tariff }) => tariff.type === type);
    return ofType(wanted) ?? ofType(undefined) ?? tariffs[0] ?? null;
  }
}
