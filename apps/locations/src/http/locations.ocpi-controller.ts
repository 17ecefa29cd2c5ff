import { Controller } from '@nestjs/common';
import { type PartyKey, partyOf, VoltapError } from '@voltap/kernel';
import { locations } from '@voltap/ocpi/endpoints';
import type { Connector, Evse, Location } from '@voltap/ocpi/model';
import { OcpiEndpoint, type OcpiPage, OcpiRequest, type OcpiRequestOf, ocpiPage } from '@voltap/ocpi/server';
import { decodeCursor } from '@voltap/ocpi/transport';
import { LocationRepository } from '../store/location-repository.js';

/** Locations as Sender (requirements LOC): the network of the parties that the partner deals with. */
@Controller()
export class LocationsOcpiController {
  constructor(private readonly locations: LocationRepository) {}

  @OcpiEndpoint(locations.sender.list)
  async list(
    @OcpiRequest() { page, parties }: OcpiRequestOf<typeof locations.sender.list>,
  ): Promise<OcpiPage<Location>> {
    const { items, total, next } = await this.locations.listTexts({
      scopes: parties,
      ...page,
      position: page.cursor === undefined ? undefined : decodeCursor(page.cursor),
    });
    return ocpiPage({ texts: items }, { total, next: next ?? undefined });
  }

  @OcpiEndpoint(locations.sender.object)
  object(@OcpiRequest() { params, parties }: OcpiRequestOf<typeof locations.sender.object>): Promise<Location> {
    return this.locate(parties, params.location_id);
  }

  @OcpiEndpoint(locations.sender.evse)
  async evse(@OcpiRequest() { params, parties }: OcpiRequestOf<typeof locations.sender.evse>): Promise<Evse> {
    return evseOf(await this.locate(parties, params.location_id), params.evse_uid);
  }

  @OcpiEndpoint(locations.sender.connector)
  async connector(
    @OcpiRequest() { params, parties }: OcpiRequestOf<typeof locations.sender.connector>,
  ): Promise<Connector> {
    const evse = evseOf(await this.locate(parties, params.location_id), params.evse_uid);
    const connector = evse.connectors.find(({ id }) => id.toUpperCase() === params.connector_id.toUpperCase());
    if (connector === undefined) throw missing('connector', params.connector_id);
    return connector;
  }

  private async locate(parties: readonly PartyKey[], id: string): Promise<Location> {
    for (const party of parties) {
      const stored = await this.locations.find(partyOf(party), id);
      if (stored !== null) return stored.content;
    }
    throw missing('location', id);
  }
}

function evseOf(location: Location, uid: string): Evse {
  const evse = location.evses?.find((candidate) => candidate.uid.toUpperCase() === uid.toUpperCase());
  if (evse === undefined) throw missing('EVSE', uid);
  return evse;
}

function missing(kind: string, id: string): VoltapError {
  return new VoltapError('not_found', `There is no ${kind} ${id}.`);
}
