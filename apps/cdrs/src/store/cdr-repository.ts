import { Injectable } from '@nestjs/common';
import { type Party, type PartyKey, partyKey } from '@voltap/kernel';
import type { Cdr } from '@voltap/ocpi/model';
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

export type StoredCdr = StoredDocument<Cdr>;

/** That a partner has a CDR, and where it keeps it. */
export interface Acceptance {
  readonly partnerId: string;
  readonly location: string | null;
  readonly acceptedAt: Date;
}

/** Why a CDR was credited, by which CDR, and which one took its place. */
export interface CorrectionNote {
  readonly creditId: string;
  readonly correctedId: string | null;
  readonly reason: string;
  readonly by: string;
  readonly at: Date;
}

/** Audience of CDRs of charges that no connected partner started: no partner has this id. */
const NOBODY = '-';

/** CDRs, written once and never again (CDR-05), and beside them what became of them at the partner. */
@Injectable()
export class CdrRepository {
  private readonly table = new DocumentTable<Cdr>('cdr', (cdr, lastUpdated) => ({
    ...cdr,
    last_updated: lastUpdated.toISOString(),
  }));

  constructor(private readonly database: Database) {}

  /** Whether the session has its CDR. Asked under a lock on the session, so that there is never a second. */
  async exists(transaction: Transaction, party: Party, sessionId: string): Promise<boolean> {
    await this.lockSession(transaction, party, sessionId);
    const rows: unknown[] = await transaction.query(
      `select 1 from cdr where scope = $1 and upper(content ->> 'session_id') = $2`,
      [partyKey(party), sessionId.toUpperCase()],
    );
    return rows.length > 0;
  }

  /** Until the transaction ends, nobody else decides on CDRs of the session. */
  async lockSession(transaction: Transaction, party: Party, sessionId: string): Promise<void> {
    await transaction.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [
      `cdr ${partyKey(party)} ${sessionId.toUpperCase()}`,
    ]);
  }

  /** What counts for a session now: its CDR, none where it was credited; null: there never was one. */
  async inTheBooks(
    transaction: Transaction,
    party: Party,
    sessionId: string,
  ): Promise<{ cdr: Cdr | null; timeZone: string | null } | null> {
    const rows: { content: Cdr; position: number; time_zone: string | null }[] = await transaction.query(
      `select content, position, time_zone from cdr where scope = $1 and upper(content ->> 'session_id') = $2
       order by position limit 1`,
      [partyKey(party), sessionId.toUpperCase()],
    );
    const [first] = rows;
    if (first === undefined) return null;
    return first.position === 0 ? { cdr: first.content, timeZone: first.time_zone } : { cdr: null, timeZone: null };
  }

  /** @param timeZone of the place; null where nothing will be priced again. */
  async insert(
    transaction: Transaction,
    cdr: Cdr,
    partnerId: string | null,
    timeZone: string | null,
  ): Promise<StoredCdr> {
    const stored = await this.table.write(transaction, partyKey(cdr), cdr.id, cdr, { audience: partnerId ?? NOBODY });
    await transaction.query('update cdr set time_zone = $3 where scope = $1 and id = $2', [
      stored.scope,
      stored.id,
      timeZone,
    ]);
    return stored;
  }

  lock(transaction: Transaction, party: Party, id: string): Promise<StoredCdr | null> {
    return this.table.lock(transaction, partyKey(party), id);
  }

  /** Whose charge it was; null when no connected partner started it. */
  partnerOf({ audience }: StoredCdr): string | null {
    return audience === NOBODY ? null : (audience ?? null);
  }

  /** Makes room for the CDR of the same session that counts from now on. */
  async supersede(transaction: Transaction, { scope, id, content }: StoredCdr): Promise<void> {
    await transaction.query(
      `update cdr set position = 1 + (
         select max(position) from cdr where scope = $1 and upper(content ->> 'session_id') = upper($3)
       ) where scope = $1 and id = $2`,
      [scope, id, content.session_id ?? ''],
    );
  }

  async noteCorrection(transaction: Transaction, { scope, id }: StoredCdr, note: CorrectionNote): Promise<void> {
    await transaction.query(
      `insert into cdr_correction (scope, id, credit_id, corrected_id, reason, decided_by, decided_at)
       values ($1, $2, $3, $4, $5, $6, $7)`,
      [scope, id, note.creditId, note.correctedId, note.reason, note.by, note.at],
    );
  }

  async correction(reader: Transaction, { scope, id }: StoredCdr): Promise<CorrectionNote | null> {
    const [row]: {
      credit_id: string;
      corrected_id: string | null;
      reason: string;
      decided_by: string;
      decided_at: Date;
    }[] = await reader.query('select * from cdr_correction where scope = $1 and id = $2', [scope, id]);
    if (row === undefined) return null;
    const { credit_id: creditId, corrected_id: correctedId, reason, decided_by: by, decided_at: at } = row;
    return { creditId, correctedId, reason, by, at };
  }

  find(party: Party, id: string): Promise<StoredCdr | null> {
    return this.table.find(this.database.reader, partyKey(party), id);
  }

  findWithin(transaction: Transaction, party: Party, id: string): Promise<StoredCdr | null> {
    return this.table.find(transaction, partyKey(party), id);
  }

  list(query: ListingQuery): Promise<Listing<Cdr>> {
    return listDocuments(this.database, this.table, query);
  }

  /** As they go to partners. */
  listTexts(query: ListingQuery): Promise<TextListing> {
    return listTexts(this.database, this.table, query);
  }

  async scopes(): Promise<string[]> {
    const rows: { scope: string }[] = await this.database.reader.query('select distinct scope from cdr');
    return rows.map(({ scope }) => scope);
  }

  /** @returns whether it is the first acceptance of the CDR. */
  async accept(transaction: Transaction, stored: StoredCdr, acceptance: Acceptance): Promise<boolean> {
    const rows: unknown[] = await transaction.query(
      `insert into cdr_acceptance (scope, id, partner_id, location, accepted_at) values ($1, $2, $3, $4, $5)
       on conflict do nothing returning 1`,
      [stored.scope, stored.id, acceptance.partnerId, acceptance.location, acceptance.acceptedAt],
    );
    return rows.length > 0;
  }

  async acceptances(cdrs: readonly StoredCdr[]): Promise<ReadonlyMap<string, Acceptance>> {
    const rows: { scope: PartyKey; id: string; partner_id: string; location: string | null; accepted_at: Date }[] =
      await this.database.reader.query(
        `select a.* from cdr_acceptance a
         join unnest($1::text[], $2::text[]) as wanted (scope, id) on a.scope = wanted.scope and a.id = wanted.id`,
        [cdrs.map(({ scope }) => scope), cdrs.map(({ id }) => id)],
      );
    return new Map(
      rows.map((row) => [
        `${row.scope}*${row.id}`,
        { partnerId: row.partner_id, location: row.location, acceptedAt: row.accepted_at },
      ]),
    );
  }
}
