import { locationSchema, statusSchema } from '@voltap/ocpi/model';
import { z } from 'zod';
import { defineEvent, instant, MANY_KEYS } from './define-event.js';

export const locationChangedSchema = z.object({
  location: locationSchema,
  /** False when nothing but EVSE statuses changed: those have an event of their own that is pushed at once. */
  structural: z.boolean(),
});
export type LocationChanged = z.infer<typeof locationChangedSchema>;

/** A location, its EVSEs or connectors changed in any way. Revision: the location's. */
export const locationChanged = defineEvent({
  name: 'location.changed',
  kind: 'state',
  producer: 'locations',
  partitions: MANY_KEYS,
  keyedBy: 'country*party*location id',
  schema: locationChangedSchema,
});

export const evseStatusChangedSchema = z.object({
  country_code: z.string(),
  party_id: z.string(),
  location_id: z.string(),
  evse_uid: z.string(),
  status: statusSchema,
  previousStatus: statusSchema.nullable(),
  last_updated: instant,
});
export type EvseStatusChanged = z.infer<typeof evseStatusChangedSchema>;

/** The status of one EVSE changed. Revision: the location's; keyed by the location. Never compacted. */
export const evseStatusChanged = defineEvent({
  name: 'evse.status-changed',
  kind: 'state',
  compacted: false,
  producer: 'locations',
  partitions: MANY_KEYS,
  keyedBy: 'country*party*location id',
  schema: evseStatusChangedSchema,
});
