import { Controller } from '@nestjs/common';
import { locationsEndpoints } from '@voltap/contracts/back-office';
import { VoltapError } from '@voltap/kernel';
import { type Location, locationSchema } from '@voltap/ocpi/model';
import {
  decodeCursor,
  encodeCursor,
  ownedBody,
  partyParameter,
  pathParameter,
  RestEndpoint,
  RestRequest,
  type RestRequestOf,
  validate,
} from '@voltap/platform/rest';
import { AssignTariff } from '../application/assign-tariff.js';
import { CheckConnectors, type CheckedConnector } from '../application/check-connectors.js';
import { ImportLocations, type ImportSummary } from '../application/import-locations.js';
import { PutLocation } from '../application/put-location.js';
import { ReportEvseStatus, type ReportSummary } from '../application/report-evse-status.js';
import { LocationRepository, type StoredLocation } from '../store/location-repository.js';

interface LocationRecord {
  readonly revision: number;
  readonly location: Location;
}

/** The network, as the charging back-end hands it over and the operator sees it. */
@Controller()
export class LocationsBackOfficeController {
  constructor(
    private readonly importLocations: ImportLocations,
    private readonly putLocation: PutLocation,
    private readonly reportEvseStatus: ReportEvseStatus,
    private readonly assignTariff: AssignTariff,
    private readonly checkConnectors: CheckConnectors,
    private readonly locations: LocationRepository,
  ) {}

  @RestEndpoint(locationsEndpoints.import)
  import(
    @RestRequest() { stream, contentType, query }: RestRequestOf<typeof locationsEndpoints.import>,
  ): Promise<ImportSummary> {
    const format = contentType === 'application/x-ndjson' ? 'ndjson' : 'array';
    return this.importLocations.execute(stream, format, query.tariff_id);
  }

  @RestEndpoint(locationsEndpoints.list)
  async list(
    @RestRequest() { query }: RestRequestOf<typeof locationsEndpoints.list>,
  ): Promise<{ items: LocationRecord[]; next: string | null }> {
    const { items, next } = await this.locations.list({
      scopes: await this.locations.scopes(),
      limit: query.limit,
      position: decodeCursor(query.cursor),
    });
    return { items: items.map(recordOf), next: next === null ? null : encodeCursor(next) };
  }

  @RestEndpoint(locationsEndpoints.read)
  async read(@RestRequest() { params }: RestRequestOf<typeof locationsEndpoints.read>): Promise<LocationRecord> {
    const id = pathParameter(params, 'id');
    const stored = await this.locations.find(partyParameter(params), id);
    if (stored === null) throw new VoltapError('not_found', `There is no location ${id} of this party.`);
    return recordOf(stored);
  }

  @RestEndpoint(locationsEndpoints.check)
  async check(
    @RestRequest() { params, query }: RestRequestOf<typeof locationsEndpoints.check>,
  ): Promise<{ fit: boolean; connectors: CheckedConnector[] }> {
    const id = pathParameter(params, 'id');
    const connectors = await this.checkConnectors.execute(
      partyParameter(params),
      id,
      query.languages?.split(',') ?? [],
    );
    const fit = connectors.every(({ findings }) => findings.every(({ severity }) => severity !== 'error'));
    return { fit, connectors };
  }

  @RestEndpoint(locationsEndpoints.put)
  async put(@RestRequest() { params, body }: RestRequestOf<typeof locationsEndpoints.put>): Promise<LocationRecord> {
    const location = validate(locationSchema, ownedBody(params, body), '/');
    const { stored } = await this.putLocation.execute(location);
    return recordOf(stored);
  }

  @RestEndpoint(locationsEndpoints.reportStatuses)
  async reportStatuses(
    @RestRequest() { body }: RestRequestOf<typeof locationsEndpoints.reportStatuses>,
  ): Promise<ReportSummary & { refused: number }> {
    const summary = await this.reportEvseStatus.execute(Array.isArray(body) ? body : [body]);
    return { ...summary, refused: summary.refusals.length };
  }

  @RestEndpoint(locationsEndpoints.assignTariff)
  async assign(
    @RestRequest() { params, body }: RestRequestOf<typeof locationsEndpoints.assignTariff>,
  ): Promise<{ changed: number }> {
    const tariffId = pathParameter(params, 'tariff_id');
    return { changed: await this.assignTariff.execute(partyParameter(params), tariffId, body.connectors) };
  }
}

function recordOf(stored: StoredLocation): LocationRecord {
  return { revision: stored.revision, location: stored.content };
}
