/** Pricing of charging sessions: tariff + charging periods + local time zone → cost, explained. Pure and version-neutral. */
export { cdrPeriods, type MeasuredSession } from './cdr-periods.js';
export type { Instant, PriceSessionInput, PricingPeriod, PricingReservation, PricingTariff } from './input.js';
export { type CdrTotals, type OcpiPrice, toOcpiPrice, totalsForCdr } from './ocpi-price.js';
export { priceSession } from './price-session.js';
export type {
  Amounts,
  CostDimension,
  DimensionCost,
  LineUnit,
  NoteCode,
  PricedSession,
  PriceLine,
  PriceNote,
  TaxShare,
} from './priced.js';
export { roundPriced } from './round.js';
export { type Purchase, type PurchaseQuery, whatWillThisBuy } from './what-will-this-buy.js';
