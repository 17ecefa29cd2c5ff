import { z } from 'zod';
import {
  ciString,
  closingTimeSchema,
  countryCodeSchema,
  countrySchema,
  dateTimeSchema,
  intSchema,
  list,
  localTimeSchema,
  nonEmpty,
  numberSchema,
  object,
  optional,
  partyIdSchema,
  patchOf,
  text,
  url,
} from './formats.js';
import {
  capabilitySchema,
  connectorCapabilitySchema,
  connectorFormatSchema,
  connectorTypeSchema,
  energySourceCategorySchema,
  environmentalImpactCategorySchema,
  evsePositionSchema,
  facilitySchema,
  parkingDirectionSchema,
  parkingRestrictionSchema,
  parkingTypeSchema,
  powerTypeSchema,
  statusSchema,
  vehicleTypeSchema,
} from './location-values.js';
import { tokenTypeSchema } from './tokens.js';
import {
  businessDetailsSchema,
  displayTextSchema,
  geoLocationSchema,
  imageSchema,
  latitudeSchema,
  longitudeSchema,
} from './types.js';

/** Locations, EVSEs and connectors (requirements LOC). Lengths and cardinalities as in OCPI 2.3.0 edition 2 + Payments. */

export const energySourceSchema = object({
  source: energySourceCategorySchema,
  percentage: numberSchema,
});
export type EnergySource = z.infer<typeof energySourceSchema>;

export const environmentalImpactSchema = object({
  category: environmentalImpactCategorySchema,
  amount: numberSchema,
});
export type EnvironmentalImpact = z.infer<typeof environmentalImpactSchema>;

export const energyMixSchema = object({
  is_green_energy: z.boolean(),
  energy_sources: list(energySourceSchema),
  environ_impact: list(environmentalImpactSchema),
  supplier_name: optional(text(64)),
  energy_product_name: optional(text(64)),
});
export type EnergyMix = z.infer<typeof energyMixSchema>;

export const regularHoursSchema = object({
  weekday: z.int().min(1).max(7),
  period_begin: localTimeSchema,
  period_end: closingTimeSchema,
});
export type RegularHours = z.infer<typeof regularHoursSchema>;

export const exceptionalPeriodSchema = object({
  period_begin: dateTimeSchema,
  period_end: dateTimeSchema,
});
export type ExceptionalPeriod = z.infer<typeof exceptionalPeriodSchema>;

export const hoursSchema = object({
  twentyfourseven: z.boolean(),
  regular_hours: list(regularHoursSchema),
  exceptional_openings: list(exceptionalPeriodSchema),
  exceptional_closings: list(exceptionalPeriodSchema),
});
export type Hours = z.infer<typeof hoursSchema>;

export const statusScheduleSchema = object({
  period_begin: dateTimeSchema,
  period_end: optional(dateTimeSchema),
  status: statusSchema,
});
export type StatusSchedule = z.infer<typeof statusScheduleSchema>;

export const publishTokenTypeSchema = object({
  uid: optional(ciString(36)),
  type: optional(tokenTypeSchema),
  visual_number: optional(text(64)),
  issuer: optional(text(64)),
  group_id: optional(ciString(36)),
});
export type PublishTokenType = z.infer<typeof publishTokenTypeSchema>;

export const additionalGeoLocationSchema = object({
  latitude: latitudeSchema,
  longitude: longitudeSchema,
  name: optional(displayTextSchema),
});
export type AdditionalGeoLocation = z.infer<typeof additionalGeoLocationSchema>;

export const evseParkingSchema = object({
  parking_id: ciString(36),
  evse_position: optional(evsePositionSchema),
});
export type EvseParking = z.infer<typeof evseParkingSchema>;

export const parkingSchema = object({
  id: ciString(36),
  physical_reference: optional(text(12)),
  vehicle_types: nonEmpty(vehicleTypeSchema),
  max_vehicle_weight: optional(numberSchema),
  max_vehicle_height: optional(numberSchema),
  max_vehicle_length: optional(numberSchema),
  max_vehicle_width: optional(numberSchema),
  parking_space_length: optional(numberSchema),
  parking_space_width: optional(numberSchema),
  dangerous_goods_allowed: optional(z.boolean()),
  direction: optional(parkingDirectionSchema),
  drive_through: optional(z.boolean()),
  restricted_to_type: z.boolean(),
  reservation_required: z.boolean(),
  time_limit: optional(numberSchema),
  roofed: optional(z.boolean()),
  images: list(imageSchema),
  lighting: optional(z.boolean()),
  refrigeration_outlet: optional(z.boolean()),
  standards: list(ciString(36)),
  apds_reference: optional(ciString(255)),
});
export type Parking = z.infer<typeof parkingSchema>;

const connectorShape = {
  id: ciString(36),
  standard: connectorTypeSchema,
  format: connectorFormatSchema,
  power_type: powerTypeSchema,
  max_voltage: intSchema,
  max_amperage: intSchema,
  max_electric_power: optional(intSchema),
  tariff_ids: list(ciString(36)),
  terms_and_conditions: optional(url()),
  capabilities: list(connectorCapabilitySchema),
  last_updated: dateTimeSchema,
};
export const connectorSchema = object(connectorShape);
export type Connector = z.infer<typeof connectorSchema>;
export const connectorPatchSchema = patchOf(connectorShape);
export type ConnectorPatch = z.infer<typeof connectorPatchSchema>;

const evseShape = {
  uid: ciString(36),
  evse_id: optional(ciString(48)),
  status: statusSchema,
  status_schedule: list(statusScheduleSchema),
  capabilities: list(capabilitySchema),
  connectors: nonEmpty(connectorSchema),
  floor_level: optional(text(4)),
  coordinates: optional(geoLocationSchema),
  physical_reference: optional(text(16)),
  directions: list(displayTextSchema),
  parking_restrictions: list(parkingRestrictionSchema),
  parking: list(evseParkingSchema),
  images: list(imageSchema),
  accepted_service_providers: list(text(50)),
  last_updated: dateTimeSchema,
};
export const evseSchema = object(evseShape);
export type Evse = z.infer<typeof evseSchema>;
export const evsePatchSchema = patchOf(evseShape);
export type EvsePatch = z.infer<typeof evsePatchSchema>;

const locationShape = {
  country_code: countryCodeSchema,
  party_id: partyIdSchema,
  id: ciString(36),
  publish: z.boolean(),
  publish_allowed_to: list(publishTokenTypeSchema),
  name: optional(text(255)),
  address: text(255),
  city: text(45),
  postal_code: optional(text(10)),
  state: optional(text(45)),
  country: countrySchema,
  coordinates: geoLocationSchema,
  related_locations: list(additionalGeoLocationSchema),
  parking_type: optional(parkingTypeSchema),
  evses: list(evseSchema),
  parking_places: list(parkingSchema),
  directions: list(displayTextSchema),
  operator: optional(businessDetailsSchema),
  suboperator: optional(businessDetailsSchema),
  owner: optional(businessDetailsSchema),
  facilities: list(facilitySchema),
  time_zone: text(255),
  opening_times: optional(hoursSchema),
  charging_when_closed: optional(z.boolean()),
  images: list(imageSchema),
  energy_mix: optional(energyMixSchema),
  help_phone: optional(ciString(25)),
  last_updated: dateTimeSchema,
};
export const locationSchema = object(locationShape);
export type Location = z.infer<typeof locationSchema>;
export const locationPatchSchema = patchOf(locationShape);
export type LocationPatch = z.infer<typeof locationPatchSchema>;
