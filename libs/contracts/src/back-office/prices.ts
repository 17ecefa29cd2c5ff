import {
  adHocFindingSchema,
  priceAnswerSchema,
  priceRequestSchema,
  purchaseAnswerSchema,
  purchaseRequestSchema,
} from '@voltap/ocpi/pricing';
import { z } from 'zod';
import { backOfficeEndpoint } from './endpoint.js';

const service = 'tariffs';

export const adHocCheckSchema = z.object({
  fit: z.boolean().describe('Nothing that was found is an error'),
  findings: z.array(adHocFindingSchema),
});
export type AdHocCheck = z.infer<typeof adHocCheckSchema>;

export const languagesSchema = z
  .string()
  .regex(/^[A-Za-z]{2}(,[A-Za-z]{2})*$/, { error: 'must be ISO 639-1 codes like en,de' })
  .optional()
  .describe('Those that drivers are to find at the terminal, like en,de');

export const adHocCheckQuerySchema = z.object({
  languages: languagesSchema,
  maxPowerKw: z.coerce.number().positive().optional().describe('Of the strongest connector under the tariff'),
});

/** Questions about prices; nothing is stored. */
export const pricesEndpoints = {
  price: backOfficeEndpoint({
    id: 'prices.price',
    service,
    method: 'POST',
    path: '/prices',
    scope: 'read',
    summary: 'What a session or CDR costs under its tariff, and why',
    description:
      'By the engine that prices sessions and CDRs; nothing is stored. A CDR is priced anew and compared. What is wrong in the documents is named field by field.',
    body: priceRequestSchema,
    response: priceAnswerSchema,
    status: 200,
  }),
  purchase: backOfficeEndpoint({
    id: 'prices.purchase',
    service,
    method: 'POST',
    path: '/prices/purchase',
    scope: 'read',
    summary: 'How far an amount reaches under a tariff',
    description:
      'In whole Wh, at a constant power from a moment on. The amount is with taxes; default is the one to reserve.',
    body: purchaseRequestSchema,
    response: purchaseAnswerSchema,
    status: 200,
  }),
  check: backOfficeEndpoint({
    id: 'prices.check',
    service,
    method: 'GET',
    path: '/tariffs/:country_code/:party_id/:id/check',
    scope: 'read',
    summary: 'Whether a tariff can be offered at payment terminals, and why not',
    query: adHocCheckQuerySchema,
    response: adHocCheckSchema,
    status: 200,
  }),
};
