/** Pricing of charging sessions: tariff + charging periods + local time zone → cost, explained. Pure and version-neutral. */

export {
  type AdHocFinding,
  type AdHocPlace,
  adHocFindingSchema,
  adHocFindings,
  adHocTariffs,
  connectorTariffFindings,
  isTariffValid,
} from './ad-hoc-check.js';
export { type CdrDifference, cdrDifferences } from './cdr-differences.js';
export { cdrPeriods, type MeasuredSession } from './cdr-periods.js';
export type { Instant, PriceSessionInput, PricingPeriod, PricingReservation, PricingTariff } from './input.js';
export { noteText } from './note-text.js';
export { type CdrTotals, type OcpiPrice, toOcpiPrice, totalsForCdr } from './ocpi-price.js';
export { answerPriceRequest, type PriceAnswer, priceAnswerSchema } from './price-answer.js';
export { type PriceRequest, priceRequestSchema, readPriceRequest } from './price-request.js';
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
export {
  answerPurchaseRequest,
  type PurchaseAnswer,
  purchaseAnswerSchema,
  purchaseRequestSchema,
} from './purchase-answer.js';
export { roundPriced } from './round.js';
export { cdrPeriodsOf, type SessionReservation, sessionInput } from './session-input.js';
export { type Purchase, type PurchaseQuery, whatWillThisBuy } from './what-will-this-buy.js';
