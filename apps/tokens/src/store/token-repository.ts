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
import { type Sighted, Sightings } from '@voltap/platform/pulling';
import { type TokenIdentity, tokenId } from '../domain/token.js';

/** The audience is the partner that owns it. */
export type StoredToken = StoredDocument<Token>;

/** Partners' tokens. They are the partner's objects, so `last_updated` inside stays as the partner gave it. */
@Injectable()
export class TokenRepository {
  private readonly table = new DocumentTable<Token>('token', (token) => token);

  constructor(
    private readonly database: Database,
    private readonly sightings: Sightings,
  ) {}

  find(identity: TokenIdentity): Promise<StoredToken | null> {
    return this.table.find(this.database.reader, partyKey(identity), tokenId(identity));
  }

  lock(transaction: Transaction, identity: TokenIdentity): Promise<StoredToken | null> {
    return this.table.lock(transaction, partyKey(identity), tokenId(identity));
  }

  write(transaction: Transaction, partnerId: string, token: Token): Promise<StoredToken> {
    return this.table.write(transaction, partyKey(token), tokenId(token), token, { audience: partnerId });
  }

  /** The partner named it just now, whether that was news or not. */
  told(transaction: Transaction, partnerId: string, identity: TokenIdentity): Promise<void> {
    return this.sightings.see(transaction, partnerId, sighted(identity));
  }

  /** Flags what the partner has not named since then. @returns how many of its tokens are missing now. */
  flagMissing(partnerId: string, since: Date): Promise<number> {
    return this.sightings.flagMissing(this.table.table, partnerId, since);
  }

  /** Since when the partner's list lacks it; null while it does not. */
  async missingSince({ audience, content }: StoredToken): Promise<string | null> {
    return audience === null ? null : this.sightings.missingSince(audience, sighted(content));
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

function sighted(identity: TokenIdentity): Sighted {
  return { scope: partyKey(identity), id: tokenId(identity) };
}
