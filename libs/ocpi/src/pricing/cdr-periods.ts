import { decimal, toJsonNumber } from '@voltap/kernel';
import type { ChargingPeriod } from '../model/index.js';

/** Dimensions that only a Session may hold (CDR-17). */
const SESSION_ONLY = new Set(['CURRENT', 'ENERGY_EXPORT', 'ENERGY_IMPORT', 'POWER', 'STATE_OF_CHARGE']);

/** What of a session says what was consumed when; `kwh` in kWh. */
export interface MeasuredSession {
  readonly start_date_time: string;
  readonly kwh: number;
  readonly charging_periods?: readonly ChargingPeriod[];
}

/**
 * The periods as a CDR may hold them, at least one (CDR-15). Session and CDR are both priced by these, so that they cannot
 * differ. Energy that a period tells only as import and export is kept as ENERGY; a period is never left without a
 * dimension, and a session without periods is one with all its energy.
 */
export function cdrPeriods({ start_date_time, kwh, charging_periods = [] }: MeasuredSession): ChargingPeriod[] {
  if (charging_periods.length === 0) return [{ start_date_time, dimensions: [{ type: 'ENERGY', volume: kwh }] }];
  return charging_periods.map((period) => {
    if (isOfCdr(period)) return period;
    const kept = period.dimensions.filter(({ type }) => !SESSION_ONLY.has(type));
    const volume = (wanted: string): number | undefined =>
      period.dimensions.find(({ type }) => type === wanted)?.volume;
    const imported = volume('ENERGY_IMPORT');
    const exported = volume('ENERGY_EXPORT');
    const told = kept.some(({ type }) => type === 'ENERGY');
    if (!told && (imported !== undefined || exported !== undefined || kept.length === 0)) {
      kept.unshift({ type: 'ENERGY', volume: toJsonNumber(decimal(imported ?? 0).minus(exported ?? 0), 6) });
    }
    return { ...period, dimensions: kept };
  });
}

/** Whether a CDR may hold it as it is, as it may most. */
function isOfCdr({ dimensions }: ChargingPeriod): boolean {
  for (const { type } of dimensions) if (SESSION_ONLY.has(type)) return false;
  return dimensions.length > 0;
}
