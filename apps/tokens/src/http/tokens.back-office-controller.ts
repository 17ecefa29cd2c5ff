import { Controller } from '@nestjs/common';
import { type TokenRecord, tokensEndpoints } from '@voltap/contracts/back-office';
import { decodeCursor, encodeCursor, RestEndpoint, RestRequest, type RestRequestOf } from '@voltap/platform/rest';
import { TokenRepository } from '../store/token-repository.js';

/** Partners' tokens for the operator. */
@Controller()
export class TokensBackOfficeController {
  constructor(private readonly tokens: TokenRepository) {}

  @RestEndpoint(tokensEndpoints.list)
  async list(
    @RestRequest() { query }: RestRequestOf<typeof tokensEndpoints.list>,
  ): Promise<{ items: TokenRecord[]; next: string | null }> {
    const { items, next } = await this.tokens.list({ limit: query.limit, position: decodeCursor(query.cursor) });
    return {
      items: items.map(({ audience, revision, content }) => ({ partnerId: audience ?? '', revision, token: content })),
      next: next === null ? null : encodeCursor(next),
    };
  }
}
