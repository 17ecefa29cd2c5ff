import { Injectable } from '@nestjs/common';
import { partyKey, VoltapError } from '@voltap/kernel';
import type { Pull, Pulled } from '@voltap/platform/pulling';
import { maySpeakFor } from '../domain/token.js';
import { Projections } from '../store/projections.js';
import { TokenRepository } from '../store/token-repository.js';
import { PartnerTokens } from './partner-tokens.js';
import { PutToken } from './put-token.js';

export type PullSummary = Readonly<Record<'tokens' | 'foreign' | 'invalid' | 'missing', number>>;

/**
 * Fetches a partner's tokens, so that a push that was lost is made good (TOK-08, OFF-03). Tokens of a party that is no role of
 * the partner are refused, and reported (COO-08); one that a complete list does not name any more is flagged (PAG-18).
 */
@Injectable()
export class PullTokens {
  constructor(
    private readonly partnerTokens: PartnerTokens,
    private readonly putToken: PutToken,
    private readonly tokens: TokenRepository,
    private readonly projections: Projections,
  ) {}

  /** @throws VoltapError not_found, partner_unreachable, partner_refused; what was fetched before is kept. */
  async execute(pull: Pull): Promise<Pulled<PullSummary>> {
    const partner = await this.projections.partner(pull.source);
    if (partner === null) throw new VoltapError('not_found', `There is no partner ${pull.source}.`);
    const counts = { tokens: 0, foreign: 0, invalid: 0, missing: 0 };
    const foreignParties = new Set<string>();
    const walk = await this.partnerTokens.each(pull, async (page, invalid) => {
      const own = page.filter((token) => maySpeakFor(partner.roles, token));
      const foreign = page.filter((token) => !own.includes(token));
      for (const token of foreign) foreignParties.add(partyKey(token));
      for (const token of own) await this.putToken.execute(partner.partnerId, token);
      counts.tokens += own.length;
      counts.foreign += foreign.length;
      counts.invalid += invalid;
      await pull.progress(counts);
    });
    const remarks = [...walk.remarks];
    if (foreignParties.size > 0)
      remarks.push(
        `Refused: tokens of parties that are no roles of the partner: ${[...foreignParties].sort().join(', ')}.`,
      );
    if (pull.mode === 'full' && walk.incomplete === null)
      counts.missing = await this.tokens.flagMissing(partner.partnerId, pull.startedAt);
    if (pull.mode === 'full' && walk.incomplete !== null)
      remarks.push(`No token is called missing by this list: ${walk.incomplete}.`);
    return { counts, remarks };
  }
}
