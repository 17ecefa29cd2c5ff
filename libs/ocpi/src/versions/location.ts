import type { z } from 'zod';
import { type Conversion, type Convert, convertField, convertList, dropField, keepKnown } from './conversion.js';
import { ENUMS_221 } from './schemas-221.js';
import { tokenTypeTo221 } from './token.js';

const valuesOf = (schema: z.ZodEnum): ReadonlySet<unknown> => new Set(schema.options);
const CONNECTOR_TYPES = valuesOf(ENUMS_221.ConnectorType);
const PARKING_RESTRICTIONS = valuesOf(ENUMS_221.ParkingRestriction);
const CAPABILITIES = valuesOf(ENUMS_221.Capability);
const FACILITIES = valuesOf(ENUMS_221.Facility);
const PARKING_TYPES = valuesOf(ENUMS_221.ParkingType);
const IMAGE_CATEGORIES = valuesOf(ENUMS_221.ImageCategory);
const IMPACT_CATEGORIES = valuesOf(ENUMS_221.EnvironmentalImpactCategory);

const same: Convert = (value) => value;

const imageTo221: Convert = (image, run, pointer) => {
  if (IMAGE_CATEGORIES.has(image.category)) return image;
  run.lose(`${pointer}/category`, `${String(image.category)} is not in OCPI 2.2.1`);
  return { ...image, category: 'OTHER' };
};

export const partyTo221: Convert = (details, run, pointer) => convertField(details, 'logo', imageTo221, run, pointer);

const impactTo221: Convert = (impact, run, pointer) => {
  if (IMPACT_CATEGORIES.has(impact.category)) return impact;
  run.lose(pointer, `${String(impact.category)} is not in OCPI 2.2.1`);
  return undefined;
};

export const energyMixTo221: Convert = (mix, run, pointer) =>
  convertList(mix, 'environ_impact', impactTo221, run, pointer);

/** A connector whose plug 2.2.1 cannot name is left out: there is no OTHER (differences, section 4). */
export const connectorConversion: Conversion = {
  upgrade: same,
  downgrade(connector, run, pointer) {
    const { standard } = connector;
    if (typeof standard === 'string' && !CONNECTOR_TYPES.has(standard)) {
      run.lose(pointer, `connector type ${standard} is not in OCPI 2.2.1`);
      return undefined;
    }
    return dropField(connector, 'capabilities', run, pointer);
  },
};

/** An EVSE that keeps no connector is left out too: there the list may not be empty. */
export const evseConversion: Conversion = {
  upgrade: same,
  downgrade(evse, run, pointer) {
    let result = convertList(evse, 'connectors', connectorConversion.downgrade, run, pointer);
    if (Array.isArray(result.connectors) && result.connectors.length === 0) {
      run.lose(pointer, 'no connector can be expressed in OCPI 2.2.1');
      return undefined;
    }
    result = dropField(result, 'parking', run, pointer);
    result = dropField(result, 'accepted_service_providers', run, pointer);
    result = keepKnown(result, 'parking_restrictions', PARKING_RESTRICTIONS, run, pointer);
    result = keepKnown(result, 'capabilities', CAPABILITIES, run, pointer);
    return convertList(result, 'images', imageTo221, run, pointer);
  },
};

export const locationConversion: Conversion = {
  upgrade: same,
  downgrade(location, run, pointer) {
    let result = convertList(location, 'evses', evseConversion.downgrade, run, pointer);
    result = dropField(result, 'parking_places', run, pointer);
    result = dropField(result, 'help_phone', run, pointer);
    result = keepKnown(result, 'facilities', FACILITIES, run, pointer);
    if (typeof result.parking_type === 'string' && !PARKING_TYPES.has(result.parking_type)) {
      result = dropField(result, 'parking_type', run, pointer);
    }
    for (const party of ['operator', 'suboperator', 'owner']) {
      result = convertField(result, party, partyTo221, run, pointer);
    }
    result = convertList(result, 'images', imageTo221, run, pointer);
    result = convertList(result, 'publish_allowed_to', tokenTypeTo221, run, pointer);
    return convertField(result, 'energy_mix', energyMixTo221, run, pointer);
  },
};
