import { type Decimal, decimal, toJsonNumber } from '@voltap/kernel';
import type { ChargingPeriod } from '@voltap/ocpi/model';

const SECONDS_PER_HOUR = 3600;
/** Decimals of an OCPI number. A third of a second as hours, so that whole seconds survive it. */
const PLACES = 4;

/** As much of a report as periods are derived from. */
export interface MeterReport {
  readonly status: string;
  readonly start_date_time: string;
  readonly end_date_time?: string;
  readonly kwh: number;
}

/**
 * Charging periods of a back-end that reports none: one for each report, from the report before, with the energy that
 * was added; time without energy is time in which the vehicle asked for none. Appended, never changed, but that an end
 * that is told after the fact cuts off what was thought to follow it. Periods last whole seconds: otherwise rounded hours
 * would add up to more than the session lasted, and a begun minute more be billed.
 * @param reportedAt the moment the report is about; null when it does not say: then time without energy waits for a
 * report that does or for the end, so that a report that is sent again changes nothing.
 */
export function derivePeriods(
  known: readonly ChargingPeriod[],
  report: MeterReport,
  reportedAt: { readonly at: string; readonly stated: boolean },
): ChargingPeriod[] {
  if (report.status === 'PENDING' || report.status === 'RESERVATION' || report.status === 'INVALID') return [...known];
  const periods = report.end_date_time === undefined ? [...known] : endedBy(known, Date.parse(report.end_date_time));
  const from = endOf(periods) ?? Date.parse(report.start_date_time);
  const seconds = Math.max(0, Math.floor((Date.parse(report.end_date_time ?? reportedAt.at) - from) / 1000));
  const added = decimal(report.kwh).toDecimalPlaces(PLACES).minus(energyOf(periods));
  const start_date_time = new Date(from).toISOString();
  if (added.greaterThan(0)) {
    const energy = { type: 'ENERGY', volume: toJsonNumber(added, PLACES) } as const;
    return [...periods, { start_date_time, dimensions: [energy, { type: 'TIME', volume: hours(seconds) }] }];
  }
  if (seconds === 0 || !(reportedAt.stated || report.end_date_time !== undefined)) return periods;
  return [...periods, { start_date_time, dimensions: [{ type: 'PARKING_TIME', volume: hours(seconds) }] }];
}

function hours(seconds: number): number {
  return toJsonNumber(decimal(seconds).div(SECONDS_PER_HOUR), PLACES);
}

function energyOf(periods: readonly ChargingPeriod[]): Decimal {
  return periods
    .flatMap(({ dimensions }) => dimensions)
    .filter(({ type }) => type === 'ENERGY')
    .reduce((sum, { volume }) => sum.plus(decimal(volume)), decimal(0));
}

/** The last period ends where its time does, in milliseconds since 1970. */
function endOf(periods: readonly ChargingPeriod[]): number | null {
  const last = periods.at(-1);
  if (last === undefined) return null;
  const lasted = last.dimensions.find(({ type }) => isTime(type))?.volume ?? 0;
  return Date.parse(last.start_date_time) + Math.round(lasted * SECONDS_PER_HOUR) * 1000;
}

/** The periods, none of them lasting beyond the end; energy is kept. */
function endedBy(periods: readonly ChargingPeriod[], end: number): ChargingPeriod[] {
  return periods.flatMap((period) => {
    const start = Math.min(Date.parse(period.start_date_time), end);
    const longest = hours(Math.floor((end - start) / 1000));
    if (period.dimensions.every(({ type, volume }) => !isTime(type) || volume <= longest)) return [period];
    const dimensions = period.dimensions
      .map((dimension) =>
        isTime(dimension.type) ? { ...dimension, volume: Math.min(dimension.volume, longest) } : dimension,
      )
      .filter(({ type, volume }) => type !== 'PARKING_TIME' || volume > 0);
    return dimensions.length === 0 ? [] : [{ ...period, start_date_time: new Date(start).toISOString(), dimensions }];
  });
}

function isTime(type: string): boolean {
  return type === 'TIME' || type === 'PARKING_TIME';
}
