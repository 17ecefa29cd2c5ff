import { tokenSchema } from '@voltap/ocpi/model';
import { z } from 'zod';
import { backOfficeEndpoint, listOf, listQuerySchema } from './endpoint.js';

export const tokenRecordSchema = z.object({
  partnerId: z.string().describe('Whose token it is'),
  revision: z.number().int(),
  token: tokenSchema,
});
export type TokenRecord = z.infer<typeof tokenRecordSchema>;

export const tokensEndpoints = {
  list: backOfficeEndpoint({
    id: 'tokens.list',
    service: 'tokens',
    method: 'GET',
    path: '/tokens',
    scope: 'read',
    summary: 'Tokens that partners put, in order of arrival',
    query: listQuerySchema,
    response: listOf(tokenRecordSchema),
    status: 200,
  }),
};
