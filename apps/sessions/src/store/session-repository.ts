import { Injectable } from '@nestjs/common';
import { type Party, partyKey } from '@voltap/kernel';
import type { Location } from '@voltap/ocpi/model';
import {
  Database,
  DocumentTable,
  type Listing,
  type ListingQuery,
  listDocuments,
  listTexts,
  type StoredDocument,
  type TextListing,
  type Transaction,
} from '@voltap/platform/persistence';
import type { SessionReport } from '../domain/apply-report.js';
import type { SessionRecord } from '../domain/session-record.js';

export type StoredSession = StoredDocument<SessionRecord>;

/** Audience of sessions that no connected partner started: no partner has this id. */
const NOBODY = '-';

export interface UnboundReport {
  readonly party: Party;
  readonly id: string;
  readonly commandId: string | null;
  readonly idTag: string | null;
  readonly report: SessionReport;
  /** RFC 3339. */
  readonly reportedAt: string;
  /** The session that has the start which this report claims as well. */
  readonly contestedBy: string | null;
}

/** A report that is kept, and since when it has not been reported anew. */
export interface KeptReport extends UnboundReport {
  readonly keptSince: Date;
}

/** Which session a start has. */
export interface StartBinding {
  readonly party: Party;
  readonly id: string;
}

/** Sessions, and reports about charges whose start command is not known yet. */
@Injectable()
export class SessionRepository {
  private readonly table = new DocumentTable<SessionRecord>('session', (record, lastUpdated) => ({
    ...record,
    session: { ...record.session, last_updated: lastUpdated.toISOString() },
  }));

  constructor(private readonly database: Database) {}

