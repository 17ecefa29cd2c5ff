import { countryCodeSchema, locationSchema, partyIdSchema, statusSchema } from '@voltap/ocpi/model';
import { adHocFindingSchema } from '@voltap/ocpi/pricing';
import { z } from 'zod';
import { backOfficeEndpoint, listOf, listQuerySchema } from './endpoint.js';
import { languagesSchema } from './prices.js';

const violations = z.array(z.object({ pointer: z.string(), message: z.string() }));

export const locationRecordSchema = z.object({ revision: z.number().int(), location: locationSchema });

export const evseStatusReportSchema = z.object({
  country_code: countryCodeSchema,
  party_id: partyIdSchema,
  location_id: z.string().min(1),
  evse_uid: z.string().min(1),
  status: statusSchema,
});

export const connectorSelectorSchema = z.object({
  location_id: z.string().min(1),
  evse_uid: z.string().min(1).optional(),
  connector_id: z.string().min(1).optional(),
});

const service = 'locations';
const PATH = '/locations/:country_code/:party_id/:id';

export const locationsEndpoints = {
  import: backOfficeEndpoint({
    id: 'locations.import',
    service,
    method: 'POST',
    path: '/locations/import',
    scope: 'back-end',
    summary: 'Import a network of locations',
    description:
      'A JSON array (application/json) or one location a line (application/x-ndjson), of any size. Records that OCPI cannot carry are refused with pointers, the others go in. Importing the same again changes nothing.',
    streamed: ['application/json', 'application/x-ndjson'],
    query: z.object({
      tariff_id: z.string().min(1).max(36).optional().describe('Attached to every connector that names no tariff'),
    }),
    response: z.object({
      received: z.number().int(),
      created: z.number().int(),
      updated: z.number().int(),
      unchanged: z.number().int(),
      refused: z.number().int(),
      refusals: z.array(z.object({ index: z.number().int(), id: z.string().nullable(), violations })),
    }),
    status: 200,
  }),
  list: backOfficeEndpoint({
    id: 'locations.list',
    service,
    method: 'GET',
    path: '/locations',
    scope: 'read',
    summary: 'Locations with their EVSEs and connectors',
    query: listQuerySchema,
    response: listOf(locationRecordSchema),
    status: 200,
  }),
  read: backOfficeEndpoint({
    id: 'locations.read',
    service,
    method: 'GET',
    path: PATH,
    scope: 'read',
    summary: 'One location',
    response: locationRecordSchema,
    status: 200,
  }),
  put: backOfficeEndpoint({
    id: 'locations.put',
    service,
    method: 'PUT',
    path: PATH,
    scope: 'back-end',
    summary: 'Put a location as a whole',
    description: 'An EVSE that is left out stays, with status REMOVED. The same content again changes nothing.',
    body: z.looseObject({}).describe('OCPI 2.3.0 Location; the ids of the path may be left out'),
    response: locationRecordSchema,
    status: 200,
  }),
  reportStatuses: backOfficeEndpoint({
    id: 'locations.reportStatuses',
    service,
    method: 'POST',
    path: '/evse-statuses',
    scope: 'back-end',
    summary: 'Report the status of an EVSE, or of many',
    description:
      'Partners are told at once of what changed. Reports that name nothing known are refused, the others hold.',
    body: z.union([evseStatusReportSchema, z.array(evseStatusReportSchema).min(1).max(5000)]),
    response: z.object({
      received: z.number().int(),
      changed: z.number().int(),
      unchanged: z.number().int(),
      refused: z.number().int(),
      refusals: z.array(z.object({ index: z.number().int(), violations })),
    }),
    status: 200,
  }),
  check: backOfficeEndpoint({
    id: 'locations.check',
    service,
    method: 'GET',
    path: `${PATH}/check`,
    scope: 'read',
    summary: 'Whether each connector of a location has the one tariff that payment terminals need, and why not',
    query: z.object({ languages: languagesSchema }),
    response: z.object({
      fit: z.boolean().describe('Nothing that was found is an error'),
      connectors: z.array(
        z.object({
          evse_uid: z.string(),
          connector_id: z.string(),
          tariff_id: z.string().nullable().describe('What a terminal shows here; null when there is none, or several'),
          findings: z
            .array(adHocFindingSchema)
            .describe('Pointers below /evses are into the location, others into the tariff'),
        }),
      ),
    }),
    status: 200,
  }),
  assignTariff: backOfficeEndpoint({
    id: 'locations.assignTariff',
    service,
    method: 'PUT',
    path: '/tariff-assignments/:country_code/:party_id/:tariff_id',
    scope: 'operate',
    summary: 'Make a tariff the one of connectors',
    body: z.object({ connectors: z.union([z.literal('all'), z.array(connectorSelectorSchema).min(1)]) }),
    response: z.object({ changed: z.number().int().describe('Locations that changed') }),
    status: 200,
  }),
};
