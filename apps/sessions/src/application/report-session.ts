import { Inject, Injectable } from '@nestjs/common';
import { Clock, type Party, VoltapError } from '@voltap/kernel';
import type { Tariff } from '@voltap/ocpi/model';
import { isTariffValid } from '@voltap/ocpi/pricing';
import { Database, type Transaction } from '@voltap/platform/persistence';
import { LOGGER, type Logger } from '@voltap/platform/telemetry';
import {
  applyReport,
  keepReport,
  type ReportContext,
  type ReportedAt,
  type SessionReport,
} from '../domain/apply-report.js';
import { frozenLocation } from '../domain/frozen-location.js';
import { type FrozenTerms, isFinal, type SessionRecord, type StartCommand } from '../domain/session-record.js';
import { type SessionsConfig, sessionsConfig } from '../sessions.config.js';
import { Projections } from '../store/projections.js';
import { SessionRepository, type StoredSession, type UnboundReport } from '../store/session-repository.js';
import { StoreSession } from './store-session.js';

export interface Report {
  readonly party: Party;
  readonly id: string;
  readonly commandId: string | null;
  readonly idTag: string | null;
  readonly session: SessionReport;
  /** The moment that the report is about; null when the back-end does not say. */
  readonly reportedAt: string | null;
}

/** What a report became: a session, or null while it is kept; or kept for good, since another session has its start. */
type Reported = { readonly stored: StoredSession | null } | { readonly contestedBy: string };

/**
 * The back-end reports a session, whole each time. It is bound to its start command by the command's id or id tag; a
 * report that comes before we know of the command is kept, and bound when we do.
 */
