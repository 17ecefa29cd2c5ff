import type { CdrLocation, Location } from '@voltap/ocpi/model';

/** CdrLocation is shorter than Location (LOC-28, E-53). */
const ADDRESS_LENGTH = 45;
const STATE_LENGTH = 20;

/**
 * The place of a charge as its CDR will show it, as it is now.
 * @returns what the location does not have, when it has not both EVSE and connector.
 */
export function frozenLocation(
  location: Location,
  at: { readonly evse_uid: string; readonly connector_id: string },
): CdrLocation | 'evse_uid' | 'connector_id' {
  const evse = location.evses?.find(({ uid }) => uid.toUpperCase() === at.evse_uid.toUpperCase());
  const connector = evse?.connectors.find(({ id }) => id.toUpperCase() === at.connector_id.toUpperCase());
  if (evse === undefined) return 'evse_uid';
  if (connector === undefined) return 'connector_id';
  const { id, name, address, city, postal_code, state, country, coordinates } = location;
  return {
    id,
    ...(name === undefined ? {} : { name }),
    address: [...address].slice(0, ADDRESS_LENGTH).join(''),
    city,
    ...(postal_code === undefined ? {} : { postal_code }),
    ...(state === undefined ? {} : { state: [...state].slice(0, STATE_LENGTH).join('') }),
    country,
    coordinates,
    evse_uid: evse.uid,
    // Required here though optional on the EVSE (E-54).
    evse_id: evse.evse_id ?? evse.uid,
    connector_id: connector.id,
    connector_standard: connector.standard,
    connector_format: connector.format,
    connector_power_type: connector.power_type,
  };
}
