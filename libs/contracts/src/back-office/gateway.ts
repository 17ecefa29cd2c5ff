import { z } from 'zod';
import { DELIVERY_KINDS } from '../events/deliveries.js';
import { backOfficeEndpoint, listOf, listQuerySchema } from './endpoint.js';

export const deliveryStateSchema = z.enum(['PENDING', 'IN_FLIGHT', 'SUCCEEDED', 'REFUSED', 'SUPERSEDED', 'EXHAUSTED']);

export const deliveryRecordSchema = z.object({
  id: z.string(),
  partnerId: z.string(),
  kind: z.enum(DELIVERY_KINDS),
  objectKey: z.string(),
  revision: z.number().int(),
  state: deliveryStateSchema,
  attempts: z.number().int(),
  nextAttemptAt: z.string().nullable(),
  correlationId: z.string().describe('X-Correlation-ID of every attempt'),
  location: z.string().nullable().describe('Where the partner keeps the object, when it said so'),
  lastReason: z.string().nullable().describe('Why the last attempt was not accepted'),
  createdAt: z.string(),
  settledAt: z.string().nullable(),
});
export type DeliveryRecord = z.infer<typeof deliveryRecordSchema>;

export const deliveryDetailsSchema = deliveryRecordSchema.extend({
  history: z.array(
    z.object({
      at: z.string(),
      durationMs: z.number().int(),
      httpStatus: z.number().int().nullable(),
      statusCode: z.number().int().nullable(),
      outcome: z.string(),
      reason: z.string().nullable(),
      requestId: z.string().nullable(),
    }),
  ),
});
export type DeliveryDetails = z.infer<typeof deliveryDetailsSchema>;

const service = 'gateway';

export const gatewayEndpoints = {
  listDeliveries: backOfficeEndpoint({
    id: 'gateway.listDeliveries',
    service,
    method: 'GET',
    path: '/deliveries',
    scope: 'read',
    summary: 'What was sent, or is to be sent, to partners, newest first',
    query: listQuerySchema.extend({
      state: deliveryStateSchema.optional(),
      partnerId: z.string().optional(),
      kind: z.enum(DELIVERY_KINDS).optional(),
    }),
    response: listOf(deliveryRecordSchema),
    status: 200,
  }),
  readDelivery: backOfficeEndpoint({
    id: 'gateway.readDelivery',
    service,
    method: 'GET',
    path: '/deliveries/:id',
    scope: 'read',
    summary: 'One delivery with every attempt',
    response: deliveryDetailsSchema,
    status: 200,
  }),
  resendDelivery: backOfficeEndpoint({
    id: 'gateway.resendDelivery',
    service,
    method: 'POST',
    path: '/deliveries/:id/resend',
    scope: 'operate',
    summary: 'Send a settled delivery again',
    description: 'With the same bytes. A state that a newer one has superseded is not sent again (409).',
    response: deliveryDetailsSchema,
    status: 200,
  }),
};
