import { cdrSchema } from '@voltap/ocpi/model';
import { z } from 'zod';
import { defineEvent, instant, MANY_KEYS } from './define-event.js';

/** One charged item as it stands on the receipt; amounts are decimal texts in the CDR's currency, unrounded quantities. */
export const priceLineSchema = z.object({
  dimension: z.string(),
  quantity: z.string(),
  unit: z.string(),
  price: z.string(),
  vat: z.string().nullable(),
  beforeTaxes: z.string(),
  afterTaxes: z.string(),
});
export type PriceLineRecord = z.infer<typeof priceLineSchema>;

export const cdrCreatedSchema = z.object({
  partnerId: z.string().nullable(),
  cdr: cdrSchema,
  /** Explanation of the total, line by line. */
  lines: z.array(priceLineSchema),
  /** What the driver pays, taxes included: decimal text. */
  totalWithTaxes: z.string(),
  timeZone: z.string(),
});
export type CdrCreated = z.infer<typeof cdrCreatedSchema>;

/** A CDR exists and will never change. Exactly one for each ended session. */
export const cdrCreated = defineEvent({
  name: 'cdr.created',
  kind: 'money',
  producer: 'cdrs',
  partitions: MANY_KEYS,
  keyedBy: 'country*party*cdr id',
  schema: cdrCreatedSchema,
  referenceOf: ({ cdr }) => cdr.authorization_reference,
});

export const cdrAcceptedSchema = z.object({
  partnerId: z.string(),
  country_code: z.string(),
  party_id: z.string(),
  cdrId: z.string(),
  authorization_reference: z.string().nullable(),
  /** URL of the CDR at the partner, when it told one. */
  location: z.string().nullable(),
  acceptedAt: instant,
});
export type CdrAccepted = z.infer<typeof cdrAcceptedSchema>;

/** The partner has the CDR. */
export const cdrAccepted = defineEvent({
  name: 'cdr.accepted',
  kind: 'money',
  producer: 'cdrs',
  partitions: MANY_KEYS,
  keyedBy: 'country*party*cdr id',
  schema: cdrAcceptedSchema,
  referenceOf: ({ authorization_reference }) => authorization_reference,
});
