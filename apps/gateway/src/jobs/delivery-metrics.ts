import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Clock } from '@voltap/kernel';
import { Metrics, type Observation } from '@voltap/platform/telemetry';
import { DeliveryRepository } from '../store/delivery-repository.js';
import { PartnerQueues } from '../store/partner-queues.js';

/** What partners have not taken, for dashboards and alerts: a few series for each partner and kind. */
@Injectable()
export class DeliveryMetrics implements OnModuleInit {
  constructor(
    private readonly metrics: Metrics,
    private readonly deliveries: DeliveryRepository,
    private readonly partnerQueues: PartnerQueues,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.metrics.observe(
      ['voltap.deliveries.open', 'voltap.deliveries.oldest.age', 'voltap.deliveries.given_up'],
      async () => (await this.deliveries.counts()).flatMap(observationsOf),
    );
    this.metrics.observe(['voltap.deliveries.breaker', 'voltap.deliveries.held'], () => this.queues());
  }

  private async queues(): Promise<Observation[]> {
    const now = this.clock.now();
    return (await this.partnerQueues.list()).flatMap(({ partnerId, spareUntil, pausedAt }) => {
      const attributes = { 'voltap.partner.id': partnerId };
      const isSpared = spareUntil !== null && spareUntil > now;
      return [
        { name: 'voltap.deliveries.breaker' as const, value: isSpared ? 1 : 0, attributes },
        { name: 'voltap.deliveries.held' as const, value: pausedAt === null ? 0 : 1, attributes },
      ];
    });
  }
}

type Counts = Awaited<ReturnType<DeliveryRepository['counts']>>[number];

function observationsOf({ partnerId, kind, open, oldestSeconds, exhausted, refused }: Counts): Observation[] {
  const attributes = { 'voltap.partner.id': partnerId, 'voltap.delivery.kind': kind };
  const given = (value: number, outcome: string): Observation => ({
    name: 'voltap.deliveries.given_up',
    value,
    attributes: { ...attributes, 'voltap.outcome': outcome },
  });
  return [
    { name: 'voltap.deliveries.open', value: open, attributes },
    { name: 'voltap.deliveries.oldest.age', value: oldestSeconds, attributes },
    given(exhausted, 'exhausted'),
    given(refused, 'refused'),
  ];
}
