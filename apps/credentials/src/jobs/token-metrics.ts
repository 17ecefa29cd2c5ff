import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Clock } from '@voltap/kernel';
import { Metrics } from '@voltap/platform/telemetry';
import { PartnerRepository } from '../store/partner-repository.js';

/** How old the tokens are with which partners call us. */
@Injectable()
export class TokenMetrics implements OnModuleInit {
  constructor(
    private readonly metrics: Metrics,
    private readonly partners: PartnerRepository,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.metrics.observe(['voltap.partners.token.age'], async () => {
      const now = this.clock.now().getTime();
      return (await this.partners.currentTokens()).map(({ partnerId, issuedAt }) => ({
        name: 'voltap.partners.token.age',
        value: Math.max(0, (now - issuedAt.getTime()) / 1000),
        attributes: { 'voltap.partner.id': partnerId },
      }));
    });
  }
}
