/**
 * What the engine reads, as structures: the canonical Tariff and ChargingPeriod satisfy them, and so does any stored
 * revision of one. Field names and units are those of OCPI.
 */

/** A moment: a Date, or an OCPI DateTime (UTC, also without `Z`). */
export type Instant = Date | string;

export interface PricingLimit {
  readonly before_taxes: number;
  readonly after_taxes?: number | undefined;
}

export interface PricingComponent {
  /** ENERGY (per kWh), TIME and PARKING_TIME (per hour), FLAT (once); another value prices nothing. */
  readonly type: string;
  readonly price: number;
  /** Percentage; absent: no VAT known. */
  readonly vat?: number | undefined;
  /** Wh or seconds; 0: no quantisation. */
  readonly step_size: number;
}

export interface PricingRestrictions {
  readonly start_time?: string | undefined;
  readonly end_time?: string | undefined;
  readonly start_date?: string | undefined;
  readonly end_date?: string | undefined;
  readonly min_kwh?: number | undefined;
  readonly max_kwh?: number | undefined;
  readonly min_current?: number | undefined;
  readonly max_current?: number | undefined;
  readonly min_power?: number | undefined;
  readonly max_power?: number | undefined;
  readonly min_duration?: number | undefined;
  readonly max_duration?: number | undefined;
  readonly day_of_week?: readonly string[] | undefined;
  readonly reservation?: string | undefined;
}

export interface PricingElement {
  readonly price_components: readonly PricingComponent[];
  readonly restrictions?: PricingRestrictions | undefined;
}

export interface PricingTariff {
  readonly id: string;
  readonly currency: string;
  readonly min_price?: PricingLimit | undefined;
  readonly max_price?: PricingLimit | undefined;
  readonly elements: readonly PricingElement[];
  /** YES, NO or N/A; absent (a tariff older than 2.3.0) means NO. */
  readonly tax_included?: string | undefined;
}

export interface PricingPeriod {
  readonly start_date_time: string;
  readonly dimensions: readonly { readonly type: string; readonly volume: number }[];
  readonly tariff_id?: string | undefined;
}

/** A reservation before the session, or one that ran out. */
export interface PricingReservation {
  /** When it was made. */
  readonly from: Instant;
  /** Start of charging, or expiry (PRC-29). */
  readonly until: Instant;
  readonly expired: boolean;
}

interface SessionFacts {
  /** The one under which the session began: for every period that names no other. */
  readonly tariff: PricingTariff;
  /** Further tariffs that periods may name; of the same currency. */
  readonly otherTariffs?: readonly PricingTariff[] | undefined;
  /** Chronological; each ends where the next begins, the last with the session. */
  readonly periods: readonly PricingPeriod[];
  /** Absent when a reservation never became a session: then only the reservation costs. */
  readonly startedAt?: Instant | undefined;
  /** IANA zone of the Location (`Location.time_zone`). */
  readonly timeZone: string;
  readonly reservation?: PricingReservation | undefined;
  /** Name of the tax that `vat` stands for, e.g. `MwSt.`; default `VAT`. */
  readonly taxName?: string | undefined;
}

/** A finished session has `endedAt`; of a running one the last period ends `now`. */
export type PriceSessionInput = SessionFacts &
  ({ readonly endedAt: Instant; readonly now?: undefined } | { readonly now: Instant; readonly endedAt?: undefined });

const HAS_ZONE = /(Z|[+-]\d\d:?\d\d)$/i;

/**
 * Milliseconds since 1970.
 * @throws RangeError when the text is no moment.
 */
export function instantMs(value: Instant): number {
  if (value instanceof Date) return moment(value.getTime(), value);
  const plain = plainDateTime(value);
  return plain ?? moment(Date.parse(HAS_ZONE.test(value) ? value : `${value}Z`), value);
}

function moment(milliseconds: number, value: Instant): number {
  if (Number.isNaN(milliseconds)) throw new RangeError(`not a moment: ${String(value)}`);
  return milliseconds;
}

/**
 * `YYYY-MM-DDTHH:MM:SS`, with or without three decimals and `Z`: the form of nearly every period, read several times
 * faster than by Date.parse, which a session of many periods would spend a third of its price on.
 * @returns undefined for every other form, and for the last days of a month, where the calendar decides.
 */
function plainDateTime(text: string): number | undefined {
  const { length } = text;
  const zoned = text.charCodeAt(length - 1) === 90;
  const size = zoned ? length - 1 : length;
  if (size !== 19 && size !== 23) return undefined;
  if (text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45 || text.charCodeAt(10) !== 84) return undefined;
  if (text.charCodeAt(13) !== 58 || text.charCodeAt(16) !== 58) return undefined;
  if (size === 23 && text.charCodeAt(19) !== 46) return undefined;
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
  const month = twoDigits(text, 5);
  const day = twoDigits(text, 8);
  const hour = twoDigits(text, 11);
  const minute = twoDigits(text, 14);
  const second = twoDigits(text, 17);
  const fraction = size === 23 ? twoDigits(text, 20) * 10 + digit(text, 22) : 0;
  const inRange = year >= 1970 && month >= 1 && month <= 12 && day >= 1 && day <= 28;
  // A digit that is none makes its number NaN, which is in no range.
  if (!inRange || !(hour < 24 && minute < 60 && second < 60 && fraction >= 0)) return undefined;
  return ((daysOf(year, month, day) * 24 + hour) * 60 + minute) * 60_000 + second * 1000 + fraction;
}

function digit(text: string, at: number): number {
  const value = text.charCodeAt(at) - 48;
  return value >= 0 && value <= 9 ? value : Number.NaN;
}

function twoDigits(text: string, at: number): number {
  return digit(text, at) * 10 + digit(text, at + 1);
}

/** Days from 1970-01-01 in the Gregorian calendar; years that begin in March put the leap day last. */
function daysOf(year: number, month: number, day: number): number {
  const years = month > 2 ? year : year - 1;
  const months = month > 2 ? month - 3 : month + 9;
  const leapDays = Math.floor(years / 4) - Math.floor(years / 100) + Math.floor(years / 400);
  return years * 365 + leapDays + Math.floor((153 * months + 2) / 5) + day - 719_469;
}
