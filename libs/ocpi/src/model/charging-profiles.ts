import { z } from 'zod';
import { callableUrlSchema, dateTimeSchema, intSchema, list, numberSchema, object, optional } from './formats.js';

/** Charging profiles and their results (requirements CHP). Cardinalities as in OCPI 2.3.0 edition 2 + Payments. */

export const chargingRateUnitSchema = z.enum(['W', 'A']);
export type ChargingRateUnit = z.infer<typeof chargingRateUnitSchema>;

export const chargingProfileResponseTypeSchema = z.enum([
  'ACCEPTED',
  'NOT_SUPPORTED',
  'REJECTED',
  'TOO_OFTEN',
  'UNKNOWN_SESSION',
]);
export type ChargingProfileResponseType = z.infer<typeof chargingProfileResponseTypeSchema>;

export const chargingProfileResultTypeSchema = z.enum(['ACCEPTED', 'REJECTED', 'UNKNOWN']);
export type ChargingProfileResultType = z.infer<typeof chargingProfileResultTypeSchema>;

export const chargingProfilePeriodSchema = object({
  /** Seconds from the start of the profile. */
  start_period: intSchema,
  limit: numberSchema,
});
export type ChargingProfilePeriod = z.infer<typeof chargingProfilePeriodSchema>;

export const chargingProfileSchema = object({
  start_date_time: optional(dateTimeSchema),
  /** Seconds. */
  duration: optional(intSchema),
  charging_rate_unit: chargingRateUnitSchema,
  min_charging_rate: optional(numberSchema),
  charging_profile_period: list(chargingProfilePeriodSchema),
});
export type ChargingProfile = z.infer<typeof chargingProfileSchema>;

export const setChargingProfileSchema = object({
  charging_profile: chargingProfileSchema,
  response_url: callableUrlSchema,
});
export type SetChargingProfile = z.infer<typeof setChargingProfileSchema>;

export const activeChargingProfileSchema = object({
  start_date_time: dateTimeSchema,
  charging_profile: chargingProfileSchema,
});
export type ActiveChargingProfile = z.infer<typeof activeChargingProfileSchema>;

export const chargingProfileResponseSchema = object({
  result: chargingProfileResponseTypeSchema,
  /** Seconds. */
  timeout: intSchema,
});
export type ChargingProfileResponse = z.infer<typeof chargingProfileResponseSchema>;

export const activeChargingProfileResultSchema = object({
  result: chargingProfileResultTypeSchema,
  profile: optional(activeChargingProfileSchema),
});
export type ActiveChargingProfileResult = z.infer<typeof activeChargingProfileResultSchema>;

/** The results of setting and of clearing look alike (E-68): only the `response_url` tells them apart. */
export const chargingProfileResultSchema = object({ result: chargingProfileResultTypeSchema });
export type ChargingProfileResult = z.infer<typeof chargingProfileResultSchema>;

export const clearProfileResultSchema = object({ result: chargingProfileResultTypeSchema });
export type ClearProfileResult = z.infer<typeof clearProfileResultSchema>;
