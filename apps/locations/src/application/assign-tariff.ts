import { Injectable } from '@nestjs/common';
import { type Party, VoltapError } from '@voltap/kernel';
import { Database } from '@voltap/platform/persistence';
import { assignTariff, type ConnectorSelector } from '../domain/merge-location.js';
import { LocationRepository } from '../store/location-repository.js';
import { StoreLocation } from './store-location.js';

/** The operator makes a tariff the one of all connectors of a party, or of chosen ones. */
@Injectable()
export class AssignTariff {
  constructor(
    private readonly database: Database,
    private readonly locations: LocationRepository,
    private readonly storeLocation: StoreLocation,
  ) {}

  /**
   * @returns the number of locations that changed.
   * @throws VoltapError not_found naming the first location or connector that is unknown; the ones before it are assigned.
   */
  async execute(party: Party, tariffId: string, chosen: 'all' | readonly ConnectorSelector[]): Promise<number> {
    const selectors = chosen === 'all' ? (await this.locations.ids(party)).map((id) => ({ location_id: id })) : chosen;
    let changed = 0;
    for (const selector of selectors) {
      if (await this.assign(party, tariffId, selector)) changed += 1;
    }
    return changed;
  }

  private assign(party: Party, tariffId: string, selector: ConnectorSelector): Promise<boolean> {
    return this.database.transaction(async (transaction) => {
      const current = await this.locations.lock(transaction, party, selector.location_id);
      if (current === null)
        throw new VoltapError('not_found', `There is no location ${selector.location_id} of this party.`);
      const merged = assignTariff(current.content, tariffId, selector);
      if (merged === null) throw new VoltapError('not_found', `Location ${current.content.id} has no such connector.`);
      if (!merged.changed) return false;
      await this.storeLocation.execute(transaction, merged);
      return true;
    });
  }
}
