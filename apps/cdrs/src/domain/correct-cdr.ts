import { decimal, toJsonNumber } from '@voltap/kernel';
import type { Cdr, ChargingPeriod, Price, Tariff } from '@voltap/ocpi/model';
import { type EndedSession, type MadeCdr, makeCdr } from './make-cdr.js';

/** Three characters beyond those of a CDR are kept for this (CDR-07). */
const CREDIT_ENDING = '-CR';

/** What was billed wrongly and how it really was; what is not given stays. */
export interface Correction {
  readonly tariff?: Tariff | undefined;
  readonly charging_periods?: ChargingPeriod[] | undefined;
  readonly end_date_time?: string | undefined;
  /** Of the place, IANA: prices have times of day. */
  readonly timeZone: string;
}

/** Takes a CDR back: all of it as it was, and only `total_cost` with the other sign (CDR-08, CDR-09). */
export function creditOf(cdr: Cdr): Cdr {
  return {
    ...cdr,
    id: `${cdr.id}${CREDIT_ENDING}`,
    credit: true,
    credit_reference_id: cdr.id,
    total_cost: negated(cdr.total_cost),
  };
}

/** The CDR that takes its place: priced anew by the one engine, under an id of its own (CDR-08). */
export function correctedCdr(cdr: Cdr, correction: Correction, id: string): MadeCdr {
  const { tariff = cdr.tariffs?.[0], charging_periods = cdr.charging_periods, timeZone } = correction;
  const { cdr_location: place, end_date_time = cdr.end_date_time } = { ...cdr, ...given(correction) };
  const energy = correction.charging_periods === undefined ? cdr.total_energy : energyOf(charging_periods);
  const ended: EndedSession = {
    session: {
      country_code: cdr.country_code,
      party_id: cdr.party_id,
      id: cdr.session_id ?? cdr.id,
      start_date_time: cdr.start_date_time,
      end_date_time,
      kwh: energy,
      cdr_token: cdr.cdr_token,
      auth_method: cdr.auth_method,
      ...(cdr.authorization_reference === undefined ? {} : { authorization_reference: cdr.authorization_reference }),
      ...(cdr.meter_id === undefined ? {} : { meter_id: cdr.meter_id }),
      location_id: place.id,
      evse_uid: place.evse_uid,
      connector_id: place.connector_id,
      currency: tariff?.currency ?? cdr.currency,
      charging_periods,
      status: 'COMPLETED',
      last_updated: end_date_time,
    },
    tariff: tariff === undefined ? null : { tariff },
    location: place,
    timeZone,
    signed_data: cdr.signed_data ?? null,
    endedAt: end_date_time,
  };
  return makeCdr(ended, { id, invoiceReference: cdr.invoice_reference_id === undefined ? null : id });
}

function given({ end_date_time }: Correction): Partial<Cdr> {
  return end_date_time === undefined ? {} : { end_date_time };
}

function energyOf(periods: readonly ChargingPeriod[]): number {
  const volumes = periods.flatMap(({ dimensions }) => dimensions.filter(({ type }) => type === 'ENERGY'));
  return toJsonNumber(
    volumes.reduce((sum, { volume }) => sum.plus(decimal(volume)), decimal(0)),
    6,
  );
}

function negated({ before_taxes, taxes }: Price): Price {
  const minus = (amount: number): number => (amount === 0 ? 0 : -amount);
  return {
    before_taxes: minus(before_taxes),
    ...(taxes === undefined ? {} : { taxes: taxes.map((tax) => ({ ...tax, amount: minus(tax.amount) })) }),
  };
}
