import { Controller } from '@nestjs/common';
import { type SessionView, sessionsEndpoints } from '@voltap/contracts/back-office';
import { VoltapError } from '@voltap/kernel';
import {
  decodeCursor,
  encodeCursor,
  partyParameter,
  pathParameter,
  RestEndpoint,
  RestRequest,
  type RestRequestOf,
} from '@voltap/platform/rest';
import { ReportSession } from '../application/report-session.js';
import { SessionRepository, type StoredSession } from '../store/session-repository.js';

/** Sessions as the charging back-end reports them and the operator sees them. */
@Controller()
export class SessionsBackOfficeController {
  constructor(
    private readonly reportSession: ReportSession,
    private readonly sessions: SessionRepository,
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
