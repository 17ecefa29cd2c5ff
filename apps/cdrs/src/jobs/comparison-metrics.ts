import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Metrics } from '@voltap/platform/telemetry';
import { BackEndCdrRepository } from '../store/back-end-cdr-repository.js';

/** How CDRs of back-ends compare with ours, for dashboards and alerts. */
@Injectable()
export class ComparisonMetrics implements OnModuleInit {
  constructor(
    private readonly metrics: Metrics,
    private readonly backEndCdrs: BackEndCdrRepository,
  ) {}

  onModuleInit(): void {
    this.metrics.observe(['voltap.cdrs.back_end'], async () => {
      const counts = await this.backEndCdrs.counts();
      return counts.map(({ state, cause, count }) => ({
        name: 'voltap.cdrs.back_end' as const,
        value: count,
        attributes: { 'voltap.cdr.comparison': state, 'voltap.cdr.cause': cause ?? 'none' },
      }));
    });
  }
}
