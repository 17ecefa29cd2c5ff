import { decimal, toJsonNumber } from '@voltap/kernel';
import type { Cdr, CdrLocation, ChargingPeriod, Price, Session, SignedData, Tariff } from '@voltap/ocpi/model';
import {
  type CdrTotals,
  cdrPeriodsOf,
  type PricedSession,
  priceSession,
  roundPriced,
  type SessionReservation,
  sessionInput,
  totalsForCdr,
} from '@voltap/ocpi/pricing';

const MS_PER_HOUR = 3_600_000;

/** All that a CDR is made of, frozen with the session. */
export interface EndedSession {
  readonly session: Session;
  readonly tariff: { readonly tariff: Tariff } | null;
  readonly location: CdrLocation | null;
  readonly timeZone: string;
  readonly signed_data: SignedData | null;
  readonly reservation?: SessionReservation | null | undefined;
  readonly endedAt: string;
}

/** One charged item; amounts and quantities are decimal texts. */
export interface ExplainedLine {
  readonly dimension: string;
  readonly quantity: string;
  readonly unit: string;
  readonly price: string;
  readonly vat: string | null;
  readonly beforeTaxes: string;
  readonly afterTaxes: string;
}

/** A CDR, why it costs what it costs, and what the driver pays. */
export interface MadeCdr {
  readonly cdr: Cdr;
  readonly lines: ExplainedLine[];
  readonly totalWithTaxes: string;
  readonly timeZone: string;
}

export interface CdrTerms {
  readonly id: string;
  /** The invoice of this CDR when the CPO makes it; else null (CDR-24). */
  readonly invoiceReference: string | null;
}

/**
 * The one CDR of an ended session, from what was frozen with it, by the engine that priced the session: the totals are
 * the session's to the cent. `last_updated` is given by the store.
 * @throws Error when the session has no place: it was never let in without one.
 */
export function makeCdr(ended: EndedSession, terms: CdrTerms): MadeCdr {
  const { session, location, tariff } = ended;
  if (location === null) throw new Error(`session ${session.id} ended without a place`);
  const endedAt = session.end_date_time ?? ended.endedAt;
  const periods = periodsOf(ended);
  const priced = priceOf(ended, endedAt);
  const totals = priced === null ? null : totalsForCdr(priced);
  const total_cost: Price = totals?.total_cost ?? { before_taxes: 0, taxes: [] };
  const cdr: Cdr = {
    country_code: session.country_code,
    party_id: session.party_id,
    id: terms.id,
    start_date_time: ended.reservation?.from ?? session.start_date_time,
    end_date_time: endedAt,
    session_id: session.id,
    cdr_token: session.cdr_token,
    auth_method: session.auth_method,
    ...given('authorization_reference', session.authorization_reference),
    cdr_location: location,
    ...given('meter_id', session.meter_id),
    currency: session.currency,
    tariffs: tariff === null ? [] : [tariff.tariff],
    charging_periods: periods,
    ...given('signed_data', ended.signed_data ?? undefined),
    ...costs(totals),
    total_cost,
    total_energy: totals?.total_energy ?? session.kwh,
    total_time: totals?.total_time ?? hoursBetween(session.start_date_time, endedAt),
    ...given('remark', remarkOf(priced, ended)),
    ...given('invoice_reference_id', terms.invoiceReference ?? undefined),
    last_updated: endedAt,
  };
  return {
    cdr,
    lines: priced === null ? [] : roundPriced(priced).lines.map(lineRecord),
    totalWithTaxes: (total_cost.taxes ?? [])
      .reduce((sum, tax) => sum.plus(decimal(tax.amount)), decimal(total_cost.before_taxes))
      .toString(),
    timeZone: ended.timeZone,
  };
}

/** A start that never became a charge is billed nothing, whatever its tariff (CDR-25). */
function priceOf(
  { session, tariff, timeZone, reservation = null }: EndedSession,
  endedAt: string,
): PricedSession | null {
  if (tariff === null || session.status === 'INVALID') return null;
  return priceSession(sessionInput({ session, tariff: tariff.tariff, timeZone, reservation }, { endedAt }));
}

/** Each names its tariff (CDR-23). */
function periodsOf({ session, tariff, reservation = null }: EndedSession): ChargingPeriod[] {
  return cdrPeriodsOf(session, reservation).map((period) => ({
    ...period,
    ...given('tariff_id', period.tariff_id ?? tariff?.tariff.id),
  }));
}

function costs(totals: CdrTotals | null): Partial<Cdr> {
  if (totals === null) return {};
  const { total_cost: _, total_energy: __, total_time: ___, currency: ____, ...rest } = totals;
  return Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
}

function remarkOf(priced: PricedSession | null, { session, tariff }: EndedSession): string | undefined {
  if (session.status === 'INVALID') return 'The charge did not take place.';
  if (tariff === null) return 'No tariff applied.';
  // Then the partial costs do not add up to the total (PRC-26).
  if (!priced?.notes.some(({ code }) => code === 'limit_applied')) return undefined;
  return 'The minimum or maximum price of the tariff applies to the total; partial costs are shown without it.';
}

function lineRecord(line: PricedSession['lines'][number]): ExplainedLine {
  return {
    dimension: line.dimension,
    quantity: line.quantity.toString(),
    unit: line.unit,
    price: line.price.toString(),
    vat: line.vat?.toString() ?? null,
    beforeTaxes: line.beforeTaxes.toString(),
    afterTaxes: line.afterTaxes.toString(),
  };
}

function hoursBetween(from: string, until: string): number {
  return toJsonNumber(decimal(Date.parse(until) - Date.parse(from)).div(MS_PER_HOUR));
}

function given<Name extends string, Value>(name: Name, value: Value | undefined): { [Key in Name]?: Value } {
  return (value === undefined ? {} : { [name]: value }) as { [Key in Name]?: Value };
}