@Injectable()
export class ReportSession {
  constructor(
    private readonly database: Database,
    private readonly sessions: SessionRepository,
    private readonly projections: Projections,
    private readonly storeSession: StoreSession,
    private readonly clock: Clock,
    @Inject(sessionsConfig.token) private readonly config: SessionsConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * @returns null when the report is kept until its command is known.
   * @throws VoltapError, see `applyReport`; conflict when another session has its start: the report is kept for the operator.
   */
  async execute(report: Report): Promise<StoredSession | null> {
    const reported = await this.database.transaction((transaction) => this.within(transaction, report));
    if ('stored' in reported) return reported.stored;
    const { id, commandId, idTag } = report;
    this.logger.warn({ sessionId: id, commandId, idTag, ...reported }, 'a second session claims a start');
    throw new VoltapError(
      'conflict',
      `The start of session ${id} has session ${reported.contestedBy} already, and one start is paid once; the report was kept for the operator.`,
    );
  }

  private async within(transaction: Transaction, report: Report): Promise<Reported> {
    await this.projections.lockStart(transaction, report);
    const current = await this.sessions.lock(transaction, report.party, report.id);
    const reportedAt = this.momentOf(report);
    if (current === null) return this.begin(transaction, report, reportedAt);
    const start = await this.startOfReserved(transaction, report, current);
    const orphan = start === null ? null : await this.projections.orphanOf(transaction, start);
    const next = this.apply(current.content, report, { start, orphan, terms: current.content, reportedAt });
    if (next === null) return { stored: current };
    return { stored: await this.storeSession.execute(transaction, report.party, next, reportedAt.at) };
  }

  /** A reservation that is used goes on under its start, whose payment it is, from the first report after both are known. */
  private async startOfReserved(
    transaction: Transaction,
    report: Report,
    { content: { session, partnerId, commandId } }: StoredSession,
  ): Promise<StartCommand | null> {
    if (isFinal(session.status) || commandId === null) return null;
    const bound = await this.projections.startCommandById(transaction, commandId);
    if (bound?.type !== 'RESERVE_NOW') return null;
    const start = await this.projections.startCommand(transaction, report);
    if (start?.type !== 'START_SESSION' || start.partnerId !== partnerId) return null;
    const holder = await this.sessions.claimStart(transaction, start.commandId, report.party, report.id);
    return holder.id.toUpperCase() === report.id.toUpperCase() ? start : null;
  }

  /** The first report of a session that is bound to a start or needs none; else it is kept. */
  private async begin(transaction: Transaction, report: Report, reportedAt: ReportedAt): Promise<Reported> {
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
    const keep = async (contestedBy: string | null): Promise<void> => {
      const unbound = keepReport(null, whole.session, reportedAt);
      await this.sessions.keepUnbound(transaction, {
        ...whole,
        report: unbound,
        reportedAt: reportedAt.at,
        contestedBy,
      });
    };
    if (start === null && claimsStart) {
      await keep(null);
      return { stored: null };
    }
    const begun = await this.beginWith(transaction, whole, start, reportedAt);
    if ('contestedBy' in begun) await keep(begun.contestedBy);
    return begun;
  }

  /**
   * A session from the report that was kept of it, now that its start command is known; the report stays when another
   * session has the start. @throws as `execute`.
   */
  async bind(transaction: Transaction, unbound: UnboundReport, start: StartCommand): Promise<void> {
    const { report, ...rest } = unbound;
    const moment = { at: unbound.reportedAt, stated: false };
    const bound = await this.beginWith(transaction, { ...rest, session: report }, start, moment);
    if ('stored' in bound) return;
    this.logger.warn(
      { sessionId: unbound.id, commandId: start.commandId, ...bound },
      'a second session claims a start',
    );
    await this.sessions.keepUnbound(transaction, { ...unbound, contestedBy: bound.contestedBy });
  }

  private async beginWith(
    transaction: Transaction,
    report: Report,
    start: StartCommand | null,
    reportedAt: ReportedAt,
  ): Promise<Reported> {
    const orphan = start === null ? null : await this.projections.orphanOf(transaction, start);
    const terms = await this.termsOf(transaction, report, start);
    const next = this.apply(null, report, { start, orphan, terms, reportedAt });
    if (next === null) throw new Error(`session ${report.id} began with nothing`);
    // Last, so that a report which cannot become a session takes no start from one that can.
    if (start !== null) {
      const holder = await this.sessions.claimStart(transaction, start.commandId, report.party, report.id);
      if (holder.id.toUpperCase() !== report.id.toUpperCase()) return { contestedBy: holder.id };
    }
    await this.sessions.forgetUnbound(transaction, report.party, report.id);
    return { stored: await this.storeSession.execute(transaction, report.party, next, reportedAt.at) };
  }

  private momentOf({ reportedAt }: Report): ReportedAt {
    return { at: reportedAt ?? this.clock.now().toISOString(), stated: reportedAt !== null };
  }

  private apply(
    current: SessionRecord | null,
    { party, id, session }: Report,
    context: Pick<ReportContext, 'start' | 'orphan' | 'terms' | 'reportedAt'>,
  ): SessionRecord | null {
    const defaultCurrency = this.config.VOLTAP_SESSIONS_DEFAULT_CURRENCY;
    return applyReport(current, session, { party, id, defaultCurrency, ...context });
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
    const at = new Date(session.start_date_time);
    const partnerId = start?.partnerId ?? null;
    const tariff = start?.tariff ?? (await this.tariffAt(transaction, party, location, frozen, { partnerId, at }));
    return { tariff, location: frozen, timeZone: location.time_zone };
  }

  private async tariffAt(
    transaction: Transaction,
    party: Party,
    location: {
      readonly evses?: readonly { uid: string; connectors: readonly { id: string; tariff_ids?: string[] }[] }[];
    },
    { evse_uid, connector_id }: { evse_uid: string; connector_id: string },
    { partnerId, at }: { partnerId: string | null; at: Date },
  ): Promise<FrozenTerms['tariff']> {
    const connector = location.evses
      ?.find(({ uid }) => uid === evse_uid)
      ?.connectors.find(({ id }) => id === connector_id);
    const known = await this.projections.tariffsOf(transaction, party, connector?.tariff_ids ?? [], partnerId);
    const valid = known.filter(({ tariff }) => isTariffValid(tariff, at));
    const ofType = (type: Tariff['type']) => valid.find(({ tariff }) => tariff.type === type);
    // Who paid at a terminal is billed by what a terminal shows, or not at all.
    if (partnerId !== null) return ofType('AD_HOC_PAYMENT') ?? ofType(undefined) ?? null;
    return ofType('REGULAR') ?? ofType(undefined) ?? valid[0] ?? null;
  }
}
