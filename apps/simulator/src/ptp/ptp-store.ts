import { Signal } from '../signal.js';
import type { StateFile } from '../state-file.js';
import { type JsonObject, objectsOf, sameId, textOf } from '../wire/json.js';
import { emptyPtpState, type PtpState, type Registration } from './ptp-state.js';

/** Key of a client owned object. */
export function ownedKey(countryCode: string, partyId: string, id: string): string {
  return `${countryCode}*${partyId}*${id}`.toUpperCase();
}

/** The PTP's memory: what must survive a restart is in `state`; locations and tariffs are a mirror, crawled again. */
export class PtpStore {
  readonly state: PtpState;
  readonly locations = new Map<string, JsonObject>();
  readonly tariffs = new Map<string, JsonObject>();
  /** Tokens accepted besides the registration's while an exchange of credentials is under way (CRED-21, CRED-31). */
  readonly pendingTokens = new Set<string>();
  readonly changed = new Signal();

  constructor(private readonly file: StateFile<PtpState>) {
    this.state = file.load(emptyPtpState());
  }

  /** Changes what is durable; it is on disk when this returns. */
  commit(change: (state: PtpState) => void): void {
    change(this.state);
    this.file.save(this.state);
    this.changed.notify();
  }

  /** @throws Error when nobody is registered. */
  get registration(): Registration {
    if (!this.state.registration) throw new Error('the PTP is not registered at a platform');
    return this.state.registration;
  }

  location(id: string): JsonObject | undefined {
    for (const location of this.locations.values()) if (sameId(textOf(location, 'id'), id)) return location;
    return undefined;
  }

  evse(locationId: string, evseUid: string): JsonObject | undefined {
    return objectsOf(this.location(locationId), 'evses').find((evse) => sameId(textOf(evse, 'uid'), evseUid));
  }

  connector(locationId: string, evseUid: string, connectorId: string): JsonObject | undefined {
    return objectsOf(this.evse(locationId, evseUid), 'connectors').find((connector) =>
      sameId(textOf(connector, 'id'), connectorId),
    );
  }

  tariff(id: string): JsonObject | undefined {
    for (const tariff of this.tariffs.values()) if (sameId(textOf(tariff, 'id'), id)) return tariff;
    return undefined;
  }
}
