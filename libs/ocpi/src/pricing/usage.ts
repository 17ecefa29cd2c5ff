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

/** The volumes of a period; of several of one type the last. */
class Volumes {
  energy: number | undefined;
  imported: number | undefined;
  exported: number | undefined;
  time: number | undefined;
  parking: number | undefined;
  reserved: number | undefined;
  maxPower: number | undefined;
  minPower: number | undefined;
  meanPower: number | undefined;
  maxCurrent: number | undefined;
  minCurrent: number | undefined;
  meanCurrent: number | undefined;

  constructor({ dimensions }: PricingPeriod) {
    for (const { type, volume } of dimensions) this.set(type, volume);
  }

  private set(type: string, volume: number): void {
    switch (type) {
      case 'ENERGY':
        this.energy = volume;
        break;
      case 'ENERGY_IMPORT':
        this.imported = volume;
        break;
      case 'ENERGY_EXPORT':
        this.exported = volume;
        break;
      case 'TIME':
        this.time = volume;
        break;
      case 'PARKING_TIME':
        this.parking = volume;
        break;
      case 'RESERVATION_TIME':
        this.reserved = volume;
        break;
      case 'MAX_POWER':
        this.maxPower = volume;
        break;
      case 'MIN_POWER':
        this.minPower = volume;
        break;
      case 'POWER':
        this.meanPower = volume;
        break;
      case 'MAX_CURRENT':
        this.maxCurrent = volume;
        break;
      case 'MIN_CURRENT':
        this.minCurrent = volume;
        break;
      case 'CURRENT':
        this.meanCurrent = volume;
        break;
      default:
      // STATE_OF_CHARGE, or a dimension of a later OCPI: says nothing of the price.
    }
  }

  /** In units of energy. */
  energyUsed(): number {
    if (this.energy !== undefined) return energyUnits(this.energy);
    const { imported, exported } = this;
    if (imported === undefined && exported === undefined) return 0;
    return energyUnits(imported ?? 0) - energyUnits(exported ?? 0);
  }
}

function msOf(hours: number | undefined): number {
  return hours === undefined ? 0 : hoursToMs(hours);
}

function read(period: PricingPeriod, start: number, end: number, usesPower: boolean): Usage {
  const volumes = new Volumes(period);
  const elapsed = Math.max(0, end - start);
  const energy = volumes.energyUsed();
  const reserved = msOf(volumes.reserved);
  const parking = msOf(volumes.parking);
  let charging = msOf(volumes.time);
  let time: Usage['time'] = 'stated';
  if (volumes.time === undefined && energy !== 0) {
    charging = Math.max(0, elapsed - parking);
    time = charging > 0 ? 'inferred' : 'stated';
  } else if (volumes.time === undefined && volumes.parking === undefined && reserved === 0 && elapsed > 0) {
    time = 'unknown';
  }
  // MAX and MIN first: POWER and CURRENT occur in sessions only, and the CDR must cost the same.
  const power = volumes.maxPower ?? volumes.minPower ?? volumes.meanPower;
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
    powerConstant: volumes.maxPower !== undefined && volumes.maxPower === volumes.minPower,
    current: volumes.maxCurrent ?? volumes.minCurrent ?? volumes.meanCurrent,
    time,
    tariffId: period.tariff_id,
  };
}

/** Periods in order of time, each ending where the next begins; `usesPower`: whether a missing power is worth deriving. */
export function readPeriods(periods: readonly PricingPeriod[], endedAt: number, usesPower: boolean): Usage[] {
  const starts = periods.map((period) => instantMs(period.start_date_time));
  const disordered = starts.some((start, index) => index > 0 && start < (starts[index - 1] as number));
  const order = periods.map((_, index) => index);
  if (disordered) order.sort((left, right) => (starts[left] as number) - (starts[right] as number));
  return order.map((position, index) => {
    const next = order[index + 1];
    const end = next === undefined ? endedAt : (starts[next] as number);
    return read(periods[position] as PricingPeriod, starts[position] as number, end, usesPower);
  });
}
