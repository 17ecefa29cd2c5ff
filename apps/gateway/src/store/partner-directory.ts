import { Injectable } from '@nestjs/common';
import { type PartnerState, partnerEvents } from '@voltap/contracts/events';
import type { EventMessage } from '@voltap/kernel';
import { Database, ProjectionTable, projects, type Transaction } from '@voltap/platform/persistence';

export interface DirectoryEntry {
  readonly revision: number;
  readonly partner: PartnerState;
}

export const directoryProjection = new ProjectionTable<PartnerState>(
  'partner_directory',
  partnerEvents.map((definition) =>
    projects(definition, ({ revision, payload }) => ({ key: payload.partnerId, revision, content: payload })),
  ),
);

/**
 * All partners with the hashes of the tokens they call with. It lies in the database that all replicas share, and every
 * request asks it, so that a token that is dead is dead everywhere at once.
 */
@Injectable()
export class PartnerDirectory {
  private last: { readonly version: string; readonly entries: readonly DirectoryEntry[] } | undefined;

  constructor(private readonly database: Database) {}

  take(transaction: Transaction, message: EventMessage<PartnerState>): Promise<boolean> {
    return directoryProjection.take(transaction, message);
  }

  /** What the credentials service answered, whose event may still be on its way. */
  apply(transaction: Transaction, revision: number, partner: PartnerState): Promise<boolean> {
    return directoryProjection.apply(transaction, partner.partnerId, revision, partner);
  }

  /** Inside of a transaction hand it over: a second connection per transaction would starve the pool. */
  async find(partnerId: string, transaction?: Transaction): Promise<DirectoryEntry | null> {
    const entry = await directoryProjection.find(transaction ?? this.database.reader, partnerId);
    return entry === null ? null : { revision: entry.revision, partner: entry.content };
  }

  async findByTokenHash(hash: string): Promise<DirectoryEntry | null> {
    const rows: { revision: string; content: PartnerState }[] = await this.database.reader.query(
      `select revision, content from partner_directory where content -> 'inboundTokens' @> $1::jsonb and not removed`,
      [JSON.stringify([{ hash }])],
    );
    return rows[0] === undefined ? null : { revision: Number(rows[0].revision), partner: rows[0].content };
  }

  /** Parties of ours that any partner deals with, in the letters of their keys. */
  async ownParties(): Promise<{ country_code: string; party_id: string }[]> {
    return this.database.reader.query(
      `select distinct upper(p ->> 'country_code') as country_code, upper(p ->> 'party_id') as party_id
       from partner_directory, jsonb_array_elements(content -> 'parties') as p where not removed`,
    );
  }

  /** Read anew only when a revision has changed: every event asks for it. */
  async all(transaction?: Transaction): Promise<readonly DirectoryEntry[]> {
    const connection = transaction ?? this.database.reader;
    const [row]: { version: string | null }[] = await connection.query(
      `select string_agg(key || ' ' || revision, ',' order by key collate "C") as version from partner_directory where not removed`,
    );
    const version = row?.version ?? '';
    if (this.last?.version === version) return this.last.entries;
    const entries = (await directoryProjection.all(connection)).map(({ revision, content }) => ({
      revision,
      partner: content,
    }));
    this.last = { version: versionOf(entries), entries };
    return entries;
  }
}

/** As the database writes it. */
function versionOf(entries: readonly DirectoryEntry[]): string {
  return entries
    .map(({ revision, partner }) => ({ key: partner.partnerId, revision }))
    .toSorted((left, right) => Buffer.compare(Buffer.from(left.key), Buffer.from(right.key)))
    .map(({ key, revision }) => `${key} ${revision}`)
    .join(',');
}
