import { z } from 'zod';
import {
  ciString,
  closingTimeSchema,
  countryCodeSchema,
  currencySchema,
  dateTimeSchema,
  intSchema,
  list,
  localDateSchema,
  localTimeSchema,
  nonEmpty,
  numberSchema,
  object,
  optional,
  partyIdSchema,
  url,
} from './formats.js';
import { energyMixSchema } from './locations.js';
import { displayTextSchema } from './types.js';

/** Tariffs (requirements TAR). Lengths and cardinalities as in OCPI 2.3.0 edition 2 + Payments. */

export const dayOfWeekSchema = z.enum(['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY']);
export type DayOfWeek = z.infer<typeof dayOfWeekSchema>;

export const reservationRestrictionTypeSchema = z.enum(['RESERVATION', 'RESERVATION_EXPIRES']);
export type ReservationRestrictionType = z.infer<typeof reservationRestrictionTypeSchema>;

export const tariffDimensionTypeSchema = z.enum(['ENERGY', 'FLAT', 'PARKING_TIME', 'TIME']);
export type TariffDimensionType = z.infer<typeof tariffDimensionTypeSchema>;

export const tariffTypeSchema = z.enum(['AD_HOC_PAYMENT', 'PROFILE_CHEAP', 'PROFILE_FAST', 'PROFILE_GREEN', 'REGULAR']);
export type TariffType = z.infer<typeof tariffTypeSchema>;

export const taxIncludedSchema = z.enum(['YES', 'NO', 'N/A']);
export type TaxIncluded = z.infer<typeof taxIncludedSchema>;

export const priceLimitSchema = object({
  before_taxes: numberSchema,
  after_taxes: optional(numberSchema),
});
export type PriceLimit = z.infer<typeof priceLimitSchema>;

export const priceComponentSchema = object({
  type: tariffDimensionTypeSchema,
  price: numberSchema,
  vat: optional(numberSchema),
  step_size: intSchema,
});
export type PriceComponent = z.infer<typeof priceComponentSchema>;

export const tariffRestrictionsSchema = object({
  start_time: optional(localTimeSchema),
  end_time: optional(closingTimeSchema),
  start_date: optional(localDateSchema),
  end_date: optional(localDateSchema),
  min_kwh: optional(numberSchema),
  max_kwh: optional(numberSchema),
  min_current: optional(numberSchema),
  max_current: optional(numberSchema),
  min_power: optional(numberSchema),
  max_power: optional(numberSchema),
  min_duration: optional(intSchema),
  max_duration: optional(intSchema),
  day_of_week: list(dayOfWeekSchema),
  reservation: optional(reservationRestrictionTypeSchema),
});
export type TariffRestrictions = z.infer<typeof tariffRestrictionsSchema>;

export const tariffElementSchema = object({
  price_components: nonEmpty(priceComponentSchema),
  restrictions: optional(tariffRestrictionsSchema),
});
export type TariffElement = z.infer<typeof tariffElementSchema>;

export const tariffSchema = object({
  country_code: countryCodeSchema,
  party_id: partyIdSchema,
  id: ciString(36),
  currency: currencySchema,
  type: optional(tariffTypeSchema),
  tariff_alt_text: list(displayTextSchema),
  tariff_alt_url: optional(url()),
  min_price: optional(priceLimitSchema),
  max_price: optional(priceLimitSchema),
  preauthorize_amount: optional(numberSchema),
  elements: nonEmpty(tariffElementSchema),
  tax_included: taxIncludedSchema,
  start_date_time: optional(dateTimeSchema),
  end_date_time: optional(dateTimeSchema),
  energy_mix: optional(energyMixSchema),
  last_updated: dateTimeSchema,
});
export type Tariff = z.infer<typeof tariffSchema>;
