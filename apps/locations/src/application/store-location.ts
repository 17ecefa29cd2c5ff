import { Injectable } from '@nestjs/common';
import { evseStatusChanged, locationChanged } from '@voltap/contracts/events';
import { event, objectKey } from '@voltap/kernel';
import { Outbox } from '@voltap/platform/messaging';
import { Database, type Transaction } from '@voltap/platform/persistence';
import { Metrics } from '@voltap/platform/telemetry';
import type { MergedLocation } from '../domain/merge-location.js';
import { LocationRepository, type StoredLocation } from '../store/location-repository.js';

/** Writes what a merge found and tells it: the whole location as it stands now, and each status that changed by itself. */
@Injectable()
export class StoreLocation {
  constructor(
    private readonly outbox: Outbox,
    private readonly locations: LocationRepository,
    private readonly database: Database,
    private readonly metrics: Metrics,
  ) {}

  async execute(transaction: Transaction, merged: MergedLocation): Promise<StoredLocation> {
    const stored = await this.locations.write(transaction, merged.location, merged.statusChanges);
    const { content, revision } = stored;
    const { country_code, party_id, id: location_id } = content;
    const key = objectKey(content, location_id);
    await this.outbox.add(
      transaction,
      event(locationChanged, { key, revision, payload: { location: content, structural: merged.structural } }),
      ...merged.statusChanges.map((change) =>
        event(evseStatusChanged, {
          key,
          revision,
          payload: { country_code, party_id, location_id, ...change, last_updated: stored.lastUpdated.toISOString() },
        }),
      ),
    );
    const removed = merged.statusChanges.filter(({ status }) => status === 'REMOVED').length;
    if (removed > 0)
      this.database.afterCommit(transaction, () => this.metrics.count('voltap.locations.evses.removed', {}, removed));
    return stored;
  }
}
