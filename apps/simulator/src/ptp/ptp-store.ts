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
  /** Until when (ms) a token that was replaced is still taken, since requests with it are on their way. */
  private readonly retired = new Map<string, number>();

  constructor(private readonly file: StateFile<PtpState>) {
    this.state = file.load(emptyPtpState());
  }

  /** Changes what is durable; it is on disk when this returns. */
  commit(change: (state: PtpState) => void): void {
    change(this.state);
    this.file.save(this.state);
    this.changed.notify();
  }

  /** Puts a registration in the place of the one before; its token is taken for a while. */
  register(registration: Registration, graceMs: number): void {
    const before = this.state.registration?.acceptedToken;
    if (before !== undefined && graceMs > 0) this.retired.set(before, Date.now() + graceMs);
    this.commit((state) => {
      state.registration = registration;
    });
  }

  /** Ends the registration: no token opens anything. */
  forget(): void {
    this.retired.clear();
    this.commit((state) => {
      state.registration = null;
    });
  }

  /** How good a token of the platform is; `pending` and `retired` while tokens are exchanged. */
  standing(token: string): 'current' | 'retired' | 'pending' | 'offered' | null {
    const { registration, offeredToken } = this.state;
    if (token === registration?.acceptedToken) return 'current';
    if (this.pendingTokens.has(token)) return 'pending';
    if (token === offeredToken) return 'offered';
    return registration !== null && (this.retired.get(token) ?? 0) > Date.now() ? 'retired' : null;
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
