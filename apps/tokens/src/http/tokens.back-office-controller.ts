import { Controller } from '@nestjs/common';
import { type PullView, type TokenRecord, tokensEndpoints } from '@voltap/contracts/back-office';
import { PullSchedule } from '@voltap/platform/pulling';
import {
  decodeCursor,
  encodeCursor,
  pathParameter,
  RestEndpoint,
  RestRequest,
  type RestRequestOf,
} from '@voltap/platform/rest';
import type { PullSummary } from '../application/pull-tokens.js';
import { PartnerPulls } from '../jobs/partner-pulls.js';
import { type StoredToken, TokenRepository } from '../store/token-repository.js';

/** Partners' tokens for the operator. */
@Controller()
export class TokensBackOfficeController {
  constructor(
    private readonly tokens: TokenRepository,
    private readonly partnerPulls: PartnerPulls,
    private readonly pullSchedule: PullSchedule,
  ) {}

  @RestEndpoint(tokensEndpoints.list)
  async list(
    @RestRequest() { query }: RestRequestOf<typeof tokensEndpoints.list>,
  ): Promise<{ items: TokenRecord[]; next: string | null }> {
    const { items, next } = await this.tokens.list({ limit: query.limit, position: decodeCursor(query.cursor) });
    return {
      items: await Promise.all(items.map((stored) => this.recordOf(stored))),
      next: next === null ? null : encodeCursor(next),
    };
  }

  @RestEndpoint(tokensEndpoints.pull)
  pull(@RestRequest() { params }: RestRequestOf<typeof tokensEndpoints.pull>): Promise<PullSummary> {
    return this.partnerPulls.now(pathParameter(params, 'partnerId'));
  }

  @RestEndpoint(tokensEndpoints.listPulls)
  async listPulls(): Promise<{ items: PullView[] }> {
    const records = await this.pullSchedule.records();
    return {
      items: records.map(({ source, remarks, ...record }) => ({ partnerId: source, remarks: [...remarks], ...record })),
    };
  }

  private async recordOf(stored: StoredToken): Promise<TokenRecord> {
    const { audience, revision, content } = stored;
    return {
      partnerId: audience ?? '',
      revision,
      missingSince: await this.tokens.missingSince(stored),
      token: content,
    };
  }
}
