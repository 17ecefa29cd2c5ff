import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { tokenChanged } from '@voltap/contracts/events';
import { event } from '@voltap/kernel';
import type { Token } from '@voltap/ocpi/model';
import { Outbox } from '@voltap/platform/messaging';
import { Database } from '@voltap/platform/persistence';
import { isOvertaken, tokenKey } from '../domain/token.js';
import { TokenRepository } from '../store/token-repository.js';

/** A partner puts one of its tokens, or we fetched it, whole (TOK-01, TOK-02). The same again tells nobody; an older one changes nothing. */
@Injectable()
export class PutToken {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly tokens: TokenRepository,
  ) {}

  async execute(partnerId: string, token: Token): Promise<{ created: boolean }> {
    return this.database.transaction(async (transaction) => {
      const current = await this.tokens.lock(transaction, token);
      await this.tokens.told(transaction, partnerId, token);
      // A party may have come to another partner; then everything it says is new.
      const own = current?.audience === partnerId ? current : null;
      if (own !== null && (isOvertaken(own.content, token) || isDeepStrictEqual(own.content, token)))
        return { created: false };
      const { revision, content } = await this.tokens.write(transaction, partnerId, token);
      await this.outbox.add(
        transaction,
        event(tokenChanged, { key: tokenKey(content), revision, payload: { partnerId, token: content } }),
      );
      return { created: own === null };
    });
  }
}
