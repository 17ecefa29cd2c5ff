import { tokenSchema } from '@voltap/ocpi/model';
import { z } from 'zod';
import { backOfficeEndpoint, listOf, listQuerySchema } from './endpoint.js';
import { pullListSchema } from './pulls.js';

export const tokenRecordSchema = z.object({
  partnerId: z.string().describe('Whose token it is'),
  revision: z.number().int(),
  missingSince: z
    .string()
    .nullable()
    .describe("Since when the partner's complete list lacks it: it counts as no longer valid, until it is told again"),
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
    summary: 'Tokens of partners, in order of arrival',
    query: listQuerySchema,
    response: listOf(tokenRecordSchema),
    status: 200,
  }),
  pull: backOfficeEndpoint({
    id: 'tokens.pull',
    service: 'tokens',
    method: 'POST',
    path: '/tokens/pull/:partnerId',
    scope: 'operate',
    summary: "Fetch a partner's tokens now",
    description: 'A full pull; after the one that is running. Without it the lists are pulled by the clock.',
    response: z.object({
      tokens: z.number().int(),
      foreign: z.number().int().describe('Tokens of parties that are not roles of the partner: refused'),
      invalid: z.number().int().describe('Elements that could not be read'),
      missing: z.number().int().describe('Tokens that are not in the list any more'),
    }),
    status: 200,
  }),
  listPulls: backOfficeEndpoint({
    id: 'tokens.listPulls',
    service: 'tokens',
    method: 'GET',
    path: '/tokens/pulls',
    scope: 'read',
    summary: "When partners' tokens were fetched last, and when they are next",
    response: pullListSchema,
    status: 200,
  }),
};
