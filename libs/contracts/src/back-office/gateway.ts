import { z } from 'zod';
import { DELIVERY_KINDS } from '../events/deliveries.js';
import { backOfficeEndpoint, listOf, listQuerySchema } from './endpoint.js';

export const deliveryStateSchema = z.enum([
  'PENDING',
  'IN_FLIGHT',
  'SUCCEEDED',
  'REFUSED',
  'SUPERSEDED',
  'EXHAUSTED',
  'GIVEN_UP',
]);

/** Modules by which deliveries are looked for. */
export const DELIVERY_MODULES = ['locations', 'tariffs', 'sessions', 'cdrs', 'commands'] as const;
/** Modules that can be told again. */
export const RESYNC_MODULES = ['locations', 'tariffs', 'sessions', 'cdrs'] as const;

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
  authorizationReference: z.string().nullable().describe('Of the charge, where the object belongs to one'),
  location: z.string().nullable().describe('Where the partner keeps the object, when it said so'),
  lastReason: z.string().nullable().describe('Why the last attempt was not accepted'),
  resynced: z.boolean().describe('It catches up with what the partner missed'),
  createdAt: z.string(),
  openedAt: z.string().describe('Since when it is to be sent: since it was made, or opened again'),
  settledAt: z.string().nullable(),
});
export type DeliveryRecord = z.infer<typeof deliveryRecordSchema>;

const headersSchema = z.record(z.string(), z.string());

export const exchangeRecordSchema = z.object({
  at: z.string(),
  method: z.string(),
  url: z.string(),
  requestId: z.string().describe('X-Request-ID'),
  correlationId: z.string().describe('X-Correlation-ID'),
  requestHeaders: headersSchema,
  requestBody: z.string().nullable(),
  httpStatus: z.number().int().nullable().describe('Null when no answer came'),
  responseHeaders: headersSchema,
  responseBody: z.string().nullable(),
  durationMs: z.number().int(),
});
export type ExchangeRecord = z.infer<typeof exchangeRecordSchema>;

export const deliveryDetailsSchema = deliveryRecordSchema.extend({
  history: z.array(
    z.object({
      at: z.string(),
      durationMs: z.number().int(),
      httpStatus: z.number().int().nullable(),
      statusCode: z.number().int().nullable(),
      outcome: z.string(),
      reason: z.string().nullable(),
      requestId: z.string().nullable().describe('Of the last request of the attempt'),
      exchanges: z
        .array(exchangeRecordSchema)
        .describe('What was sent and answered; secrets and what names a driver or a card are never stored'),
    }),
  ),
});
export type DeliveryDetails = z.infer<typeof deliveryDetailsSchema>;

export const deliveryQueueSchema = z.object({
  partnerId: z.string(),
  connected: z.boolean().describe('False: states wait until the partner is registered again'),
  paused: z
    .object({ at: z.string(), by: z.string().describe('API key'), reason: z.string() })
    .nullable()
    .describe('By an operator: nothing is sent'),
  failures: z.number().int().describe('Attempts in a row without answer; from five on only probes are sent'),
  nextProbeAt: z.string().nullable(),
  restUntil: z.string().nullable().describe('The partner asked to be left alone (Retry-After)'),
  pending: z.number().int(),
  inFlight: z.number().int(),
  oldestPendingAt: z.string().nullable(),
  refused: z.number().int(),
  exhausted: z.number().int(),
});
export type DeliveryQueueRecord = z.infer<typeof deliveryQueueSchema>;

const reasonSchema = z.string().trim().min(1).max(500);
const service = 'gateway';
const queue = '/delivery-queues/:partnerId';

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
      module: z.enum(DELIVERY_MODULES).optional(),
      object: z
        .string()
        .min(1)
        .optional()
        .describe('Id of a location, tariff, session, CDR or command, or a whole key such as DE*VLT*S-1'),
      authorizationReference: z.string().min(1).optional().describe('Everything about one charge'),
      from: z.iso.datetime().optional().describe('Made at this time or after'),
      to: z.iso.datetime().optional().describe('Made before this time'),
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
  giveUpDelivery: backOfficeEndpoint({
    id: 'gateway.giveUpDelivery',
    service,
    method: 'POST',
    path: '/deliveries/:id/give-up',
    scope: 'operate',
    summary: 'End a delivery that waits',
    description:
      'It is not tried any more, and not sent when the partner comes back; it can be sent again by hand. One that is on its way, or was accepted, cannot be given up (409).',
    body: z.object({ reason: reasonSchema.describe('Why; kept with the delivery') }),
    response: deliveryDetailsSchema,
    status: 200,
  }),
  listDeliveryQueues: backOfficeEndpoint({
    id: 'gateway.listDeliveryQueues',
    service,
    method: 'GET',
    path: '/delivery-queues',
    scope: 'read',
    summary: 'The queue of each partner: what waits, and why',
    response: z.object({ items: z.array(deliveryQueueSchema) }),
    status: 200,
  }),
  pauseDeliveries: backOfficeEndpoint({
    id: 'gateway.pauseDeliveries',
    service,
    method: 'POST',
    path: `${queue}/pause`,
    scope: 'operate',
    summary: 'Send nothing to a partner for now',
    description:
      'What is on its way is finished. Of each object the newest state waits; results of commands miss their deadlines. The partner may call as before.',
    body: z.object({ reason: reasonSchema.describe('Why; shown until the queue is resumed') }),
    response: deliveryQueueSchema,
    status: 200,
  }),
  resumeDeliveries: backOfficeEndpoint({
    id: 'gateway.resumeDeliveries',
    service,
    method: 'POST',
    path: `${queue}/resume`,
    scope: 'operate',
    summary: 'Send to a partner again, at once',
    description: 'Also ends a pause that the partner asked for, and the sparing of one that did not answer.',
    response: deliveryQueueSchema,
    status: 200,
  }),
  resyncDeliveries: backOfficeEndpoint({
    id: 'gateway.resyncDeliveries',
    service,
    method: 'POST',
    path: `${queue}/resync`,
    scope: 'operate',
    summary: 'Tell a partner everything of a module again',
    description:
      'Locations and tariffs: all that the partner should have, each as it is now. Sessions: those that are kept. CDRs: those that were not accepted in time.',
    body: z.object({ module: z.enum(RESYNC_MODULES) }),
    response: z.object({ planned: z.number().int().describe('Objects that are to be sent') }),
    status: 200,
  }),
};
