import { tariffSchema } from '@voltap/ocpi/model';
import { z } from 'zod';
import { backOfficeEndpoint, listOf, listQuerySchema } from './endpoint.js';

export const tariffRecordSchema = z.object({
  revision: z.number().int(),
  tariff: tariffSchema,
  audience: z
    .array(z.string())
    .nullable()
    .describe('Ids of the partners that see it and are told of it; null: all that deal with its party'),
});
export type TariffRecord = z.infer<typeof tariffRecordSchema>;

const PATH = '/tariffs/:country_code/:party_id/:id';
const service = 'tariffs';

export const tariffsEndpoints = {
  list: backOfficeEndpoint({
    id: 'tariffs.list',
    service,
    method: 'GET',
    path: '/tariffs',
    scope: 'read',
    summary: 'Tariffs as offered now',
    query: listQuerySchema,
    response: listOf(tariffRecordSchema),
    status: 200,
  }),
  read: backOfficeEndpoint({
    id: 'tariffs.read',
    service,
    method: 'GET',
    path: PATH,
    scope: 'read',
    summary: 'One tariff',
    response: tariffRecordSchema,
    status: 200,
  }),
  put: backOfficeEndpoint({
    id: 'tariffs.put',
    service,
    method: 'PUT',
    path: PATH,
    scope: 'back-end',
    summary: 'Offer a tariff, or a new revision of it',
    description: 'The same content again changes nothing. Running charges keep the revision they started under.',
    body: z.looseObject({}).describe('OCPI 2.3.0 Tariff; the ids of the path may be left out'),
    response: tariffRecordSchema,
    status: 200,
  }),
  putAudience: backOfficeEndpoint({
    id: 'tariffs.putAudience',
    service,
    method: 'PUT',
    path: `${PATH}/audience`,
    scope: 'operate',
    summary: 'Say which partners see a tariff and are told of it',
    description:
      'At a partner that leaves the audience the tariff is deleted. The audience stays when the tariff is put again, also after it was deleted.',
    body: z.object({
      partners: z
        .array(z.string().min(1))
        .nullable()
        .describe('Ids of partners, none for nobody; null: all that deal with its party'),
    }),
    response: tariffRecordSchema,
    status: 200,
  }),
  delete: backOfficeEndpoint({
    id: 'tariffs.delete',
    service,
    method: 'DELETE',
    path: PATH,
    scope: 'back-end',
    summary: 'Offer a tariff no more',
    response: z.object({ deleted: z.boolean() }),
    status: 200,
  }),
};
