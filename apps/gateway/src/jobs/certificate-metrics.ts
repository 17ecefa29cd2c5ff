import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Clock } from '@voltap/kernel';
import { OcpiClient } from '@voltap/ocpi/client';
import { Metrics, type Observation } from '@voltap/platform/telemetry';
import { PartnerDirectory } from '../store/partner-directory.js';

/** How long the certificates of partners are still valid: one that ends unnoticed ends all payments. */
@Injectable()
export class CertificateMetrics implements OnModuleInit {
  constructor(
    private readonly metrics: Metrics,
    private readonly directory: PartnerDirectory,
    private readonly client: OcpiClient,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.metrics.observe(['voltap.partners.certificate.remaining'], async () => {
      const now = this.clock.now().getTime();
      return (await this.directory.all()).flatMap(({ partner: { partnerId, endpoints } }): Observation[] => {
        const ends = endpoints.flatMap(({ url }) => this.client.certificateExpiry(url)?.getTime() ?? []);
        if (ends.length === 0) return [];
        const value = (Math.min(...ends) - now) / 1000;
        const attributes = { 'voltap.partner.id': partnerId };
        return [{ name: 'voltap.partners.certificate.remaining', value, attributes }];
      });
    });
  }
}
