import { Controller, Inject } from '@nestjs/common';
import { type SessionView, sessionsEndpoints, type UnboundReportRecord } from '@voltap/contracts/back-office';
import { VoltapError } from '@voltap/kernel';
import {
  decodeCursor,
  decodePosition,
  encodeCursor,
  partyParameter,
  pathParameter,
  RestEndpoint,
  RestRequest,
  type RestRequestOf,
} from '@voltap/platform/rest';
import { z } from 'zod';
import { ReportSession } from '../application/report-session.js';
import { type SessionsConfig, sessionsConfig } from '../sessions.config.js';
import { type KeptReport, SessionRepository, type StoredSession } from '../store/session-repository.js';

const unboundPositionSchema = z.object({ keptSince: z.iso.datetime(), id: z.string() });
const DAY_MS = 24 * 60 * 60 * 1000;

/** Sessions as the charging back-end reports them and the operator sees them. */
@Controller()
export class SessionsBackOfficeController {
  constructor(
    private readonly reportSession: ReportSession,
    private readonly sessions: SessionRepository,
    @Inject(sessionsConfig.token) private readonly config: SessionsConfig,
  ) {}

  @RestEndpoint(sessionsEndpoints.report)
  async report(@RestRequest() { params, body }: RestRequestOf<typeof sessionsEndpoints.report>): Promise<SessionView> {
    const commandId = body.commandId ?? null;
    const stored = await this.reportSession.execute({
      party: partyParameter(params),
      id: sessionId(params),
      commandId,
      idTag: body.idTag ?? null,
      session: body.session,
      reportedAt: body.reportedAt ?? null,
    });
    if (stored !== null) return viewOf(stored);
    return { revision: 0, bound: false, partnerId: null, commandId, session: null, orphan: null };
  }

  @RestEndpoint(sessionsEndpoints.list)
  async list(
    @RestRequest() { query }: RestRequestOf<typeof sessionsEndpoints.list>,
  ): Promise<{ items: SessionView[]; next: string | null }> {
    const { items, next } = await this.sessions.list({
      scopes: await this.sessions.scopes(),
      limit: query.limit,
      position: decodeCursor(query.cursor),
    });
    return { items: items.map(viewOf), next: next === null ? null : encodeCursor(next) };
  }

  @RestEndpoint(sessionsEndpoints.listUnbound)
  async listUnbound(
    @RestRequest() { query }: RestRequestOf<typeof sessionsEndpoints.listUnbound>,
  ): Promise<{ items: UnboundReportRecord[]; next: string | null }> {
    const after = decodePosition(unboundPositionSchema, query.cursor) ?? null;
    const rows = await this.sessions.listUnbound(query.limit + 1, after);
    const items = rows.slice(0, query.limit);
    const last = items.at(-1);
    const more = rows.length > query.limit && last !== undefined;
    const days = this.config.VOLTAP_SESSIONS_UNBOUND_DAYS;
    return {
      items: items.map((kept) => unboundRecordOf(kept, days)),
      next: more ? encodeCursor({ keptSince: last.keptSince.toISOString(), id: last.id.toUpperCase() }) : null,
    };
  }

  @RestEndpoint(sessionsEndpoints.read)
  async read(@RestRequest() { params }: RestRequestOf<typeof sessionsEndpoints.read>): Promise<SessionView> {
    const id = pathParameter(params, 'id');
    const stored = await this.sessions.find(partyParameter(params), id);
    if (stored === null) throw new VoltapError('not_found', `There is no session ${id} of this party.`);
    return viewOf(stored);
  }
}

/** @throws VoltapError invalid_parameter: session ids are CiString(36). */
function sessionId(params: Readonly<Record<string, string>>): string {
  const id = pathParameter(params, 'id');
  if (/^[\x21-\x7e]{1,36}$/.test(id)) return id;
  throw new VoltapError('invalid_parameter', 'path/id: a session id has 1 to 36 printable ASCII characters.', {
    violations: [{ pointer: 'path/id', message: '1 to 36 printable ASCII characters' }],
  });
}

function viewOf({ revision, content }: StoredSession): SessionView {
  const { partnerId, commandId, session, orphan = null } = content;
  return { revision, bound: true, partnerId, commandId, session, orphan };
}

function unboundRecordOf(kept: KeptReport, days: number): UnboundReportRecord {
  const { party, id, commandId, idTag, contestedBy, keptSince, report } = kept;
  return {
    ...party,
    id,
    commandId,
    idTag,
    reason: contestedBy === null ? 'WAITING' : 'CONTESTED',
    contestedBy,
    keptSince: keptSince.toISOString(),
    forgottenAt: new Date(keptSince.getTime() + days * DAY_MS).toISOString(),
    report: { ...report },
  };
}
