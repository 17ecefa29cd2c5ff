import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { tokenChanged } from '@voltap/contracts/events';
import { event, VoltapError } from '@voltap/kernel';
import { type TokenPatch, tokenSchema } from '@voltap/ocpi/model';
import { mergePatch, violationsOf } from '@voltap/ocpi/transport';
import { Outbox } from '@voltap/platform/messaging';
import { Database } from '@voltap/platform/persistence';
import { isOvertaken, type TokenIdentity, tokenKey } from '../domain/token.js';
import { TokenRepository } from '../store/token-repository.js';

/** A partner changes some fields of a token that we have (TOK-03). */
@Injectable()
export class PatchToken {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly tokens: TokenRepository,
  ) {}

  /** @throws VoltapError unknown_token (UPD-06); invalid_parameter when the result would be no token. */
  async execute(partnerId: string, identity: TokenIdentity, patch: TokenPatch): Promise<void> {
    await this.database.transaction(async (transaction) => {
      const current = await this.tokens.lock(transaction, identity);
      if (current === null || current.audience !== partnerId) {
        throw new VoltapError(
          'unknown_token',
          `There is no token ${identity.uid} of type ${identity.type}; PUT it first`,
        );
      }
      await this.tokens.told(transaction, partnerId, identity);
      if (isOvertaken(current.content, patch)) return;
      const merged = tokenSchema.safeParse(mergePatch(current.content, patch));
      if (!merged.success) {
        throw new VoltapError('invalid_parameter', 'The patched token would be invalid', {
          violations: violationsOf(merged.error),
        });
      }
      if (isDeepStrictEqual(current.content, merged.data)) return;
      const { revision, content } = await this.tokens.write(transaction, partnerId, merged.data);
      await this.outbox.add(
        transaction,
        event(tokenChanged, { key: tokenKey(content), revision, payload: { partnerId, token: content } }),
      );
    });
  }
}
