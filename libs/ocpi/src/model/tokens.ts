import { z } from 'zod';
import {
  ciString,
  countryCodeSchema,
  dateTimeSchema,
  languageSchema,
  list,
  object,
  openEnum,
  optional,
  partyIdSchema,
  patchOf,
  text,
} from './formats.js';
import { displayTextSchema } from './types.js';

/** Tokens (requirements TOK). Lengths and cardinalities as in OCPI 2.3.0 edition 2 + Payments. */

export const tokenTypeSchema = openEnum(['AD_HOC_USER', 'APP_USER', 'EMAID', 'OTHER', 'RFID']);
export type TokenType = z.infer<typeof tokenTypeSchema>;

export const whitelistTypeSchema = z.enum(['ALWAYS', 'ALLOWED', 'ALLOWED_OFFLINE', 'NEVER']);
export type WhitelistType = z.infer<typeof whitelistTypeSchema>;

export const profileTypeSchema = z.enum(['CHEAP', 'FAST', 'GREEN', 'REGULAR']);
export type ProfileType = z.infer<typeof profileTypeSchema>;

export const allowedTypeSchema = z.enum(['ALLOWED', 'BLOCKED', 'EXPIRED', 'NO_CREDIT', 'NOT_ALLOWED']);
export type AllowedType = z.infer<typeof allowedTypeSchema>;

export const energyContractSchema = object({
  supplier_name: text(64),
  contract_id: optional(text(64)),
});
export type EnergyContract = z.infer<typeof energyContractSchema>;

const tokenShape = {
  country_code: countryCodeSchema,
  party_id: partyIdSchema,
  uid: ciString(36),
  type: tokenTypeSchema,
  contract_id: ciString(36),
  visual_number: optional(text(64)),
  issuer: text(64),
  group_id: optional(ciString(36)),
  valid: z.boolean(),
  whitelist: whitelistTypeSchema,
  language: optional(languageSchema),
  default_profile_type: optional(profileTypeSchema),
  energy_contract: optional(energyContractSchema),
  last_updated: dateTimeSchema,
};
export const tokenSchema = object(tokenShape);
export type Token = z.infer<typeof tokenSchema>;
export const tokenPatchSchema = patchOf(tokenShape);
export type TokenPatch = z.infer<typeof tokenPatchSchema>;

export const locationReferencesSchema = object({
  location_id: ciString(36),
  evse_uids: list(ciString(36)),
});
export type LocationReferences = z.infer<typeof locationReferencesSchema>;

export const authorizationInfoSchema = object({
  allowed: allowedTypeSchema,
  token: tokenSchema,
  location: optional(locationReferencesSchema),
  authorization_reference: optional(ciString(36)),
  info: optional(displayTextSchema),
});
export type AuthorizationInfo = z.infer<typeof authorizationInfoSchema>;
