import { type Decimal, decimal, ZERO } from '@voltap/kernel';
import { instantMs, type PricingPeriod } from './input.js';

export const HOUR_MS = 3_600_000;
/** Timestamps often have no fraction of a second; differences up to this say nothing. */
export const CLOCK_TOLERANCE_MS = 1000;

/** A charging period with its length and what happened in it. Durations in milliseconds. */
export interface Usage {
  readonly periodStart: string;
  readonly start: number;
  readonly end: number;
  readonly kwh: Decimal;
  readonly charging: number;
  readonly parking: number;
  readonly reserved: number;
  readonly power: number | undefined;
  readonly powerDerived: boolean;
  readonly current: number | undefined;
  readonly time: 'stated' | 'inferred' | 'unknown';
  readonly tariffId: string | undefined;
}

/**
 * Milliseconds of a volume in hours. OCPI volumes carry 4 decimals, a third of a second: within half a unit of the last
 * decimal (the fourth, or the last one given) of a whole second, that second was meant. Without this, 40 minutes
 * written 0.6667 would be billed as a begun 41st.
 */
export function hoursToMs(hours: number): number {
  const exact = hours * HOUR_MS;
  const second = Math.round(exact / 1000) * 1000;
  if (exact === second) return exact;
  const tolerance = (HOUR_MS / 2) * 10 ** -Math.max(4, decimalsOf(hours));
  return Math.abs(exact - second) <= tolerance ? second : Math.round(exact);
}

function decimalsOf(value: number): number {
  const text = String(value);
  if (text.includes('e')) return decimal(value).decimalPlaces();
  const point = text.indexOf('.');
  return point < 0 ? 0 : text.length - point - 1;
}

function energyOf(volumes: ReadonlyMap<string, number>): Decimal {
  const energy = volumes.get('ENERGY');
  if (energy !== undefined) return decimal(energy);
  const imported = volumes.get('ENERGY_IMPORT');
  const exported = volumes.get('ENERGY_EXPORT');
  if (imported === undefined && exported === undefined) return ZERO;
  return decimal(imported ?? 0).minus(decimal(exported ?? 0));
}

function read(period: PricingPeriod, start: number, end: number, usesPower: boolean): Usage {
  const volumes = new Map<string, number>();
  for (const { type, volume } of period.dimensions) volumes.set(type, volume);
  const hours = (type: string): number | undefined => {
    const volume = volumes.get(type);
    return volume === undefined ? undefined : hoursToMs(volume);
  };
  const elapsed = Math.max(0, end - start);
  const kwh = energyOf(volumes);
  const reserved = hours('RESERVATION_TIME') ?? 0;
  const statedCharging = hours('TIME');
  const statedParking = hours('PARKING_TIME');
  const parking = statedParking ?? 0;
  let charging = statedCharging ?? 0;
  let time: Usage['time'] = 'stated';
  if (statedCharging === undefined && !kwh.isZero()) {
    charging = Math.max(0, elapsed - parking);
    time = charging > 0 ? 'inferred' : 'stated';
  } else if (statedCharging === undefined && statedParking === undefined && reserved === 0 && elapsed > 0) {
    time = 'unknown';
  }
  // MAX and MIN first: POWER and CURRENT occur in sessions only, and the CDR must cost the same.
  const power = volumes.get('MAX_POWER') ?? volumes.get('MIN_POWER') ?? volumes.get('POWER');
  const derived =
    usesPower && power === undefined && charging > 0 ? kwh.times(HOUR_MS).div(charging).toNumber() : undefined;
  return {
    periodStart: period.start_date_time,
    start,
    end: Math.max(start, end),
    kwh,
    charging,
    parking,
    reserved,
    power: power ?? derived,
    powerDerived: derived !== undefined,
    current: volumes.get('MAX_CURRENT') ?? volumes.get('MIN_CURRENT') ?? volumes.get('CURRENT'),
    time,
    tariffId: period.tariff_id,
  };
}

/** Periods in order of time, each ending where the next begins; `usesPower`: whether a missing power is worth deriving. */
export function readPeriods(periods: readonly PricingPeriod[], endedAt: number, usesPower: boolean): Usage[] {
  const dated = periods.map((period) => ({ period, start: instantMs(period.start_date_time) }));
  if (dated.some(({ start }, index) => start < (dated[index - 1]?.start ?? Number.NEGATIVE_INFINITY))) {
    dated.sort((left, right) => left.start - right.start);
  }
  return dated.map(({ period, start }, index) => read(period, start, dated[index + 1]?.start ?? endedAt, usesPower));
}
