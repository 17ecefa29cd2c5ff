import type { Decimal } from '@voltap/kernel';

/** One tax on an amount. */
export interface TaxShare {
  readonly name: string;
  /** Undefined where the tariff states amounts with and without taxes but no rate. */
  readonly percentage: Decimal | undefined;
  readonly amount: Decimal;
}

/** Always: afterTaxes = beforeTaxes + sum of taxes. */
export interface Amounts {
  readonly beforeTaxes: Decimal;
  readonly afterTaxes: Decimal;
  readonly taxes: readonly TaxShare[];
}

export type CostDimension = 'energy' | 'time' | 'parking' | 'fixed' | 'reservation';
export type LineUnit = 'kWh' | 'h' | 'once';

export interface Measured {
  /** Whether the tariff has a component for this dimension at all. */
  readonly priced: boolean;
  /** Measured, priced or not: kWh, hours, or for `fixed` the count. `reservation` counts hours. */
  readonly quantity: Decimal;
}

export interface DimensionCost extends Amounts, Measured {
  /** What was billed: the priced part, with step_size. */
  readonly billedQuantity: Decimal;
}

/** One price of the tariff and what it was applied to. */
export interface PriceLine extends Amounts {
  readonly dimension: CostDimension | 'limit';
  readonly unit: LineUnit;
  /** Billed, step_size included. */
  readonly quantity: Decimal;
  /** Before step_size. */
  readonly measuredQuantity: Decimal;
  /** Per unit as the tariff states it: with or without taxes according to its tax_included. */
  readonly price: Decimal;
  readonly vat: Decimal | undefined;
  readonly tariffId: string;
  /** Index into `Tariff.elements`; undefined for the line of a limit. */
  readonly elementIndex: number | undefined;
}

export type NoteCode =
  /** Energy (or power- or energy-dependent time) met a price change inside a period: billed at the rate of its start (PRC-31). */
  | 'period_spans_price_change'
  /** The same, but the period states one power throughout: its energy was split by time. */
  | 'energy_split_by_time'
  /** min_price or max_price changed the total: partial costs do not add up to it (PRC-26). */
  | 'limit_applied'
  /** A limit with taxes is below the one without: the stricter one was taken for both. */
  | 'limit_inconsistent'
  /** The tariff states no VAT for something billed: before and after taxes are the same number. */
  | 'no_vat_known'
  /** No TIME or PARKING_TIME in a period with energy: its length was taken as charging time. */
  | 'time_inferred'
  /** No TIME, PARKING_TIME or energy in a period: its length was not billed. */
  | 'time_unknown'
  /** TIME and PARKING_TIME exceed the length of their period. */
  | 'time_exceeds_period'
  /** The order of charging and parking inside a period decides the price: charging was taken first. */
  | 'order_assumed'
  /** A restriction asks for a power that was not recorded: the mean over the period was taken. */
  | 'power_derived'
  /** A restriction asks for a power or current that is not known: its element was not applied. */
  | 'power_unknown'
  | 'current_unknown'
  /** More was fed back than charged. */
  | 'energy_negative'
  /** A period names a tariff that was not given: the one before it was taken. */
  | 'other_tariff_named'
  /** Of several tariffs a period names none: the one before it was taken. */
  | 'tariff_not_named'
  /** The session ran under several tariffs: the limits of each bound what was charged under it. */
  | 'several_tariffs'
  /** The tariff lacks tax_included: NO was taken. */
  | 'tax_included_missing'
  /** There are no periods: all energy of the session was taken as one. */
  | 'periods_missing'
  /** The periods add up to another energy than the session: the periods were billed. */
  | 'energy_differs'
  /** More than 2 MW on average: somebody wrote Wh. */
  | 'energy_implausible'
  /** The session has no end: it was priced until it was last changed. */
  | 'end_assumed'
  /** The session is INVALID: it is not billed. */
  | 'not_billed';

export interface PriceNote {
  readonly code: NoteCode;
  readonly dimension?: CostDimension;
  /** Start of the first period concerned. */
  readonly periodStart?: string;
  readonly limit?: 'min_price' | 'max_price';
  /** Where there are several. */
  readonly tariffId?: string;
}

export interface PricedSession {
  readonly currency: string;
  /** The tariff under which the session began. */
  readonly tariffId: string;
  /** `exact`: no rounding but the 20th decimal. `minor_unit`: after `roundPriced`. */
  readonly rounding: 'exact' | 'minor_unit';
  readonly totals: Amounts;
  readonly measured: Readonly<Record<CostDimension, Measured>>;
  /** Added up when it is looked at. */
  readonly dimensions: Readonly<Record<CostDimension, DimensionCost>>;
  /** Add up to the totals, the line of a limit included. */
  readonly lines: readonly PriceLine[];
  readonly notes: readonly PriceNote[];
  /** From start to end or now, in hours. */
  readonly duration: Decimal;
}
