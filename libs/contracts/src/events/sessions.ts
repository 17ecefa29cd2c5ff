import { cdrLocationSchema, sessionSchema, signedDataSchema, tariffSchema } from '@voltap/ocpi/model';
import { z } from 'zod';
import { ORPHAN_POLICIES } from './commands.js';
import { defineEvent, instant, MANY_KEYS } from './define-event.js';

export const sessionChangedSchema = z.object({
  /** The partner whose token it is; null for charges that no connected partner started, or that it was told had failed. */
  partnerId: z.string().nullable(),
  commandId: z.string().nullable(),
  session: sessionSchema,
  /** Whether the cost has come so close to the amount reserved on the card that the charge is to be stopped. */
  limitReached: z.boolean().optional(),
  /** Set when the partner had been told that the start failed: what becomes of the charge. */
  orphan: z.enum(ORPHAN_POLICIES).nullable().optional(),
});
export type SessionChanged = z.infer<typeof sessionChangedSchema>;

/** A session is new or changed, its cost as of now included. Revision: the session's. */
export const sessionChanged = defineEvent({
  name: 'session.changed',
  kind: 'state',
  producer: 'sessions',
  partitions: MANY_KEYS,
  keyedBy: 'country*party*session id',
  schema: sessionChangedSchema,
  referenceOf: ({ session }) => session.authorization_reference,
});

/** All that a CDR is made of, frozen. */
export const sessionEndedSchema = z.object({
  partnerId: z.string().nullable(),
  commandId: z.string().nullable(),
  /** COMPLETED, or INVALID for a start that never became a charge. */
  session: sessionSchema,
  /** The tariff revision under which the session ran, frozen at its start; null when it has none. */
  tariff: z.object({ revision: z.number().int(), tariff: tariffSchema }).nullable(),
  /** The place as it was at the start; null when the location is not known. */
  location: cdrLocationSchema.nullable(),
  /** IANA zone of the location, by which the tariff is read. */
  timeZone: z.string(),
  signed_data: signedDataSchema.nullable(),
  /** The reservation before the charge, or instead of one. */
  reservation: z
    .object({ from: instant, until: instant, expired: z.boolean(), used: z.boolean() })
    .nullable()
    .optional(),
  endedAt: instant,
});
export type SessionEnded = z.infer<typeof sessionEndedSchema>;

/** A session reached its final state, once. */
export const sessionEnded = defineEvent({
  name: 'session.ended',
  kind: 'money',
  producer: 'sessions',
  partitions: MANY_KEYS,
  keyedBy: 'country*party*session id',
  schema: sessionEndedSchema,
  referenceOf: ({ session }) => session.authorization_reference,
});
