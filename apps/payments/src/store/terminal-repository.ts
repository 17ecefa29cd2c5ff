import { Injectable } from '@nestjs/common';
import type { Terminal } from '@voltap/ocpi/model';
import {
  Database,
  DocumentTable,
  type Listing,
  type ListingQuery,
  listDocuments,
  type StoredDocument,
  type Transaction,
} from '@voltap/platform/persistence';
import { Sightings } from '@voltap/platform/pulling';
import type { TerminalRecord } from '../domain/terminal.js';

export type StoredTerminal = StoredDocument<TerminalRecord>;

/** Terminals, each under the partner that told it (PAY-08). */
@Injectable()
export class TerminalRepository {
  private readonly table = new DocumentTable<TerminalRecord>('terminal', (record) => record);

  constructor(
    private readonly database: Database,
    private readonly sightings: Sightings,
  ) {}

  lock(transaction: Transaction, partnerId: string, terminalId: string): Promise<StoredTerminal | null> {
    return this.table.lock(transaction, partnerId, terminalId);
  }

  /** The terminal that its PTP told with this reference, the latest of several. */
  async lockByReference(
    transaction: Transaction,
    partnerId: string,
    reference: string,
  ): Promise<StoredTerminal | null> {
    const rows: { id: string }[] = await transaction.query(
      `select id from terminal where scope = $1 and upper(content #>> '{terminal,reference}') = upper($2) and not removed
       order by last_updated desc limit 1`,
      [partnerId, reference],
    );
    return rows[0] === undefined ? null : this.table.lock(transaction, partnerId, rows[0].id);
  }

  find(partnerId: string, terminalId: string): Promise<StoredTerminal | null> {
    return this.table.find(this.database.reader, partnerId, terminalId);
  }

  write(transaction: Transaction, partnerId: string, record: TerminalRecord): Promise<StoredTerminal> {
    return this.table.write(transaction, partnerId, record.terminal.terminal_id, record, { audience: partnerId });
  }

  list(query: ListingQuery): Promise<Listing<TerminalRecord>> {
    return listDocuments(this.database, this.table, query);
  }

  /** The partner named it just now, whether that was news or not. */
  told(transaction: Transaction, partnerId: string, terminal: Pick<Terminal, 'terminal_id'>): Promise<void> {
    return this.sightings.see(transaction, partnerId, { scope: partnerId, id: terminal.terminal_id });
  }

  toldSince(
    transaction: Transaction,
    partnerId: string,
    terminal: Pick<Terminal, 'terminal_id'>,
    since: Date,
  ): Promise<boolean> {
    return this.sightings.seenSince(transaction, partnerId, { scope: partnerId, id: terminal.terminal_id }, since);
  }

  /** Flags what the partner has not named since then. @returns how many terminals are missing now. */
  flagMissing(partnerId: string, since: Date): Promise<number> {
    return this.sightings.flagMissing(this.table.table, partnerId, since);
  }

  /** Since when the partner's list lacks it; null while it does not. */
  missingSince(partnerId: string, terminalId: string): Promise<string | null> {
    return this.sightings.missingSince(partnerId, { scope: partnerId, id: terminalId });
  }

  /** Partners that have terminals. */
  async partners(): Promise<string[]> {
    const rows: { scope: string }[] = await this.database.reader.query('select distinct scope from terminal');
    return rows.map(({ scope }) => scope);
  }

  /** The partner whose terminal has this secret in its receipt URLs. */
  async partnerByReceiptSecret(secret: string): Promise<string | null> {
    const rows: { scope: string }[] = await this.database.reader.query(
      `select scope from terminal where content ->> 'receiptSecret' = $1`,
      [secret],
    );
    return rows[0]?.scope ?? null;
  }

  /** The secret under which a receipt of this partner can be read. */
  async anyReceiptSecret(partnerId: string): Promise<string | null> {
    const rows: { secret: string }[] = await this.database.reader.query(
      `select content ->> 'receiptSecret' as secret from terminal where scope = $1 and not removed order by id limit 1`,
      [partnerId],
    );
    return rows[0]?.secret ?? null;
  }

  /** Assignments that were asked for and do not stand at the PTP yet. */
  async pendingAssignments(): Promise<{ partnerId: string; terminalId: string }[]> {
    const rows: { scope: string; id: string }[] = await this.database.reader.query(
      `select scope, id from terminal where content -> 'assignment' ->> 'state' = 'PENDING' and not removed`,
    );
    return rows.map(({ scope, id }) => ({ partnerId: scope, terminalId: id }));
  }

  /** Deactivations that were asked for and do not stand at the PTP yet. */
  async pendingDeactivations(): Promise<{ partnerId: string; terminalId: string }[]> {
    const rows: { scope: string; id: string }[] = await this.database.reader.query(
      `select scope, id from terminal where content -> 'deactivation' ->> 'state' = 'PENDING' and not removed`,
    );
    return rows.map(({ scope, id }) => ({ partnerId: scope, terminalId: id }));
  }

  /** The places that terminals of this id or serial serve by our assignment. */
  async served(terminal: string): Promise<{ location_ids: string[]; evse_uids: string[] }> {
    const rows: { location_ids: string[]; evse_uids: string[] }[] = await this.database.reader.query(
      `select content #> '{assignment,location_ids}' as location_ids, content #> '{assignment,evse_uids}' as evse_uids
       from terminal where upper(content #>> '{terminal,terminal_id}') = upper($1) or content #>> '{terminal,reference}' = $1`,
      [terminal],
    );
    return {
      location_ids: rows.flatMap(({ location_ids }) => location_ids),
      evse_uids: rows.flatMap(({ evse_uids }) => evse_uids),
    };
  }
}
