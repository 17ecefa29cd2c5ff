import { z } from 'zod';
import {
  callableUrlSchema,
  ciString,
  countryCodeSchema,
  nonEmpty,
  object,
  optional,
  partyIdSchema,
  text,
} from './formats.js';
import { businessDetailsSchema, roleSchema } from './types.js';

/** Credentials and registration (requirements CRED). Lengths and cardinalities as in OCPI 2.3.0 edition 2 + Payments. */

export const credentialsRoleSchema = object({
  role: roleSchema,
  business_details: businessDetailsSchema,
  party_id: partyIdSchema,
  country_code: countryCodeSchema,
});
export type CredentialsRole = z.infer<typeof credentialsRoleSchema>;

export const credentialsSchema = object({
  token: text(64),
  url: callableUrlSchema,
  hub_party_id: optional(ciString(5)),
  roles: nonEmpty(credentialsRoleSchema),
});
export type Credentials = z.infer<typeof credentialsSchema>;
