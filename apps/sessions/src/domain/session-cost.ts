import type { Price, Session } from '@voltap/ocpi/model';
import { cdrPeriods, priceSession, totalsForCdr } from '@voltap/ocpi/pricing';
import type { FrozenTerms, Orphan } from './session-record.js';

const NOTHING: Price = { before_taxes: 0, taxes: [] };

/**
 * What the session costs so far, by the engine and the data that its CDR will be made with (SES-17).
 * A start that never became a charge costs nothing, as its CDR will say (CDR-25), nor does one that is not billed.
 * @returns undefined when there is no tariff: the cost is unknown (SES-16).
 */
export function sessionCost(
  session: Session,
  terms: FrozenTerms & { readonly orphan?: Orphan | null },
  reportedAt: string,
): Price | undefined {
  if (session.status === 'INVALID' || terms.orphan === 'stop') return NOTHING;
  if (terms.tariff === null) return undefined;
  const moment =
    session.end_date_time === undefined ? { now: latest(session, reportedAt) } : { endedAt: session.end_date_time };
  const priced = priceSession({
    tariff: terms.tariff.tariff,
    periods: cdrPeriods(session),
    startedAt: session.start_date_time,
    timeZone: terms.timeZone,
    ...moment,
  });
  return totalsForCdr(priced).total_cost;
}

/** A report may be about a moment that our clock has not reached, or has left behind. */
function latest(session: Session, reportedAt: string): string {
  const moments = [
    reportedAt,
    session.start_date_time,
    ...(session.charging_periods ?? []).map((period) => period.start_date_time),
  ];
  return new Date(Math.max(...moments.map((moment) => Date.parse(moment)))).toISOString();
}
