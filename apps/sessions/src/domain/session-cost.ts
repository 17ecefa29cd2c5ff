import type { Price, Session } from '@voltap/ocpi/model';
import { priceSession, sessionInput, totalsForCdr } from '@voltap/ocpi/pricing';
import { reservationOf } from './reservation.js';
import type { SessionRecord } from './session-record.js';

const NOTHING: Price = { before_taxes: 0, taxes: [] };

/**
 * What the session costs so far, by the engine and the data that its CDR will be made with (SES-17).
 * A start that never became a charge costs nothing, as its CDR will say (CDR-25), nor does one that is not billed.
 * @returns undefined when there is no tariff: the cost is unknown (SES-16).
 */
export function sessionCost(record: PricedRecord, reportedAt: string): Price | undefined {
  const { session, tariff, timeZone } = record;
  if (session.status === 'INVALID' || record.orphan === 'stop') return NOTHING;
  if (tariff === null) return undefined;
  const until = session.end_date_time ?? latest(session, reportedAt);
  const input = sessionInput(
    { session, tariff: tariff.tariff, timeZone, reservation: reservationOf(record, until) },
    session.end_date_time === undefined ? { now: until } : { endedAt: until },
  );
  return totalsForCdr(priceSession(input)).total_cost;
}

/** What of a session decides its price. */
export type PricedRecord = Pick<SessionRecord, 'session' | 'tariff' | 'timeZone' | 'orphan' | 'reserved'>;

/** A report may be about a moment that our clock has not reached, or has left behind. */
function latest(session: Session, reportedAt: string): string {
  const moments = [
    reportedAt,
    session.start_date_time,
    ...(session.charging_periods ?? []).map((period) => period.start_date_time),
  ];
  return new Date(Math.max(...moments.map((moment) => Date.parse(moment)))).toISOString();
}
