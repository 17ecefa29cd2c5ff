import type { FieldViolation } from '@voltap/kernel';
import type { Hours, Location, PublishTokenType } from './locations.js';
import type { Tariff } from './tariffs.js';

/**
 * Rules between the fields of an object, for objects that are our own. What a partner sends is read without them: being
 * strict with others helps nobody, publishing what contradicts itself misleads everybody.
 */

/** Ids compare without case (FMT-02); the places of those that were there before. */
function repeated(ids: readonly string[]): number[] {
  const seen = new Set<string>();
  return ids.flatMap((id, index) => (seen.size === seen.add(id.toUpperCase()).size ? [index] : []));
}

const twice = (pointer: string): FieldViolation => ({ pointer, message: 'is there twice' });

/** Whether a text names an IANA zone. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    // Offsets are zones to JavaScript, and no names.
    return !/^[+-]/.test(name);
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** What of a location contradicts itself (LOC-08, LOC-12 to LOC-17); pointers into the location. */
export function locationFaults(location: Location): FieldViolation[] {
  const { evses = [], parking_places = [], publish_allowed_to = [], opening_times } = location;
  const parkings = new Set(parking_places.map(({ id }) => id.toUpperCase()));
  return [
    ...repeated(evses.map(({ uid }) => uid)).map((index) => twice(`/evses/${index}/uid`)),
    ...evses.flatMap(({ connectors }, evse) =>
      repeated(connectors.map(({ id }) => id)).map((index) => twice(`/evses/${evse}/connectors/${index}/id`)),
    ),
    ...repeated(parking_places.map(({ id }) => id)).map((index) => twice(`/parking_places/${index}/id`)),
    ...evses.flatMap(({ parking = [] }, evse) =>
      parking.flatMap(({ parking_id }, index) =>
        parkings.has(parking_id.toUpperCase())
          ? []
          : [
              {
                pointer: `/evses/${evse}/parking/${index}/parking_id`,
                message: 'is no parking place of this location',
              },
            ],
      ),
    ),
    ...(location.publish && publish_allowed_to.length > 0
      ? [{ pointer: '/publish_allowed_to', message: 'is for locations with publish false' }]
      : []),
    ...publish_allowed_to.flatMap((token, index) => publishTokenFaults(token, `/publish_allowed_to/${index}`)),
    ...(opening_times ? hoursFaults(opening_times, '/opening_times') : []),
    ...(isTimeZone(location.time_zone)
      ? []
      : [{ pointer: '/time_zone', message: 'must be the name of a zone, like Europe/Berlin' }]),
  ];
}

function publishTokenFaults(token: PublishTokenType, pointer: string): FieldViolation[] {
  const faults: FieldViolation[] = [];
  if (token.uid === undefined && token.visual_number === undefined && token.group_id === undefined) {
    faults.push({ pointer, message: 'must have uid, visual_number or group_id' });
  }
  if (token.uid !== undefined && token.type === undefined) {
    faults.push({ pointer: `${pointer}/type`, message: 'is required when uid is given' });
  }
  if (token.visual_number !== undefined && token.issuer === undefined) {
    faults.push({ pointer: `${pointer}/issuer`, message: 'is required when visual_number is given' });
  }
  return faults;
}

function hoursFaults({ twentyfourseven, regular_hours = [] }: Hours, pointer: string): FieldViolation[] {
  const faults: FieldViolation[] = [];
  if (twentyfourseven !== (regular_hours.length === 0)) {
    const message = twentyfourseven ? 'must be absent when open around the clock' : 'must say when it is open';
    faults.push({ pointer: `${pointer}/regular_hours`, message });
  }
  regular_hours.forEach(({ period_begin, period_end }, index) => {
    // 00:00 stands for the end of the day, as 24:00 does.
    if (period_end > period_begin || period_end === '00:00') return;
    faults.push({
      pointer: `${pointer}/regular_hours/${index}/period_end`,
      message: 'must be later than period_begin',
    });
  });
  return faults;
}

/** What of a tariff contradicts itself (TAR-14, TAR-16, TAR-20); pointers into the tariff. */
export function tariffFaults({ elements, start_date_time, end_date_time }: Tariff): FieldViolation[] {
  const faults: FieldViolation[] = [];
  elements.forEach(({ price_components, restrictions }, element) => {
    price_components.forEach(({ type, step_size }, component) => {
      const pointer = `/elements/${element}/price_components/${component}`;
      if (restrictions?.reservation !== undefined && type !== 'FLAT' && type !== 'TIME') {
        faults.push({ pointer: `${pointer}/type`, message: 'must be FLAT or TIME where a reservation is priced' });
      }
      if (step_size < 0) faults.push({ pointer: `${pointer}/step_size`, message: 'must not be negative' });
    });
  });
  if (start_date_time !== undefined && end_date_time !== undefined && !(start_date_time < end_date_time)) {
    faults.push({ pointer: '/end_date_time', message: 'must be later than start_date_time' });
  }
  return faults;
}
