import { z } from 'zod';
import { callableUrlSchema, ciString, nonEmpty, object } from './formats.js';
import { interfaceRoleSchema } from './types.js';

/** The protocol versions this library speaks. Canonical is 2.3.0; 2.2.1 is a delta to it. */
export const OCPI_VERSIONS = ['2.3.0', '2.2.1'] as const;
export type OcpiVersion = (typeof OCPI_VERSIONS)[number];

export function isOcpiVersion(text: string): text is OcpiVersion {
  return (OCPI_VERSIONS as readonly string[]).includes(text);
}

/** Versions and version details (requirements VER). Lengths and cardinalities as in OCPI 2.3.0 edition 2 + Payments. */

export const versionSchema = object({
  version: ciString(10),
  url: callableUrlSchema,
});
export type Version = z.infer<typeof versionSchema>;

export const endpointSchema = object({
  identifier: ciString(255),
  role: interfaceRoleSchema,
  url: callableUrlSchema,
});
export type Endpoint = z.infer<typeof endpointSchema>;

export const versionDetailsSchema = object({
  version: ciString(10),
  endpoints: nonEmpty(endpointSchema),
});
export type VersionDetails = z.infer<typeof versionDetailsSchema>;
