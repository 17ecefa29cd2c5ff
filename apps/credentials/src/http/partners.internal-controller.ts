import { Controller, Get, Param, Req, UseFilters } from '@nestjs/common';
import type { PartnerState } from '@voltap/contracts/events';
import { Clock, VoltapError } from '@voltap/kernel';
import { ProblemFilter } from '@voltap/platform/rest';
import { stateOf } from '../application/partner-state.js';
import { PartnerRepository } from '../store/partner-repository.js';

interface SignedRequest {
  readonly voltapCaller?: unknown;
}

/** For the gateway alone: a token that its directory does not know yet may be new. */
@Controller()
@UseFilters(ProblemFilter)
export class PartnersInternalController {
  constructor(
    private readonly partners: PartnerRepository,
    private readonly clock: Clock,
  ) {}

  /** @throws VoltapError not_found when the hash is no token that opens something now. */
  @Get('internal/partners/by-token-hash/:hash')
  async byTokenHash(
    @Req() request: SignedRequest,
    @Param('hash') hash: string,
  ): Promise<{ revision: number; partner: PartnerState }> {
    const caller = request.voltapCaller as { readonly kind?: unknown } | undefined;
    if (caller?.kind !== 'gateway') throw new VoltapError('unauthorized', 'Only the gateway may ask this.');
    const partner = await this.partners.findByTokenHash(hash);
    const state = partner === null ? null : stateOf(partner, this.clock.now());
    if (partner === null || state?.inboundTokens.some((token) => token.hash === hash) !== true) {
      throw new VoltapError('not_found', 'No partner has this token.');
    }
    return { revision: partner.revision, partner: state };
  }
}
