import { z } from 'zod';
import {
  ciString,
  countryCodeSchema,
  countrySchema,
  currencySchema,
  dateTimeSchema,
  intSchema,
  list,
  nonEmpty,
  numberSchema,
  object,
  optional,
  partyIdSchema,
  text,
} from './formats.js';
import { connectorFormatSchema, connectorTypeSchema, powerTypeSchema } from './location-values.js';
import { tariffSchema } from './tariffs.js';
import { tokenTypeSchema } from './tokens.js';
import { geoLocationSchema, priceSchema } from './types.js';

/** Charge detail records (requirements CDR). Lengths and cardinalities as in OCPI 2.3.0 edition 2 + Payments. */

export const authMethodSchema = z.enum(['AUTH_REQUEST', 'COMMAND', 'WHITELIST']);
export type AuthMethod = z.infer<typeof authMethodSchema>;

export const cdrDimensionTypeSchema = z.enum([
  'CURRENT',
  'ENERGY',
  'ENERGY_EXPORT',
  'ENERGY_IMPORT',
  'MAX_CURRENT',
  'MIN_CURRENT',
  'MAX_POWER',
  'MIN_POWER',
  'PARKING_TIME',
  'POWER',
  'RESERVATION_TIME',
  'STATE_OF_CHARGE',
  'TIME',
]);
export type CdrDimensionType = z.infer<typeof cdrDimensionTypeSchema>;

export const cdrTokenSchema = object({
  country_code: countryCodeSchema,
  party_id: partyIdSchema,
  uid: ciString(36),
  type: tokenTypeSchema,
  contract_id: ciString(36),
});
export type CdrToken = z.infer<typeof cdrTokenSchema>;

export const cdrLocationSchema = object({
  id: ciString(36),
  name: optional(text(255)),
  address: text(255),
  city: text(45),
  postal_code: optional(text(10)),
  state: optional(text(45)),
  country: countrySchema,
  coordinates: geoLocationSchema,
  evse_uid: ciString(36),
  evse_id: ciString(48),
  connector_id: ciString(36),
  connector_standard: connectorTypeSchema,
  connector_format: connectorFormatSchema,
  connector_power_type: powerTypeSchema,
});
export type CdrLocation = z.infer<typeof cdrLocationSchema>;

export const cdrDimensionSchema = object({
  type: cdrDimensionTypeSchema,
  volume: numberSchema,
});
export type CdrDimension = z.infer<typeof cdrDimensionSchema>;

export const chargingPeriodSchema = object({
  start_date_time: dateTimeSchema,
  dimensions: nonEmpty(cdrDimensionSchema),
  tariff_id: optional(ciString(36)),
});
export type ChargingPeriod = z.infer<typeof chargingPeriodSchema>;

export const signedValueSchema = object({
  nature: ciString(32),
  plain_data: text(5000),
  signed_data: text(5000),
});
export type SignedValue = z.infer<typeof signedValueSchema>;

export const signedDataSchema = object({
  encoding_method: ciString(36),
  encoding_method_version: optional(intSchema),
  public_key: optional(text(512)),
  signed_values: nonEmpty(signedValueSchema),
  url: optional(text(512)),
});
export type SignedData = z.infer<typeof signedDataSchema>;

export const cdrSchema = object({
  country_code: countryCodeSchema,
  party_id: partyIdSchema,
  id: ciString(39),
  start_date_time: dateTimeSchema,
  end_date_time: dateTimeSchema,
  session_id: optional(ciString(36)),
  cdr_token: cdrTokenSchema,
  auth_method: authMethodSchema,
  authorization_reference: optional(ciString(36)),
  cdr_location: cdrLocationSchema,
  meter_id: optional(text(255)),
  currency: currencySchema,
  tariffs: list(tariffSchema),
  charging_periods: nonEmpty(chargingPeriodSchema),
  signed_data: optional(signedDataSchema),
  total_cost: priceSchema,
  total_fixed_cost: optional(priceSchema),
  total_energy: numberSchema,
  total_energy_cost: optional(priceSchema),
  total_time: numberSchema,
  total_time_cost: optional(priceSchema),
  total_parking_time: optional(numberSchema),
  total_parking_cost: optional(priceSchema),
  total_reservation_cost: optional(priceSchema),
  remark: optional(text(255)),
  invoice_reference_id: optional(ciString(39)),
  credit: optional(z.boolean()),
  credit_reference_id: optional(ciString(39)),
  home_charging_compensation: optional(z.boolean()),
  last_updated: dateTimeSchema,
});
export type Cdr = z.infer<typeof cdrSchema>;
