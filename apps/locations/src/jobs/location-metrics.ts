import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Metrics } from '@voltap/platform/telemetry';
import { LocationRepository } from '../store/location-repository.js';

/** How many locations there are, by which is judged what changes; and that no EVSE was removed yet. */
@Injectable()
export class LocationMetrics implements OnModuleInit {
  constructor(
    private readonly metrics: Metrics,
    private readonly locations: LocationRepository,
  ) {}

  onModuleInit(): void {
    this.metrics.begin('voltap.locations.evses.removed', {});
    this.metrics.observe(['voltap.locations.known'], async () => [
      { name: 'voltap.locations.known', value: await this.locations.count() },
    ]);
  }
}
