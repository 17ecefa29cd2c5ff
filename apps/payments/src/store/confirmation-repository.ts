import { Injectable } from '@nestjs/common';
import type { FinancialAdviceConfirmation } from '@voltap/ocpi/model';
import {
  Database,
  DocumentTable,
  type Listing,
  type ListingQuery,
  listDocuments,
  type StoredDocument,
  type Transaction,
} from '@voltap/platform/persistence';

export type StoredConfirmation = StoredDocument<FinancialAdviceConfirmation>;

/** Confirmations of captured money as they came, and every version of them. The time of modification is the PTP's. */
@Injectable()
export class ConfirmationRepository {
  private readonly table = new DocumentTable<FinancialAdviceConfirmation>(
    'confirmation',
    (confirmation) => confirmation,
  );

  constructor(private readonly database: Database) {}

  lock(transaction: Transaction, partnerId: string, id: string): Promise<StoredConfirmation | null> {
    return this.table.lock(transaction, partnerId, id);
  }

  find(partnerId: string, id: string): Promise<StoredConfirmation | null> {
    return this.table.find(this.database.reader, partnerId, id);
  }

  async write(
    transaction: Transaction,
    partnerId: string,
    confirmation: FinancialAdviceConfirmation,
  ): Promise<StoredConfirmation> {
    const stored = await this.table.write(transaction, partnerId, confirmation.id, confirmation, {
      audience: partnerId,
    });
    await transaction.query(
      `insert into confirmation_history (partner_id, id, revision, content, received_at) values ($1, $2, $3, $4, $5)`,
      [partnerId, stored.id, stored.revision, JSON.stringify(confirmation), stored.lastUpdated],
    );
    return stored;
  }

  list(query: ListingQuery): Promise<Listing<FinancialAdviceConfirmation>> {
    return listDocuments(this.database, this.table, query);
  }

  async partners(): Promise<string[]> {
    const rows: { scope: string }[] = await this.database.reader.query('select distinct scope from confirmation');
    return rows.map(({ scope }) => scope);
  }

  /** The confirmation of a charge that counts: the latest by its own time (PAY-29). */
  async counting(
    manager: Transaction,
    partnerId: string,
    authorizationReference: string,
  ): Promise<FinancialAdviceConfirmation | null> {
    const rows: { content: FinancialAdviceConfirmation }[] = await manager.query(
      `select content from confirmation
       where scope = $1 and upper(content ->> 'authorization_reference') = $2 and not removed
       order by (content ->> 'last_updated')::timestamptz desc, id desc limit 1`,
      [partnerId, authorizationReference.toUpperCase()],
    );
    return rows[0]?.content ?? null;
  }

  /** What the terminal printed of the card, from the confirmation that counts. */
  async cardLines(partnerId: string, authorizationReference: string): Promise<string[]> {
    return (await this.counting(this.database.reader, partnerId, authorizationReference))?.eft_data ?? [];
  }
}
