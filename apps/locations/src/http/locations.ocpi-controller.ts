import { Controller } from '@nestjs/common';
import { withoutTariffs } from '@voltap/contracts/events';
import { objectKey, type PartyKey, partyOf, VoltapError } from '@voltap/kernel';
import { locations } from '@voltap/ocpi/endpoints';
import type { Connector, Evse, Location } from '@voltap/ocpi/model';
import { OcpiEndpoint, type OcpiPage, OcpiRequest, type OcpiRequestOf, ocpiPage } from '@voltap/ocpi/server';
import { decodeCursor } from '@voltap/ocpi/transport';
import { LocationRepository } from '../store/location-repository.js';
import { Projections } from '../store/projections.js';

/** Locations as Sender (requirements LOC): the network of the parties that the partner deals with. Connectors name the tariffs that it sees. */
@Controller()
export class LocationsOcpiController {
  constructor(
    private readonly locations: LocationRepository,
    private readonly projections: Projections,
  ) {}

  @OcpiEndpoint(locations.sender.list)
  async list(
    @OcpiRequest() { caller, page, parties }: OcpiRequestOf<typeof locations.sender.list>,
  ): Promise<OcpiPage<Location>> {
    const { items, total, next } = await this.locations.listTexts({
      scopes: parties,
      ...page,
      position: page.cursor === undefined ? undefined : decodeCursor(page.cursor),
    });
    const hidden = await this.projections.hiddenFrom(caller.partnerId);
    // As a rule nothing is hidden, and the stored texts go out as they are.
    if (hidden.size === 0) return ocpiPage({ texts: items }, { total, next: next ?? undefined });
    return ocpiPage(
      items.map((text) => asSeen(JSON.parse(text) as Location, hidden)),
      { total, next: next ?? undefined },
    );
  }

  @OcpiEndpoint(locations.sender.object)
  object(@OcpiRequest() { caller, params, parties }: OcpiRequestOf<typeof locations.sender.object>): Promise<Location> {
    return this.locate(caller.partnerId, parties, params.location_id);
  }

  @OcpiEndpoint(locations.sender.evse)
  async evse(@OcpiRequest() { caller, params, parties }: OcpiRequestOf<typeof locations.sender.evse>): Promise<Evse> {
    return evseOf(await this.locate(caller.partnerId, parties, params.location_id), params.evse_uid);
  }

  @OcpiEndpoint(locations.sender.connector)
  async connector(
    @OcpiRequest() { caller, params, parties }: OcpiRequestOf<typeof locations.sender.connector>,
  ): Promise<Connector> {
    const evse = evseOf(await this.locate(caller.partnerId, parties, params.location_id), params.evse_uid);
    const connector = evse.connectors.find(({ id }) => id.toUpperCase() === params.connector_id.toUpperCase());
    if (connector === undefined) throw missing('connector', params.connector_id);
    return connector;
  }

  private async locate(partnerId: string, parties: readonly PartyKey[], id: string): Promise<Location> {
    for (const party of parties) {
      const stored = await this.locations.find(partyOf(party), id);
      if (stored !== null) return asSeen(stored.content, await this.projections.hiddenFrom(partnerId));
    }
    throw missing('location', id);
  }
}

/** A place without the tariffs that are for others, which are named by their keys. */
function asSeen(location: Location, hidden: ReadonlySet<string>): Location {
  return hidden.size === 0 ? location : withoutTariffs(location, (id) => hidden.has(objectKey(location, id)));
}

function evseOf(location: Location, uid: string): Evse {
  const evse = location.evses?.find((candidate) => candidate.uid.toUpperCase() === uid.toUpperCase());
  if (evse === undefined) throw missing('EVSE', uid);
  return evse;
}

function missing(kind: string, id: string): VoltapError {
  return new VoltapError('not_found', `There is no ${kind} ${id}.`);
}
