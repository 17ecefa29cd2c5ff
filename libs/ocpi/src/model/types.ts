import { z } from 'zod';
import { ciString, languageSchema, list, numberSchema, object, openEnum, optional, text, url } from './formats.js';

/** Types that several chapters share (DisplayText, Price, Role, ...). Lengths and cardinalities as in OCPI 2.3.0 edition 2 + Payments. */

/** A closed enum on paper, but PTP is used throughout the Payments chapter and HUB by 2.2.1 (E-02, E-57): read as open. */
export const roleSchema = openEnum(['CPO', 'EMSP', 'NAP', 'NSP', 'OTHER', 'SCSP', 'PTP', 'HUB']);
export type Role = z.infer<typeof roleSchema>;

export const interfaceRoleSchema = z.enum(['SENDER', 'RECEIVER']);
export type InterfaceRole = z.infer<typeof interfaceRoleSchema>;

export const imageCategorySchema = openEnum([
  'CHARGER',
  'ENTRANCE',
  'LOCATION',
  'NETWORK',
  'OPERATOR',
  'OTHER',
  'OWNER',
]);
export type ImageCategory = z.infer<typeof imageCategorySchema>;

export const latitudeSchema = z
  .string()
  .regex(/^-?\d{1,2}\.\d{5,7}$/, { error: 'must be like 52.520008 (5 to 7 decimals)' });
export const longitudeSchema = z
  .string()
  .regex(/^-?\d{1,3}\.\d{5,7}$/, { error: 'must be like 13.404954 (5 to 7 decimals)' });

export const displayTextSchema = object({
  language: languageSchema,
  text: text(512),
});
export type DisplayText = z.infer<typeof displayTextSchema>;

export const taxAmountSchema = object({
  name: text(255),
  account_number: optional(text(255)),
  percentage: optional(numberSchema),
  amount: numberSchema,
});
export type TaxAmount = z.infer<typeof taxAmountSchema>;

export const priceSchema = object({
  before_taxes: numberSchema,
  taxes: list(taxAmountSchema),
});
export type Price = z.infer<typeof priceSchema>;

export const geoLocationSchema = object({
  latitude: latitudeSchema,
  longitude: longitudeSchema,
});
export type GeoLocation = z.infer<typeof geoLocationSchema>;

export const imageSchema = object({
  url: url(),
  thumbnail: optional(url()),
  category: imageCategorySchema,
  type: ciString(4),
  width: optional(z.int().min(0).max(99999)),
  height: optional(z.int().min(0).max(99999)),
});
export type Image = z.infer<typeof imageSchema>;

export const businessDetailsSchema = object({
  name: text(100),
  website: optional(url()),
  logo: optional(imageSchema),
});
export type BusinessDetails = z.infer<typeof businessDetailsSchema>;
