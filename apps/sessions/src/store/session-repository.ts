import { Injectable } from '@nestjs/common';
import { type Party, partyKey } from '@voltap/kernel';
import {
  Database,
  DocumentTable,
  type Listing,
  type ListingQuery,
  listDocuments,
  type StoredDocument,
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
  readonly reportedAt: string;
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

  async scopes(): Promise<string[]> {
    const rows: { scope: string }[] = await this.database.reader.query('select distinct scope from session');
    return rows.map(({ scope }) => scope);
  }

  /** Keeps the newest report of a charge until its command is known. */
  async keepUnbound(transaction: Transaction, unbound: UnboundReport): Promise<void> {
    await transaction.query(
      `insert into unbound_report (scope, id, command_id, id_tag, report, reported_at) values ($1, $2, $3, $4, $5, $6)
       on conflict (scope, id) do update set command_id = excluded.command_id, id_tag = excluded.id_tag,
         report = excluded.report, reported_at = excluded.reported_at`,
      [
        partyKey(unbound.party),
        unbound.id,
        unbound.commandId,
        unbound.idTag,
        JSON.stringify(unbound.report),
        unbound.reportedAt,
      ],
    );
  }

  /** Takes the reports that wait for a command. */
  async takeUnbound(transaction: Transaction, commandId: string, idTag: string): Promise<UnboundReport[]> {
    const [rows]: [
      {
        scope: string;
        id: string;
        command_id: string | null;
        id_tag: string | null;
        report: SessionReport;
        reported_at: Date;
      }[],
      number,
    ] = await transaction.query('delete from unbound_report where command_id = $1 or id_tag = $2 returning *', [
      commandId,
      idTag,
    ]);
    return rows.map((row) => {
      const [country_code = '', party_id = ''] = row.scope.split('*');
      return {
        party: { country_code, party_id },
        id: row.id,
        commandId: row.command_id,
        idTag: row.id_tag,
        report: row.report,
        reportedAt: row.reported_at.toISOString(),
      };
    });
  }
}
