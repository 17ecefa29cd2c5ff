import { cdrSchema } from '@voltap/ocpi/model';
import { z } from 'zod';
import { backOfficeEndpoint, listOf, listQuerySchema } from './endpoint.js';

export const cdrRecordSchema = z.object({
  partnerId: z.string().nullable(),
  acceptedAt: z.string().nullable().describe('When the partner accepted it; null while it has not'),
  location: z.string().nullable().describe('Where the partner keeps it'),
  cdr: cdrSchema,
});
export type CdrView = z.infer<typeof cdrRecordSchema>;

const service = 'cdrs';

export const cdrsEndpoints = {
  list: backOfficeEndpoint({
    id: 'cdrs.list',
    service,
    method: 'GET',
    path: '/cdrs',
    scope: 'read',
    summary: 'CDRs in the order in which they were made',
    query: listQuerySchema,
    response: listOf(cdrRecordSchema),
    status: 200,
  }),
  read: backOfficeEndpoint({
    id: 'cdrs.read',
    service,
    method: 'GET',
    path: '/cdrs/:country_code/:party_id/:id',
    scope: 'read',
    summary: 'One CDR, and whether the partner has it',
    response: cdrRecordSchema,
    status: 200,
  }),
};
