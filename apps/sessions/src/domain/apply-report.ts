import { type Party, sameJson, VoltapError } from '@voltap/kernel';
import type { AuthMethod, CdrToken, ChargingPeriod, Session, SessionStatus, SignedData } from '@voltap/ocpi/model';
import { derivePeriods } from './derive-periods.js';
import { reservedAfter } from './reservation.js';
import { type FrozenTerms, isFinal, type Orphan, type SessionRecord, type StartCommand } from './session-record.js';
import { unknownFields } from './unknown-fields.js';

/** What the back-end reports of a session: the whole state each time. */
export interface SessionReport {
  readonly status: SessionStatus;
  readonly start_date_time: string;
  readonly end_date_time?: string;
  readonly kwh: number;
  readonly location_id: string;
  readonly evse_uid: string;
  readonly connector_id: string;
  readonly meter_id?: string;
  readonly currency?: string;
  readonly charging_periods?: ChargingPeriod[];
  readonly signed_data?: SignedData;
  readonly cdr_token?: CdrToken;
  readonly auth_method?: AuthMethod;
}

export interface ReportContext {
  readonly party: Party;
  readonly id: string;
  readonly start: StartCommand | null;
  /** Set when the partner had been told that the start failed, before the session was bound to it. */
  readonly orphan: Orphan | null;
  /** Terms of a session that begins with this report. */
  readonly terms: FrozenTerms;
  readonly reportedAt: ReportedAt;
  readonly defaultCurrency: string;
}

/** The moment that a report is about, and whether the back-end said it; else it is our clock's. */
export interface ReportedAt {
  readonly at: string;
  readonly stated: boolean;
}

const RANK: Readonly<Record<SessionStatus, number>> = {
  RESERVATION: 0,
  PENDING: 1,
  ACTIVE: 2,
  COMPLETED: 3,
  INVALID: 3,
};

/**
 * The session after a report; its cost is put in by the caller.
 * @returns null when the report says what is stored already, or was overtaken by one that says at least as much.
 * @throws VoltapError invalid_parameter naming the field; conflict when the session has ended or would go backwards.
 */
export function applyReport(
  current: SessionRecord | null,
  report: SessionReport,
  context: ReportContext,
): SessionRecord | null {
  assertSane(report);
  const before = current?.session ?? null;
  if (before !== null) assertFollows(before, report);
  if (current !== null && overtaken(current, report, context.reportedAt)) return null;
  const terms: FrozenTerms = current ?? context.terms;
  const orphan = context.orphan ?? current?.orphan ?? null;
  const session: Session = {
    ...before,
    ...unknownFields(report),
    country_code: context.party.country_code,
    party_id: context.party.party_id,
    id: before?.id ?? context.id,
    ...identity(before, report, context),
    start_date_time: report.start_date_time,
    end_date_time: report.end_date_time,
    kwh: report.kwh,
    // By the names under which partners know the place (SES-13).
    location_id: terms.location?.id ?? report.location_id,
    evse_uid: terms.location?.evse_uid ?? report.evse_uid,
    connector_id: terms.location?.connector_id ?? report.connector_id,
    meter_id: report.meter_id ?? before?.meter_id,
    currency: terms.tariff?.tariff.currency ?? report.currency ?? before?.currency ?? context.defaultCurrency,
    charging_periods: periodsOf(before, report, context.reportedAt).map((period) => ({
      ...period,
      tariff_id: period.tariff_id ?? terms.tariff?.tariff.id,
    })),
    // What is not billed is INVALID, whatever flowed.
    status: orphan === 'stop' && report.status === 'COMPLETED' ? 'INVALID' : report.status,
    last_updated: before?.last_updated ?? '',
  };
  const reserved = reservedAfter(current?.reserved, session, context.start);
  const next: SessionRecord = {
    session: withoutAbsent(session),
    // A partner that was told that nothing began does not hear of it; one that has seen it sees its end.
    partnerId: current?.partnerId ?? (orphan === 'stop' ? null : (context.start?.partnerId ?? null)),
    commandId: context.start?.commandId ?? current?.commandId ?? null,
    ...(orphan === null ? {} : { orphan }),
    tariff: terms.tariff,
    location: terms.location,
    timeZone: terms.timeZone,
    ...(reserved !== undefined && { reserved }),
    signed_data: report.signed_data ?? current?.signed_data ?? null,
    reportedAt: context.reportedAt.stated ? context.reportedAt.at : (current?.reportedAt ?? null),
  };
  if (current !== null && sameJson(asReported(current), asReported(next))) return null;
  if (before !== null && isFinal(before.status)) {
    throw ended(before.status);
  }
  return next;
}

/**
 * The report that is kept after a further one while the session's command is not known yet: by the same rules, with the
 * periods of all reports so far.
 * @throws VoltapError as `applyReport`.
 */
export function keepReport(kept: SessionReport | null, report: SessionReport, reportedAt: ReportedAt): SessionReport {
  assertSane(report);
  if (kept !== null) assertFollows(kept, report);
  const next = { ...kept, ...report, charging_periods: periodsOf(kept, report, reportedAt) };
  if (kept !== null && isFinal(kept.status) && !sameJson(kept, next)) throw ended(kept.status);
  return next;
}

function periodsOf(
  before: Pick<SessionReport, 'charging_periods'> | null,
  report: SessionReport,
  reportedAt: ReportedAt,
): ChargingPeriod[] {
  const { charging_periods, start_date_time } = report;
  if (charging_periods !== undefined) return fromTheStart(charging_periods, start_date_time);
  return derivePeriods(before?.charging_periods ?? [], report, reportedAt);
}

