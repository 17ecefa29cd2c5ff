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
  readonly tariff: PricingTariff;
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
  const result = value instanceof Date ? value.getTime() : Date.parse(HAS_ZONE.test(value) ? value : `${value}Z`);
  if (Number.isNaN(result)) throw new RangeError(`not a moment: ${String(value)}`);
  return result;
}
