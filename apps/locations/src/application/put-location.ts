import { Injectable } from '@nestjs/common';
import { VoltapError } from '@voltap/kernel';
import { type Location, locationFaults } from '@voltap/ocpi/model';
import { Database, type Transaction } from '@voltap/platform/persistence';
import { mergeLocation } from '../domain/merge-location.js';
import { LocationRepository, type StoredLocation } from '../store/location-repository.js';
import { StoreLocation } from './store-location.js';

export type PutOutcome = 'created' | 'updated' | 'unchanged';

/** The back-end puts a location. The same content again changes nothing and tells nobody. */
@Injectable()
export class PutLocation {
  constructor(
    private readonly database: Database,
    private readonly locations: LocationRepository,
    private readonly storeLocation: StoreLocation,
  ) {}

  /** @throws VoltapError invalid_parameter when the location contradicts itself. */
  async execute(location: Location): Promise<{ outcome: PutOutcome; stored: StoredLocation }> {
    const violations = locationFaults(location);
    const [first] = violations;
    if (first !== undefined) {
      throw new VoltapError('invalid_parameter', `${first.pointer}: ${first.message}.`, { violations });
    }
    return this.database.transaction((transaction) => this.within(transaction, location));
  }

  async within(transaction: Transaction, location: Location): Promise<{ outcome: PutOutcome; stored: StoredLocation }> {
    const current = await this.locations.lock(transaction, location, location.id);
    const merged = mergeLocation(current?.content ?? null, location);
    if (current !== null && !merged.changed) return { outcome: 'unchanged', stored: current };
    const stored = await this.storeLocation.execute(transaction, merged);
    return { outcome: current === null ? 'created' : 'updated', stored };
  }
}
