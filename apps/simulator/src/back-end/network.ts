import { type Party, sameParty } from '@voltap/kernel';
import type { BackOfficeClient } from '../back-office/back-office-client.js';
import { type JsonObject, numberOf, objectOf, objectsOf, sameId, textOf } from '../wire/json.js';

/** A charge point as the back-end runs it. */
export interface ChargePoint {
  readonly party: Party;
  readonly locationId: string;
  readonly evseUid: string;
  readonly connectorId: string;
  readonly current: 'AC' | 'DC';
  /** kW of its first connector. */
  readonly powerKw: number;
  status: string;
}

/** The charge points of the operator, by EVSE; read from the platform and then ours to know. */
export class Network {
  private readonly points = new Map<string, ChargePoint>();

  constructor(
    private readonly backOffice: BackOfficeClient,
    private readonly party: Party | null,
  ) {}

  get all(): ChargePoint[] {
    return [...this.points.values()];
  }

  /** Reads all locations; a status that is ours already stays. */
  async load(): Promise<void> {
    for await (const item of this.backOffice.list('/locations')) this.learn(objectOf(item, 'location') ?? item);
  }

  /** The charge point of a command; asked of the platform when it came after the last reading. */
  async find(evseUid: string): Promise<ChargePoint | null> {
    if (!this.points.has(evseUid.toUpperCase())) await this.load();
    return this.points.get(evseUid.toUpperCase()) ?? null;
  }

  private learn(location: JsonObject): void {
    const country_code = textOf(location, 'country_code') ?? '';
    const party_id = textOf(location, 'party_id') ?? '';
    if (this.party && !sameParty(this.party, { country_code, party_id })) return;
    for (const evse of objectsOf(location, 'evses')) {
      const uid = textOf(evse, 'uid');
      const connector = objectsOf(evse, 'connectors')[0];
      if (uid === undefined || !connector || this.points.has(uid.toUpperCase())) continue;
      this.points.set(uid.toUpperCase(), {
        party: { country_code, party_id },
        locationId: textOf(location, 'id') ?? '',
        evseUid: uid,
        connectorId: textOf(connector, 'id') ?? '',
        current: textOf(connector, 'power_type') === 'DC' ? 'DC' : 'AC',
        powerKw: connectorPower(connector),
        status: textOf(evse, 'status') ?? 'UNKNOWN',
      });
    }
  }

  at(locationId: string): ChargePoint[] {
    return this.all.filter((point) => sameId(point.locationId, locationId));
  }
}

/** kW: what the connector states, else volt × ampere × phases. */
function connectorPower(connector: JsonObject): number {
  const stated = numberOf(connector, 'max_electric_power');
  if (stated !== undefined) return stated / 1_000;
  const phases = textOf(connector, 'power_type') === 'AC_3_PHASE' ? 3 : 1;
  return ((numberOf(connector, 'max_voltage') ?? 230) * (numberOf(connector, 'max_amperage') ?? 16) * phases) / 1_000;
}
