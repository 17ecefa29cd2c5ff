import { z } from 'zod';
import { authMethodSchema, cdrTokenSchema, chargingPeriodSchema } from './cdrs.js';
import {
  ciString,
  countryCodeSchema,
  currencySchema,
  dateTimeSchema,
  list,
  numberSchema,
  object,
  optional,
  partyIdSchema,
  patchOf,
  text,
} from './formats.js';
import { profileTypeSchema } from './tokens.js';
import { priceSchema } from './types.js';

/** Sessions (requirements SES). Lengths and cardinalities as in OCPI 2.3.0 edition 2 + Payments. */

export const sessionStatusSchema = z.enum(['ACTIVE', 'COMPLETED', 'INVALID', 'PENDING', 'RESERVATION']);
export type SessionStatus = z.infer<typeof sessionStatusSchema>;

export const chargingPreferencesResponseSchema = z.enum([
  'ACCEPTED',
  'DEPARTURE_REQUIRED',
  'ENERGY_NEED_REQUIRED',
  'NOT_POSSIBLE',
  'PROFILE_TYPE_NOT_SUPPORTED',
]);
export type ChargingPreferencesResponse = z.infer<typeof chargingPreferencesResponseSchema>;

const sessionShape = {
  country_code: countryCodeSchema,
  party_id: partyIdSchema,
  id: ciString(36),
  start_date_time: dateTimeSchema,
  end_date_time: optional(dateTimeSchema),
  kwh: numberSchema,
  cdr_token: cdrTokenSchema,
  auth_method: authMethodSchema,
  authorization_reference: optional(ciString(36)),
  location_id: ciString(36),
  evse_uid: ciString(36),
  connector_id: ciString(36),
  meter_id: optional(text(255)),
  currency: currencySchema,
  charging_periods: list(chargingPeriodSchema),
  total_cost: optional(priceSchema),
  status: sessionStatusSchema,
  last_updated: dateTimeSchema,
};
export const sessionSchema = object(sessionShape);
export type Session = z.infer<typeof sessionSchema>;
export const sessionPatchSchema = patchOf(sessionShape);
export type SessionPatch = z.infer<typeof sessionPatchSchema>;

export const chargingPreferencesSchema = object({
  profile_type: profileTypeSchema,
  departure_time: optional(dateTimeSchema),
  energy_need: optional(numberSchema),
  discharge_allowed: optional(z.boolean()),
});
export type ChargingPreferences = z.infer<typeof chargingPreferencesSchema>;
