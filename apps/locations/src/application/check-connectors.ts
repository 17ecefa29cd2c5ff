import { Injectable } from '@nestjs/common';
import { Clock, type Party, VoltapError } from '@voltap/kernel';
import type { Connector } from '@voltap/ocpi/model';
import { type AdHocFinding, adHocFindings, adHocTariffs, connectorTariffFindings } from '@voltap/ocpi/pricing';
import { LocationRepository } from '../store/location-repository.js';
import { Projections } from '../store/projections.js';

export interface CheckedConnector {
  readonly evse_uid: string;
  readonly connector_id: string;
  /** The tariff that a terminal shows here; null when there is none, or more than one. */
  readonly tariff_id: string | null;
  /** Of the connector, and of that tariff. */
  readonly findings: readonly AdHocFinding[];
}

/** Whether every connector of a location has the one tariff that payment terminals need, and one that suits them. */
@Injectable()
export class CheckConnectors {
  constructor(
    private readonly locations: LocationRepository,
    private readonly projections: Projections,
    private readonly clock: Clock,
  ) {}

  /** @throws VoltapError not_found. */
  async execute(party: Party, id: string, languages: readonly string[]): Promise<CheckedConnector[]> {
    const stored = await this.locations.find(party, id);
    if (stored === null) throw new VoltapError('not_found', `There is no location ${id} of this party.`);
    const checked: CheckedConnector[] = [];
    for (const [evse, { uid, status, connectors }] of (stored.content.evses ?? []).entries()) {
      if (status === 'REMOVED') continue;
      for (const [index, connector] of connectors.entries()) {
        const { id: connector_id, tariff_ids = [] } = connector;
        const known = await this.projections.tariffsOf(party, tariff_ids);
        const now = this.clock.now();
        const [tariff, ...others] = adHocTariffs(known, now);
        const place = { now, languages, maxPowerKw: powerOf(connector) };
        const one = tariff !== undefined && others.length === 0 ? tariff : null;
        const where = `/evses/${evse}/connectors/${index}`;
        checked.push({
          evse_uid: uid,
          connector_id,
          tariff_id: one?.id ?? null,
          findings: [
            ...connectorTariffFindings(tariff_ids, known, now).map((found) => ({
              ...found,
              pointer: `${where}${found.pointer}`,
            })),
            ...(one === null ? [] : adHocFindings(one, place)),
          ],
        });
      }
    }
    return checked;
  }
}

const PHASES: Readonly<Record<string, number>> = { AC_2_PHASE: 2, AC_2_PHASE_SPLIT: 2, AC_3_PHASE: 3 };

/** In kW. Voltage is that of one phase. */
function powerOf({ max_electric_power, max_voltage, max_amperage, power_type }: Connector): number {
  return (max_electric_power ?? max_voltage * max_amperage * (PHASES[power_type] ?? 1)) / 1000;
}
