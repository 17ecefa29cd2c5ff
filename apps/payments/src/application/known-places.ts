import { Injectable } from '@nestjs/common';
import { type Party, VoltapError } from '@voltap/kernel';
import { Projections } from '../store/projections.js';

/** Locations with all of their EVSEs, and single EVSEs beside them. */
export interface Places {
  readonly location_ids: readonly string[];
  readonly evse_uids: readonly string[];
}

/** Terminals serve only places that their provider can see (PAY-49). */
@Injectable()
export class KnownPlaces {
  constructor(private readonly projections: Projections) {}

  /** @throws VoltapError invalid_parameter naming the first place that none of the parties has. */
  async check(parties: readonly Party[], places: Places): Promise<void> {
    for (const [index, id] of places.location_ids.entries()) {
      const found = await Promise.all(parties.map((party) => this.projections.location(party, id)));
      if (found.every((location) => location === null)) throw unknown(`/location_ids/${index}`, `location ${id}`);
    }
    for (const [index, uid] of places.evse_uids.entries()) {
      if (!(await this.projections.hasEvse(parties, uid))) throw unknown(`/evse_uids/${index}`, `EVSE ${uid}`);
    }
  }
}

function unknown(pointer: string, what: string): VoltapError {
  return new VoltapError('invalid_parameter', `${pointer}: there is no ${what} that this partner can see.`, {
    violations: [{ pointer, message: 'is not known' }],
  });
}
