import { decimal, toJsonNumber } from '@voltap/kernel';
import type { ChargingPeriod, Session } from '@voltap/ocpi/model';

const MS_PER_HOUR = 3_600_000;

/**
 * Charging periods of a back-end that reports none: one for each report, from the report before, with the energy that
 * was added; time without energy is time in which the vehicle asked for none. Only appended, never changed.
 */
export function derivePeriods(
  before: Session | null,
  report: {
    readonly status: string;
    readonly start_date_time: string;
    readonly end_date_time?: string;
    readonly kwh: number;
  },
  reportedAt: string,
): ChargingPeriod[] {
  const known = before?.charging_periods ?? [];
  if (report.status === 'PENDING' || report.status === 'INVALID') return known;
  const from = endOf(known) ?? Date.parse(report.start_date_time);
  const until = Date.parse(report.end_date_time ?? reportedAt);
  const added = decimal(report.kwh).minus(before === null ? 0 : energyOf(known));
  if (until <= from && added.isZero()) return known;
  const hours = toJsonNumber(decimal(Math.max(0, until - from)).div(MS_PER_HOUR), 6);
  const period: ChargingPeriod = {
    start_date_time: new Date(from).toISOString(),
    dimensions: added.isZero()
      ? [{ type: 'PARKING_TIME', volume: hours }]
      : [
          { type: 'ENERGY', volume: toJsonNumber(added, 6) },
          { type: 'TIME', volume: hours },
        ],
  };
  return [...known, period];
}

function energyOf(periods: readonly ChargingPeriod[]) {
  return periods
    .flatMap(({ dimensions }) => dimensions)
    .filter(({ type }) => type === 'ENERGY')
    .reduce((sum, { volume }) => sum.plus(decimal(volume)), decimal(0));
}

/** The last period ends where its time does. */
function endOf(periods: readonly ChargingPeriod[]): number | null {
  const last = periods.at(-1);
  if (last === undefined) return null;
  const hours = last.dimensions.find(({ type }) => type === 'TIME' || type === 'PARKING_TIME')?.volume ?? 0;
  return Date.parse(last.start_date_time) + Math.round(hours * MS_PER_HOUR);
}
