import type { z } from 'zod';
import { callableUrlSchema, nonEmpty, object, openEnum } from './formats.js';
import { interfaceRoleSchema } from './types.js';

/** The protocol versions this library speaks. Canonical is 2.3.0; 2.2.1 is a delta to it. */
export const OCPI_VERSIONS = ['2.3.0', '2.2.1'] as const;
export type OcpiVersion = (typeof OCPI_VERSIONS)[number];

export function isOcpiVersion(text: string): text is OcpiVersion {
  return (OCPI_VERSIONS as readonly string[]).includes(text);
}

/** Versions and version details (requirements VER). Lengths and cardinalities as in OCPI 2.3.0 edition 2 + Payments. */

export const versionNumberSchema = openEnum(['2.0', '2.1', '2.1.1', '2.2', '2.2.1', '2.3.0']);
export type VersionNumber = z.infer<typeof versionNumberSchema>;

/** Payments and invoice reconciliation are named in their chapters only (E-01). */
export const moduleIdSchema = openEnum([
  'cdrs',
  'chargingprofiles',
  'commands',
  'credentials',
  'hubclientinfo',
  'locations',
  'sessions',
  'tariffs',
  'tokens',
  'payments',
  'invoicereconciliation',
]);
export type ModuleId = z.infer<typeof moduleIdSchema>;

export const versionSchema = object({
  version: versionNumberSchema,
  url: callableUrlSchema,
});
export type Version = z.infer<typeof versionSchema>;

export const endpointSchema = object({
  identifier: moduleIdSchema,
  role: interfaceRoleSchema,
  url: callableUrlSchema,
});
export type Endpoint = z.infer<typeof endpointSchema>;

export const versionDetailsSchema = object({
  version: versionNumberSchema,
  endpoints: nonEmpty(endpointSchema),
});
export type VersionDetails = z.infer<typeof versionDetailsSchema>;
