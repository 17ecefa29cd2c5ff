import { decimal } from '@voltap/kernel';
import { isObject, type Json, type JsonObject, objectsOf } from './json.js';
import type { OcpiVersion } from './version.js';

export type ObjectKind = 'location' | 'evse' | 'connector' | 'tariff' | 'session' | 'cdr' | 'result' | 'terminal';

/** A breach found in a body. */
export interface Finding {
  readonly rule: string;
  readonly message: string;
}

/** Fields of cardinality 1 or + (object tables of the specification). */
const REQUIRED: Readonly<Record<ObjectKind, readonly string[]>> = {
  location: [
    'country_code',
    'party_id',
    'id',
    'publish',
    'address',
    'city',
    'country',
    'coordinates',
    'time_zone',
    'last_updated',
  ],
  evse: ['uid', 'status', 'connectors', 'last_updated'],
  connector: ['id', 'standard', 'format', 'power_type', 'max_voltage', 'max_amperage', 'last_updated'],
  tariff: ['country_code', 'party_id', 'id', 'currency', 'elements', 'last_updated'],
  session: [
    'country_code',
    'party_id',
    'id',
    'start_date_time',
    'kwh',
    'cdr_token',
    'auth_method',
    'location_id',
    'evse_uid',
    'connector_id',
    'currency',
    'status',
    'last_updated',
  ],
  cdr: [
    'country_code',
    'party_id',
    'id',
    'start_date_time',
    'end_date_time',
    'cdr_token',
    'auth_method',
    'cdr_location',
    'currency',
    'charging_periods',
    'total_cost',
    'total_energy',
    'total_time',
    'last_updated',
  ],
  result: ['result'],
  terminal: ['terminal_id', 'last_updated'],
};

const PRICES: Partial<Record<ObjectKind, readonly string[]>> = {
  session: ['total_cost'],
  cdr: [
    'total_cost',
    'total_fixed_cost',
    'total_energy_cost',
    'total_time_cost',
    'total_parking_cost',
    'total_reservation_cost',
  ],
};

/** Fields that 2.2.1 does not know and its peers may refuse (LOC-29, TAR-21). */
const ONLY_IN_230: Partial<Record<ObjectKind, readonly string[]>> = {
  location: ['parking_places', 'help_phone'],
  evse: ['parking', 'accepted_service_providers'],
  connector: ['capabilities'],
  tariff: ['tax_included', 'preauthorize_amount'],
};

const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z?$/;

/** The required fields that a complete object lacks (FMT-15, UPD-02). */
export function missingFields(kind: ObjectKind, object: JsonObject): string[] {
  return REQUIRED[kind].filter((field) => {
    const value = object[field];
    return value === undefined || value === null || (Array.isArray(value) && value.length === 0);
  });
}

/** What is wrong with the form of an object or of a part of it, judged by the version of the connection. */
export function checkShape(kind: ObjectKind, object: JsonObject, version: OcpiVersion): Finding[] {
  const findings: Finding[] = [];
  for (const field of PRICES[kind] ?? []) {
    const price = object[field];
    if (price !== undefined && price !== null) checkPrice(field, price, version, findings);
  }
  if (version === '2.2.1') {
    for (const field of ONLY_IN_230[kind] ?? []) {
      if (object[field] !== undefined)
        findings.push({ rule: 'LOC-29/TAR-21', message: `${kind}.${field} does not exist in 2.2.1` });
    }
  } else if (kind === 'tariff' && object.tax_included === undefined) {
    findings.push({ rule: 'TAR-02', message: 'tariff.tax_included is missing' });
  }
  if (kind === 'location')
    for (const evse of objectsOf(object, 'evses')) findings.push(...checkShape('evse', evse, version));
  if (kind === 'evse')
    for (const connector of objectsOf(object, 'connectors'))
      findings.push(...checkShape('connector', connector, version));
  if (kind === 'cdr') {
    for (const tariff of objectsOf(object, 'tariffs')) findings.push(...checkShape('tariff', tariff, version));
    for (const period of objectsOf(object, 'charging_periods')) {
      for (const dimension of objectsOf(period, 'dimensions')) {
        if (['CURRENT', 'ENERGY_EXPORT', 'ENERGY_IMPORT', 'POWER', 'STATE_OF_CHARGE'].includes(String(dimension.type)))
          findings.push({ rule: 'CDR-17', message: `dimension ${String(dimension.type)} does not belong in a CDR` });
      }
    }
  }
  if (kind !== 'evse' && kind !== 'connector') checkValues(object, kind, findings);
  return findings;
}

function checkPrice(field: string, price: Json, version: OcpiVersion, findings: Finding[]): void {
  const wanted = version === '2.3.0' ? 'before_taxes' : 'excl_vat';
  const foreign = version === '2.3.0' ? 'excl_vat' : 'before_taxes';
  if (!isObject(price) || typeof price[wanted] !== 'number')
    findings.push({ rule: 'CDR-20', message: `${field} is no Price of ${version}: ${wanted} is missing` });
  else if (price[foreign] !== undefined)
    findings.push({ rule: 'CDR-20', message: `${field} carries ${foreign} of the other version` });
}

/** Times as FMT-07 wants them and numbers without the noise of binary arithmetic (FMT-12), at any depth. */
function checkValues(value: Json | undefined, path: string, findings: Finding[]): void {
  if (Array.isArray(value))
    for (const [index, entry] of value.entries()) checkValues(entry, `${path}[${index}]`, findings);
  else if (isObject(value))
    for (const [field, entry] of Object.entries(value)) checkValues(entry, `${path}.${field}`, findings);
  else if (typeof value === 'number') {
    if (decimal(value).decimalPlaces() > 9)
      findings.push({ rule: 'FMT-12', message: `${path} has binary rounding noise: ${value}` });
  } else if (typeof value === 'string' && /(date_time|last_updated|timestamp)$/.test(path)) {
    if (!DATE_TIME.test(value) || value.length > 25)
      findings.push({ rule: 'FMT-07', message: `${path} is no OCPI DateTime: ${value}` });
  }
}