/** The first period begins when the session does (CDR-15); what the back-end leaves out is a stretch without energy. */
function fromTheStart(periods: ChargingPeriod[], start_date_time: string): ChargingPeriod[] {
  const [first] = periods;
  if (first === undefined || Date.parse(first.start_date_time) === Date.parse(start_date_time)) return periods;
  return [{ start_date_time, dimensions: [{ type: 'ENERGY', volume: 0 }] }, ...periods];
}

/** Whether a report is older than what is stored, by the back-end's own clock, and tells of no progress. */
function overtaken({ session, reportedAt }: SessionRecord, report: SessionReport, { at, stated }: ReportedAt): boolean {
  const older = stated && reportedAt !== null && Date.parse(at) < Date.parse(reportedAt);
  return older && report.status === session.status && !isFinal(report.status) && report.kwh === session.kwh;
}

/** Whose token it is and how it was let in: from the command that it is bound to now or was before, or as the back-end says (SES-10..12). */
function identity(
  before: Session | null,
  report: SessionReport,
  { start }: ReportContext,
): Pick<Session, 'cdr_token' | 'auth_method' | 'authorization_reference'> {
  if (start !== null && start.token !== null) {
    const { country_code, party_id, uid, type, contract_id } = start.token;
    return {
      cdr_token: { country_code, party_id, uid, type, contract_id },
      auth_method: 'COMMAND',
      authorization_reference: start.authorization_reference ?? before?.authorization_reference,
    };
  }
  if (before !== null) {
    const { cdr_token, auth_method, authorization_reference } = before;
    return { cdr_token, auth_method, authorization_reference };
  }
  if (report.cdr_token === undefined) {
    throw wrong('/session/cdr_token', 'is needed for a charge that no command started; else give commandId or idTag');
  }
  return { cdr_token: report.cdr_token, auth_method: report.auth_method ?? 'WHITELIST' };
}

function assertSane(report: SessionReport): void {
  const { status, start_date_time, end_date_time, charging_periods = [] } = report;
  if (report.kwh < 0 && !feedsBack(report)) throw wrong('/session/kwh', 'is less than 0');
  if (isFinal(status) && end_date_time === undefined) {
    throw wrong('/session/end_date_time', `is needed with status ${status}`);
  }
  if (end_date_time !== undefined && Date.parse(end_date_time) < Date.parse(start_date_time)) {
    throw wrong('/session/end_date_time', 'is before start_date_time');
  }
  let earliest = { at: Date.parse(start_date_time), name: 'start_date_time of the session' };
  for (const [index, period] of charging_periods.entries()) {
    const at = Date.parse(period.start_date_time);
    const pointer = `/session/charging_periods/${index}/start_date_time`;
    if (at < earliest.at) throw wrong(pointer, `is before ${earliest.name}`);
    if (end_date_time !== undefined && at > Date.parse(end_date_time)) throw wrong(pointer, 'is after end_date_time');
    earliest = { at, name: 'that of the period before' };
  }
}

/** Only the periods tell that a vehicle gave energy to the grid (SES-15). */
function feedsBack({ charging_periods = [] }: SessionReport): boolean {
  return charging_periods.some(({ dimensions }) =>
    dimensions.some(
      ({ type, volume }) => (type === 'ENERGY_EXPORT' && volume > 0) || (type === 'ENERGY' && volume < 0),
    ),
  );
}

/** What a report may not contradict, be the session known or kept. */
type Before = Pick<SessionReport, 'status' | 'start_date_time' | 'kwh' | 'location_id' | 'evse_uid' | 'connector_id'>;

function assertFollows(before: Before, report: SessionReport): void {
  if (RANK[report.status] < RANK[before.status]) {
    throw new VoltapError('conflict', `The session is ${before.status} and does not become ${report.status} again.`);
  }
  if (!isFinal(before.status) && report.kwh < before.kwh && !feedsBack(report)) {
    throw wrong('/session/kwh', `is ${report.kwh}, less than the ${before.kwh} reported before`);
  }
  // The creation time is replaced by the time of becoming ACTIVE (SES-09); by that one the charge is priced.
  const begun = before.status === 'ACTIVE' || before.status === 'COMPLETED';
  if (begun && Date.parse(report.start_date_time) !== Date.parse(before.start_date_time)) {
    throw wrong(
      '/session/start_date_time',
      `is ${report.start_date_time}, but the charge began at ${before.start_date_time}`,
    );
  }
  for (const field of ['location_id', 'evse_uid', 'connector_id'] as const) {
    if (report[field].toUpperCase() !== before[field].toUpperCase()) {
      throw wrong(`/session/${field}`, `is ${report[field]}, but the session is at ${before[field]}`);
    }
  }
}

function ended(status: SessionStatus): VoltapError {
  return new VoltapError('conflict', `The session is ${status}; what has ended does not change.`);
}

/** Without what we add. */
function asReported({ reportedAt: _, ...record }: SessionRecord): object {
  const { total_cost: __, last_updated: ___, ...session } = record.session;
  return { ...record, session };
}

function withoutAbsent(session: Session): Session {
  return Object.fromEntries(Object.entries(session).filter(([, value]) => value !== undefined)) as Session;
}

function wrong(pointer: string, message: string): VoltapError {
  return new VoltapError('invalid_parameter', `${pointer}: ${message}.`, { violations: [{ pointer, message }] });
}
