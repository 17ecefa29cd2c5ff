import type { ChargingPeriod } from '../model/index.js';

/** Dimensions that only a Session may hold (CDR-17). */
const SESSION_ONLY = new Set(['CURRENT', 'ENERGY_EXPORT', 'ENERGY_IMPORT', 'POWER', 'STATE_OF_CHARGE']);

/**
 * The periods as a CDR may hold them. Session and CDR are both priced by these, so that they cannot differ. Energy that
 * a period tells only as import and export is kept as ENERGY; a period is never left without a dimension.
 */
export function cdrPeriods(periods: readonly ChargingPeriod[]): ChargingPeriod[] {
  return periods.map((period) => {
    const kept = period.dimensions.filter(({ type }) => !SESSION_ONLY.has(type));
    const volume = (wanted: string): number | undefined =>
      period.dimensions.find(({ type }) => type === wanted)?.volume;
    const imported = volume('ENERGY_IMPORT');
    const exported = volume('ENERGY_EXPORT');
    const told = kept.some(({ type }) => type === 'ENERGY');
    if (!told && (imported !== undefined || exported !== undefined || kept.length === 0)) {
      kept.unshift({ type: 'ENERGY', volume: (imported ?? 0) - (exported ?? 0) });
    }
    return { ...period, dimensions: kept };
  });
}
