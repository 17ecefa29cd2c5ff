import { decimal } from '@voltap/kernel';
import { energyUnits, kwhOf } from './energy.js';
import { instantMs, type PricingPeriod } from './input.js';

export const HOUR_MS = 3_600_000;
/** Timestamps often have no fraction of a second; differences up to this say nothing. */
export const CLOCK_TOLERANCE_MS = 1000;

/** A charging period with its length and what happened in it. Durations in milliseconds. */
export interface Usage {
  readonly periodStart: string;
  readonly start: number;
  readonly end: number;
  /** In units of energy. */
  readonly energy: number;
  readonly charging: number;
  readonly parking: number;
  readonly reserved: number;
  readonly power: number | undefined;
  readonly powerDerived: boolean;
  /** MIN_POWER and MAX_POWER are one: energy flowed evenly while charging. */
  readonly powerConstant: boolean;
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
  // Half a unit of the fourth decimal decides for nearly all; only then what was written has to be looked at.
  const off = Math.abs(exact - second);
  if (off > (HOUR_MS / 2) * 1e-4) return Math.round(exact);
  const tolerance = (HOUR_MS / 2) * 10 ** -Math.max(4, decimalsOf(hours));
  return off <= tolerance ? second : Math.round(exact);
}

function decimalsOf(value: number): number {
  // Four decimals or fewer: told without writing the number out.
  if (Math.round(value * 1e4) / 1e4 === value) return 4;
  const text = String(value);
  if (text.includes('e')) return decimal(value).decimalPlaces();
  const point = text.indexOf('.');
  return point < 0 ? 0 : text.length - point - 1;
}

function read(period: PricingPeriod, start: number, end: number, usesPower: boolean): Usage {
  let stated: number | undefined;
  let imported: number | undefined;
  let exported: number | undefined;
  let chargingHours: number | undefined;
  let parkingHours: number | undefined;
  let reservedHours: number | undefined;
  let maxPower: number | undefined;
  let minPower: number | undefined;
  let meanPower: number | undefined;
  let maxCurrent: number | undefined;
  let minCurrent: number | undefined;
  let meanCurrent: number | undefined;
  for (const { type, volume } of period.dimensions) {
    // What is not here (STATE_OF_CHARGE, a dimension of a later OCPI) says nothing of the price.
    if (type === 'ENERGY') stated = volume;
    else if (type === 'TIME') chargingHours = volume;
    else if (type === 'PARKING_TIME') parkingHours = volume;
    else if (type === 'MAX_POWER') maxPower = volume;
    else if (type === 'MIN_POWER') minPower = volume;
    else if (type === 'POWER') meanPower = volume;
    else if (type === 'MAX_CURRENT') maxCurrent = volume;
    else if (type === 'MIN_CURRENT') minCurrent = volume;
    else if (type === 'CURRENT') meanCurrent = volume;
    else if (type === 'ENERGY_IMPORT') imported = volume;
    else if (type === 'ENERGY_EXPORT') exported = volume;
    else if (type === 'RESERVATION_TIME') reservedHours = volume;
  }
  const energy = stated === undefined ? energyUnits(imported ?? 0) - energyUnits(exported ?? 0) : energyUnits(stated);
  const elapsed = Math.max(0, end - start);
  const reserved = msOf(reservedHours);
  const parking = msOf(parkingHours);
  let charging = msOf(chargingHours);
  let time: Usage['time'] = 'stated';
  if (chargingHours === undefined && energy !== 0) {
    charging = Math.max(0, elapsed - parking);
    time = charging > 0 ? 'inferred' : 'stated';
  } else if (chargingHours === undefined && parkingHours === undefined && reserved === 0 && elapsed > 0) {
    time = 'unknown';
  }
  // MAX and MIN first: POWER and CURRENT occur in sessions only, and the CDR must cost the same.
  const power = maxPower ?? minPower ?? meanPower;
  const derived =
    usesPower && power === undefined && charging > 0
      ? kwhOf(energy).times(HOUR_MS).div(charging).toNumber()
      : undefined;
  return {
    periodStart: period.start_date_time,
    start,
    end: Math.max(start, end),
    energy,
    charging,
    parking,
    reserved,
    power: power ?? derived,
    powerDerived: derived !== undefined,
    powerConstant: maxPower !== undefined && maxPower === minPower,
    current: maxCurrent ?? minCurrent ?? meanCurrent,
    time,
    tariffId: period.tariff_id,
  };
}

function msOf(hours: number | undefined): number {
  return hours === undefined ? 0 : hoursToMs(hours);
}

/** Periods in order of time, each ending where the next begins; `usesPower`: whether a missing power is worth deriving. */
export function readPeriods(periods: readonly PricingPeriod[], endedAt: number, usesPower: boolean): Usage[] {
  const starts: number[] = [];
  let rising = true;
  for (const { start_date_time } of periods) {
    const start = instantMs(start_date_time);
    if (starts.length > 0 && start < (starts[starts.length - 1] as number)) rising = false;
    starts.push(start);
  }
  if (!rising) {
    const order = periods.map((_, index) => index);
    order.sort((left, right) => (starts[left] as number) - (starts[right] as number));
    return readPeriods(
      order.map((index) => periods[index] as PricingPeriod),
      endedAt,
      usesPower,
    );
  }
  const usages: Usage[] = [];
  for (let index = 0; index < periods.length; index++) {
    const end = index + 1 < starts.length ? (starts[index + 1] as number) : endedAt;
    usages.push(read(periods[index] as PricingPeriod, starts[index] as number, end, usesPower));
  }
  return usages;
}
