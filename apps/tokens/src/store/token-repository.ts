import { Injectable } from '@nestjs/common';
import { partyKey } from '@voltap/kernel';
import type { Token } from '@voltap/ocpi/model';
import {
  Database,
  DocumentTable,
  type Listing,
  type ListingQuery,
  listDocuments,
  type StoredDocument,
  type Transaction,
} from '@voltap/platform/persistence';
import { type TokenIdentity, tokenId } from '../domain/token.js';

/** The audience is the partner that owns it. */
export type StoredToken = StoredDocument<Token>;

/** Partners' tokens. They are the partner's objects, so `last_updated` inside stays as the partner gave it. */
@Injectable()
export class TokenRepository {
  private readonly table = new DocumentTable<Token>('token', (token) => token);

  constructor(private readonly database: Database) {}

  find(identity: TokenIdentity): Promise<StoredToken | null> {
    return this.table.find(this.database.reader, partyKey(identity), tokenId(identity));
  }

  lock(transaction: Transaction, identity: TokenIdentity): Promise<StoredToken | null> {
    return this.table.lock(transaction, partyKey(identity), tokenId(identity));
  }

  write(transaction: Transaction, partnerId: string, token: Token): Promise<StoredToken> {
    return this.table.write(transaction, partyKey(token), tokenId(token), token, { audience: partnerId });
  }

  /** Tokens of all partners, for the operator. */
  async list(query: Omit<ListingQuery, 'scopes'>): Promise<Listing<Token>> {
    return listDocuments(this.database, this.table, { ...query, scopes: await this.scopes() });
  }

  private async scopes(): Promise<string[]> {
    const rows: { scope: string }[] = await this.database.reader.query('select distinct scope from token');
    return rows.map(({ scope }) => scope);
  }
}
