import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Clock } from '@voltap/kernel';
import { Metrics, type Observation } from '@voltap/platform/telemetry';
import { ReconciliationRepository } from '../store/reconciliation-repository.js';

/** Money that does not agree yet, for dashboards and alerts: a handful of series, however many charges there are. */
@Injectable()
export class ReconciliationMetrics implements OnModuleInit {
  constructor(
    private readonly metrics: Metrics,
    private readonly reconciliations: ReconciliationRepository,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.metrics.observe(['voltap.reconciliation.charges', 'voltap.reconciliation.open'], () => this.read());
  }

  private async read(): Promise<Observation[]> {
    const summary = await this.reconciliations.summary(this.clock.now());
    return summary.flatMap(({ currency, state, cause, age, charges, open }) => {
      const attributes = {
        'voltap.currency': currency ?? 'none',
        'voltap.reconciliation.state': state,
        'voltap.reconciliation.cause': cause ?? 'none',
        'voltap.age': age,
      };
      return [
        { name: 'voltap.reconciliation.charges' as const, value: charges, attributes },
        // For a chart; the exact figure is in the summary of the back-office API.
        { name: 'voltap.reconciliation.open' as const, value: Number(open), attributes },
      ];
    });
  }
}
