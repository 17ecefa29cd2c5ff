import { Injectable } from '@nestjs/common';
import {
  Database,
  DocumentTable,
  type Listing,
  type ListingQuery,
  listDocuments,
  type StoredDocument,
  type Transaction,
} from '@voltap/platform/persistence';
import type { Activation } from '../domain/activation.js';

export type StoredActivation = StoredDocument<Activation>;

/** Activations, one for each partner and reference, which compares without case. */
@Injectable()
export class ActivationRepository {
  private readonly table = new DocumentTable<Activation>('terminal_activation', (activation) => activation);

  constructor(private readonly database: Database) {}

  lock(transaction: Transaction, partnerId: string, reference: string): Promise<StoredActivation | null> {
    return this.table.lock(transaction, partnerId, reference);
  }

  find(partnerId: string, reference: string): Promise<StoredActivation | null> {
    return this.table.find(this.database.reader, partnerId, reference);
  }

  write(transaction: Transaction, partnerId: string, activation: Activation): Promise<StoredActivation> {
    return this.table.write(transaction, partnerId, activation.reference, activation, { audience: partnerId });
  }

  remove(transaction: Transaction, partnerId: string, reference: string): Promise<StoredActivation | null> {
    return this.table.remove(transaction, partnerId, reference);
  }

  list(query: ListingQuery): Promise<Listing<Activation>> {
    return listDocuments(this.database, this.table, query);
  }

  /** Partners that were asked to activate something. */
  async partners(): Promise<string[]> {
    const rows: { scope: string }[] = await this.database.reader.query(
      'select distinct scope from terminal_activation',
    );
    return rows.map(({ scope }) => scope);
  }

  /** Those that are to be brought, and those whose terminal is to be read back. */
  async open(): Promise<{ partnerId: string; reference: string }[]> {
    const rows: { scope: string; id: string }[] = await this.database.reader.query(
      `select scope, id from terminal_activation
       where not removed and (content ->> 'state' = 'PENDING' or (content ->> 'state' = 'ACCEPTED' and content ->> 'terminalId' is not null))`,
    );
    return rows.map(({ scope, id }) => ({ partnerId: scope, reference: id }));
  }
}
