import type { ChargingPeriod } from '../model/index.js';
import { cdrPeriods, type MeasuredSession } from './cdr-periods.js';
import type { PriceSessionInput, PricingTariff } from './input.js';

/** A reservation before a charge, or instead of one. Moments are OCPI DateTimes. */
export interface SessionReservation {
  /** When it was made (PRC-29). */
  readonly from: string;
  /** Its end as far as it is known: the start of the charge, or when it was given up or ran out. */
  readonly until: string;
  readonly expired: boolean;
  /** Whether a charge came of it. */
  readonly used: boolean;
}

export interface SessionToPrice {
  readonly session: MeasuredSession;
  readonly tariff: PricingTariff;
  readonly timeZone: string;
  readonly reservation: SessionReservation | null;
}

/** What the engine is asked of a session: the same for its running cost and for its CDR. */
export function sessionInput(
  { session, tariff, timeZone, reservation }: SessionToPrice,
  moment: { readonly now: string } | { readonly endedAt: string },
): PriceSessionInput {
  if (reservation !== null && !reservation.used) return { tariff, timeZone, reservation, periods: [], ...moment };
  return {
    tariff,
    timeZone,
    periods: cdrPeriods(session),
    startedAt: session.start_date_time,
    ...(reservation !== null && { reservation }),
    ...moment,
  };
}

const HOUR_MS = 3_600_000;

/** The periods of a CDR, with that of the reservation before them. */
export function cdrPeriodsOf(session: MeasuredSession, reservation: SessionReservation | null): ChargingPeriod[] {
  if (reservation === null) return cdrPeriods(session);
  const { from, until, used } = reservation;
  const hours = Math.max(0, Date.parse(until) - Date.parse(from)) / HOUR_MS;
  const reserved: ChargingPeriod = {
    start_date_time: from,
    dimensions: [{ type: 'RESERVATION_TIME', volume: Number(hours.toFixed(4)) }],
  };
  return used ? [reserved, ...cdrPeriods(session)] : [reserved];
}