  /** The session under a lock; while there is none, the lock is on its id, so that two reports at once are one session. */
  async lock(transaction: Transaction, party: Party, id: string): Promise<StoredSession | null> {
    await transaction.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [
      `session ${partyKey(party)} ${id.toUpperCase()}`,
    ]);
    return this.table.lock(transaction, partyKey(party), id);
  }

  find(party: Party, id: string): Promise<StoredSession | null> {
    return this.table.find(this.database.reader, partyKey(party), id);
  }

  write(transaction: Transaction, party: Party, record: SessionRecord): Promise<StoredSession> {
    return this.table.write(transaction, partyKey(party), record.session.id, record, {
      audience: record.partnerId ?? NOBODY,
    });
  }

  list(query: ListingQuery): Promise<Listing<SessionRecord>> {
    return listDocuments(this.database, this.table, query);
  }

  /** As they go to partners. */
  listTexts(query: ListingQuery): Promise<TextListing> {
    return listTexts(this.database, this.table, query, 'session');
  }

  async scopes(): Promise<string[]> {
    const rows: { scope: string }[] = await this.database.reader.query('select distinct scope from session');
    return rows.map(({ scope }) => scope);
  }

  /**
   * Gives a start to a session, unless another has it: then the claim of the second changes nothing, for ever.
   * @returns which session has it.
   */
  async claimStart(transaction: Transaction, commandId: string, party: Party, id: string): Promise<StartBinding> {
    const rows: BindingRow[] = await transaction.query(
      `insert into start_binding (command_id, scope, session_id) values ($1, $2, $3)
       on conflict (command_id) do update set command_id = excluded.command_id returning scope, session_id`,
      [commandId, partyKey(party), id],
    );
    if (rows[0] === undefined) throw new Error(`start ${commandId} was not claimed`);
    return bindingOf(rows[0]);
  }

  async boundTo(transaction: Transaction, commandId: string): Promise<StartBinding | null> {
    const rows: BindingRow[] = await transaction.query('select * from start_binding where command_id = $1', [
      commandId,
    ]);
    return rows[0] === undefined ? null : bindingOf(rows[0]);
  }

  /** The report that is kept of a charge whose command is not known yet. */
  async findUnbound(transaction: Transaction, party: Party, id: string): Promise<UnboundReport | null> {
    const rows: UnboundRow[] = await transaction.query(
      'select * from unbound_report where scope = $1 and id = $2',
      unboundKey(party, id),
    );
    return rows[0] === undefined ? null : unboundOf(rows[0]);
  }

  async keepUnbound(transaction: Transaction, unbound: UnboundReport): Promise<void> {
    await transaction.query(
      `insert into unbound_report (scope, id, command_id, id_tag, report, reported_at, session_id, contested_by)
       values ($1, $2, $3, $4, $5, $6, $7, $8)
       on conflict (scope, id) do update set command_id = excluded.command_id, id_tag = excluded.id_tag,
         report = excluded.report, reported_at = excluded.reported_at, contested_by = excluded.contested_by,
         kept_since = case when unbound_report.report = excluded.report then unbound_report.kept_since
           else excluded.kept_since end`,
      [
        ...unboundKey(unbound.party, unbound.id),
        unbound.commandId,
        unbound.idTag,
        JSON.stringify(unbound.report),
        unbound.reportedAt,
        unbound.id,
        unbound.contestedBy,
      ],
    );
  }

  async forgetUnbound(transaction: Transaction, party: Party, id: string): Promise<void> {
    await transaction.query('delete from unbound_report where scope = $1 and id = $2', unboundKey(party, id));
  }

  /** Oldest first. */
  async listUnbound(limit: number, after: { keptSince: string; id: string } | null): Promise<KeptReport[]> {
    const rows: UnboundRow[] = await this.database.reader.query(
      `select * from unbound_report where $2::timestamptz is null or (kept_since, id) > ($2::timestamptz, $3)
       order by kept_since, id limit $1`,
      [limit, after?.keptSince ?? null, after?.id ?? null],
    );
    return rows.map((row) => ({ ...unboundOf(row), keptSince: row.kept_since }));
  }

  /** Forgets what has waited for so many days. @returns what was forgotten. */
  async pruneUnbound(days: number, limit: number): Promise<KeptReport[]> {
    const [rows]: [UnboundRow[], number] = await this.database.reader.query(
      `delete from unbound_report u using (
         select scope, id from unbound_report where kept_since < clock_timestamp() - $1 * interval '1 day'
         order by kept_since limit $2 for update skip locked) old
       where u.scope = old.scope and u.id = old.id returning u.*`,
      [days, limit],
    );
    return rows.map((row) => ({ ...unboundOf(row), keptSince: row.kept_since }));
  }

  async countUnbound(): Promise<{ waiting: number; contested: number }> {
    const [row]: { waiting: number; contested: number }[] = await this.database.reader.query(
      `select count(*) filter (where contested_by is null)::int as waiting,
         count(*) filter (where contested_by is not null)::int as contested from unbound_report`,
    );
    return row ?? { waiting: 0, contested: 0 };
  }

  /** Reports that wait for a command; the charge that began first comes first. */
  async unboundOf(transaction: Transaction, commandId: string, idTag: string): Promise<UnboundReport[]> {
    const rows: UnboundRow[] = await transaction.query(
      `select * from unbound_report where contested_by is null
         and (command_id = $1 or (command_id is null and id_tag = $2))
       order by (report ->> 'start_date_time')::timestamptz, kept_since, id`,
      [commandId, idTag],
    );
    return rows.map(unboundOf);
  }

  /** Reports from a place that wait for their command, or for the place itself. */
  async unboundAt(transaction: Transaction, { country_code, party_id, id }: Location): Promise<UnboundReport[]> {
    const rows: UnboundRow[] = await transaction.query(
      `select * from unbound_report where scope = $1 and upper(report ->> 'location_id') = $2
         and contested_by is null order by id`,
      unboundKey({ country_code, party_id }, id),
    );
    return rows.map(unboundOf);
  }
}

interface UnboundRow {
  readonly scope: string;
  readonly session_id: string;
  readonly command_id: string | null;
  readonly id_tag: string | null;
  readonly report: SessionReport;
  readonly reported_at: Date;
  readonly contested_by: string | null;
  readonly kept_since: Date;
}

interface BindingRow {
  readonly scope: string;
  readonly session_id: string;
}

function bindingOf({ scope, session_id }: BindingRow): StartBinding {
  return { party: partyOfScope(scope), id: session_id };
}

function partyOfScope(scope: string): Party {
  const [country_code = '', party_id = ''] = scope.split('*');
  return { country_code, party_id };
}

/** Ids compare without case. */
function unboundKey(party: Party, id: string): [string, string] {
  return [partyKey(party), id.toUpperCase()];
}

function unboundOf({ scope, session_id, command_id, id_tag, report, ...row }: UnboundRow): UnboundReport {
  return {
    party: partyOfScope(scope),
    id: session_id,
    commandId: command_id,
    idTag: id_tag,
    report,
    reportedAt: row.reported_at.toISOString(),
    contestedBy: row.contested_by,
  };
}
