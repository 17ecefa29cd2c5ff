import { z } from 'zod';
import { defineEvent, instant, MANY_KEYS } from './define-event.js';

export const DELIVERY_KINDS = ['command-result', 'session', 'cdr', 'evse-status', 'location', 'tariff'] as const;

export const deliverySettledSchema = z.object({
  deliveryId: z.string(),
  partnerId: z.string(),
  kind: z.enum(DELIVERY_KINDS),
  /** The delivered object: `country*party*id`, or the command id. */
  objectKey: z.string(),
  revision: z.number().int(),
  attempts: z.number().int(),
  /** Of the charge that it is about. */
  authorization_reference: z.string().nullable().optional(),
  /** `Location` header of the partner's answer, when it sent one. */
  location: z.string().nullable(),
  /** Why it failed, in words; null on success. */
  reason: z.string().nullable(),
  at: instant,
});
export type DeliverySettled = z.infer<typeof deliverySettledSchema>;

const deliveryEvent = (name: string) =>
  defineEvent({
    name,
    kind: 'money',
    producer: 'gateway',
    partitions: MANY_KEYS,
    keyedBy: 'partner id*kind*object key',
    schema: deliverySettledSchema,
    referenceOf: ({ authorization_reference }) => authorization_reference,
  });

/** The partner accepted the object. Only for money objects (CDR, CommandResult); state objects would be noise. */
export const deliverySucceeded = deliveryEvent('delivery.succeeded');
/** The first failed attempt of a money object; it goes on being tried. */
export const deliveryFailed = deliveryEvent('delivery.failed');
/** Given up: visible, alerted, resendable by hand. */
export const deliveryExhausted = deliveryEvent('delivery.exhausted');
