import { z } from 'zod';
import {
  capabilitySchema,
  commandTypeSchema,
  connectorPatchSchema,
  connectorSchema,
  connectorTypeSchema,
  credentialsSchema,
  environmentalImpactCategorySchema,
  evsePatchSchema,
  evseSchema,
  facilitySchema,
  imageCategorySchema,
  locationPatchSchema,
  locationSchema,
  numberSchema,
  object,
  optional,
  parkingRestrictionSchema,
  parkingTypeSchema,
  priceLimitSchema,
  priceSchema,
  tariffSchema,
  tokenTypeSchema,
} from '../model/index.js';

/** Amounts of 2.2.1: without and with VAT, the latter where it is known. */
export const price221Schema = object({ excl_vat: numberSchema, incl_vat: optional(numberSchema) });

/** A closed enum of 2.2.1 where 2.3.0 has an open one: the known values less those that are new (differences, section 4). */
function closed<const Added extends string>(schema: { readonly known: readonly string[] }, ...added: Added[]) {
  return z.enum(schema.known.filter((value) => !(added as string[]).includes(value)));
}

export const ENUMS_221 = {
  Capability: closed(capabilitySchema),
  CommandType: closed(commandTypeSchema),
  ConnectorType: closed(connectorTypeSchema, 'MCS', 'SAE_J3400'),
  EnvironmentalImpactCategory: closed(environmentalImpactCategorySchema),
  Facility: closed(facilitySchema),
  ImageCategory: closed(imageCategorySchema),
  ParkingRestriction: closed(parkingRestrictionSchema, 'EMPLOYEES', 'TAXIS', 'TENANTS'),
  ParkingType: closed(parkingTypeSchema),
  TokenType: closed(tokenTypeSchema, 'EMAID'),
} as const;

/** What stands in 2.2.1 in the place of a schema of 2.3.0, wherever it is used. */
const REPLACED = new Map<z.ZodType, z.ZodType>([
  [priceSchema, price221Schema],
  [priceLimitSchema, price221Schema],
  [capabilitySchema, ENUMS_221.Capability],
  [commandTypeSchema, ENUMS_221.CommandType],
  [connectorTypeSchema, ENUMS_221.ConnectorType],
  [environmentalImpactCategorySchema, ENUMS_221.EnvironmentalImpactCategory],
  [facilitySchema, ENUMS_221.Facility],
  [imageCategorySchema, ENUMS_221.ImageCategory],
  [parkingRestrictionSchema, ENUMS_221.ParkingRestriction],
  [parkingTypeSchema, ENUMS_221.ParkingType],
  [tokenTypeSchema, ENUMS_221.TokenType],
]);

/** Fields of 2.3.0 that 2.2.1 does not have (section 3). */
const ADDED_SINCE = new Map<z.ZodType, readonly string[]>([
  [connectorSchema, ['capabilities']],
  [connectorPatchSchema, ['capabilities']],
  [credentialsSchema, ['hub_party_id']],
  [evseSchema, ['parking', 'accepted_service_providers']],
  [evsePatchSchema, ['parking', 'accepted_service_providers']],
  [locationSchema, ['parking_places', 'help_phone']],
  [locationPatchSchema, ['parking_places', 'help_phone']],
  [tariffSchema, ['tax_included', 'preauthorize_amount']],
]);

/**
 * The schema of the same object in 2.2.1; the given one where nothing in it differs. Rules that span fields stay.
 * Payments objects, which no release of 2.2.1 has, keep their 2.3.0 shape with the prices of 2.2.1 (section 7).
 */
export function schema221Of(schema: z.ZodType): z.ZodType {
  const done = REPLACED.get(schema);
  if (done) return done;
  const derived = derive(schema);
  REPLACED.set(schema, derived);
  return derived;
}

function derive(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodObject) {
    const { shape } = schema;
    const added = ADDED_SINCE.get(schema) ?? [];
    const names = Object.keys(shape).filter((name) => !added.includes(name));
    const fields = names.map((name): [string, z.ZodType] => [name, schema221Of(shape[name] as z.ZodType)]);
    if (added.length === 0 && fields.every(([name, field]) => field === shape[name])) return schema;
    return schema.clone({ ...schema._zod.def, shape: Object.fromEntries(fields) });
  }
  if (schema instanceof z.ZodArray) {
    const element = schema221Of(schema.element as z.ZodType);
    return element === schema.element ? schema : schema.clone({ ...schema._zod.def, element });
  }
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) {
    const inner = schema221Of(schema.unwrap() as z.ZodType);
    return inner === schema.unwrap() ? schema : schema.clone({ ...schema._zod.def, innerType: inner } as never);
  }
  return schema;
}
