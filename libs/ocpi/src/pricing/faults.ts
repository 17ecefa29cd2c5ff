import type { FieldViolation } from '@voltap/kernel';
import { MOST_KWH } from './energy.js';
import { instantMs, type PricingPeriod, type PricingTariff } from './input.js';
import { DAY_MS } from './local-time.js';

const MOST_DAYS = 366;
const DURATIONS: ReadonlySet<string> = new Set(['TIME', 'PARKING_TIME', 'RESERVATION_TIME']);
const ENERGIES: ReadonlySet<string> = new Set(['ENERGY', 'ENERGY_IMPORT', 'ENERGY_EXPORT']);

function isDate(text: string): boolean {
  const moment = new Date(`${text}T00:00:00Z`);
  // JavaScript reads 31 February as a day in March.
  return !Number.isNaN(moment.getTime()) && moment.toISOString().startsWith(text);
}

/**
 * What of tariffs that have the right form cannot be priced.
 * @param at where each of them is
 */
export function tariffFieldFaults(tariffs: readonly PricingTariff[], at: (index: number) => string): FieldViolation[] {
  const faults: FieldViolation[] = [];
  tariffs.forEach((tariff, index) => {
    const pointer = at(index);
    const first = tariffs.findIndex(({ id }) => id.toUpperCase() === tariff.id.toUpperCase());
    if (first < index) faults.push({ pointer: `${pointer}/id`, message: `is that of ${at(first)} too` });
    const currency = tariffs[0]?.currency;
    if (tariff.currency !== currency) {
      faults.push({
        pointer: `${pointer}/currency`,
        message: `is ${tariff.currency}, that of ${at(0)} is ${currency}`,
      });
    }
    tariff.elements.forEach(({ price_components, restrictions = {} }, element) => {
      price_components.forEach(({ vat, step_size }, component) => {
        const where = `${pointer}/elements/${element}/price_components/${component}`;
        if (vat !== undefined && vat < 0) faults.push({ pointer: `${where}/vat`, message: 'must not be negative' });
        if (step_size < 0) faults.push({ pointer: `${where}/step_size`, message: 'must not be negative' });
      });
      for (const field of ['start_date', 'end_date'] as const) {
        const date = restrictions[field];
        if (date === undefined || isDate(date)) continue;
        faults.push({
          pointer: `${pointer}/elements/${element}/restrictions/${field}`,
          message: 'is no day that there is',
        });
      }
      for (const field of ['min_kwh', 'max_kwh'] as const) {
        const energy = restrictions[field];
        if (energy === undefined || Math.abs(energy) <= MOST_KWH) continue;
        faults.push({
          pointer: `${pointer}/elements/${element}/restrictions/${field}`,
          message: 'is more than can be counted',
        });
      }
    });
  });
  return faults;
}

export interface PeriodsToPrice {
  readonly start_date_time: string;
  readonly end_date_time: string;
  readonly charging_periods?: readonly PricingPeriod[] | undefined;
}

/** What of a session's or CDR's times and volumes contradicts itself; pointers below `at`. */
export function periodFaults(charge: PeriodsToPrice, at: string): FieldViolation[] {
  const faults: FieldViolation[] = [];
  const start = instantMs(charge.start_date_time);
  const end = instantMs(charge.end_date_time);
  if (end < start) faults.push({ pointer: `${at}/end_date_time`, message: 'is before start_date_time' });
  if (end - start > MOST_DAYS * DAY_MS) {
    faults.push({ pointer: `${at}/end_date_time`, message: `is more than ${MOST_DAYS} days after start_date_time` });
  }
  const earliest = { at: start, name: 'start_date_time' };
  charge.charging_periods?.forEach(({ start_date_time, dimensions }, index) => {
    const pointer = `${at}/charging_periods/${index}`;
    const begins = instantMs(start_date_time);
    if (begins < earliest.at)
      faults.push({ pointer: `${pointer}/start_date_time`, message: `is before ${earliest.name}` });
    else if (begins > end) faults.push({ pointer: `${pointer}/start_date_time`, message: 'is after end_date_time' });
    else {
      earliest.at = begins;
      earliest.name = 'that of the period before';
    }
    const seen = new Set<string>();
    dimensions.forEach(({ type, volume }, position) => {
      const where = `${pointer}/dimensions/${position}`;
      if (seen.has(type)) faults.push({ pointer: `${where}/type`, message: 'is there twice in its period' });
      seen.add(type);
      if (DURATIONS.has(type) && volume < 0)
        faults.push({ pointer: `${where}/volume`, message: 'must not be negative' });
      if (DURATIONS.has(type) && volume > MOST_DAYS * 24) {
        faults.push({ pointer: `${where}/volume`, message: `is in hours, and more than ${MOST_DAYS} days` });
      }
      if (ENERGIES.has(type) && Math.abs(volume) > MOST_KWH) {
        faults.push({ pointer: `${where}/volume`, message: 'is in kWh, and more than any vehicle takes' });
      }
    });
  });
  return faults;
}

/** Where a tariff looks at the local time; undefined when nowhere. */
export function dependsOnLocalTime(tariffs: readonly PricingTariff[]): string | undefined {
  for (const { id, elements } of tariffs) {
    for (const [index, { restrictions = {} }] of elements.entries()) {
      const { start_time, end_time, start_date, end_date, day_of_week = [] } = restrictions;
      const follows = start_time ?? end_time ?? start_date ?? end_date ?? day_of_week[0];
      if (follows !== undefined) return `element ${index} of tariff ${id}`;
    }
  }
  return undefined;
}
