import { Inject, Injectable } from '@nestjs/common';
import { partnerUpdated } from '@voltap/contracts/events';
import { Sealer } from '@voltap/platform/security';
import { LOGGER, type Logger } from '@voltap/platform/telemetry';
import type { InboundToken } from '../domain/inbound-token.js';
import type { Partner } from '../domain/partner.js';
import { PartnerRepository } from '../store/partner-repository.js';
import { ChangePartner } from './change-partner.js';

const AT_ONCE = 100;

/** After a rotation of the sealing secret: seals and hashes all tokens with the new one, and tells the gateway. */
@Injectable()
export class ResealTokens {
  constructor(
    private readonly partners: PartnerRepository,
    private readonly changePartner: ChangePartner,
    private readonly sealer: Sealer,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async execute(): Promise<void> {
    let after: string | undefined;
    for (;;) {
      const { items, more } = await this.partners.list(AT_ONCE, after);
      for (const partner of items) if (!this.isCurrent(partner)) await this.reseal(partner);
      if (!more) return;
      after = items.at(-1)?.id;
    }
  }

  private async reseal({ id }: Partner): Promise<void> {
    try {
      await this.changePartner.execute(id, (current) =>
        this.isCurrent(current) ? null : { partner: this.resealed(current), told: partnerUpdated },
      );
      this.logger.info({ partnerId: id }, 'tokens are sealed with the new secret');
    } catch (error) {
      this.logger.error({ error, partnerId: id }, 'tokens cannot be sealed anew; do not take the old secret away');
    }
  }

  private isCurrent({ tokens, outboundToken }: Partner): boolean {
    const sealed = [...tokens.map((token) => token.sealed), ...(outboundToken === null ? [] : [outboundToken])];
    return sealed.every((text) => this.sealer.isCurrent(text));
  }

  private resealed<P extends Partner>(partner: P): P {
    const { tokens, outboundToken } = partner;
    return {
      ...partner,
      tokens: tokens.map((token): InboundToken => {
        const text = this.sealer.open(token.sealed);
        return { ...token, hash: this.sealer.hash(text), sealed: this.sealer.seal(text) };
      }),
      outboundToken: outboundToken === null ? null : this.sealer.seal(this.sealer.open(outboundToken)),
    };
  }
}
