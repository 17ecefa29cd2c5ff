import { type Decimal, decimal } from '@voltap/kernel';
import type { PricingComponent, PricingRestrictions, PricingTariff } from './input.js';
import { DAY_MS, type Zone } from './local-time.js';

export type ComponentType = 'ENERGY' | 'TIME' | 'PARKING_TIME' | 'FLAT';

/** A price of the tariff, ready for arithmetic. */
export interface Component {
  readonly type: ComponentType;
  readonly price: Decimal;
  readonly vat: Decimal | undefined;
  readonly step: number;
  readonly elementIndex: number;
}

/** What restrictions look at, at one moment. */
export interface Situation {
  readonly instant: number;
  readonly sinceStart: number;
  readonly kwh: Decimal;
  /** Undefined: not known; then a restriction on it does not match. */
  readonly power: number | undefined;
  readonly current: number | undefined;
}

interface Window {
  readonly start: number;
  readonly end: number;
}

interface Condition {
  readonly window: Window | undefined;
  readonly firstDay: number;
  readonly endDay: number;
  readonly weekdays: ReadonlySet<number> | undefined;
  readonly local: boolean;
  readonly minKwh: Decimal | undefined;
  readonly maxKwh: Decimal | undefined;
  readonly minPower: number | undefined;
  readonly maxPower: number | undefined;
  readonly minCurrent: number | undefined;
  readonly maxCurrent: number | undefined;
  readonly minDuration: number;
  readonly maxDuration: number;
}

export interface Element {
  readonly condition: Condition | undefined;
  readonly components: Partial<Record<ComponentType, Component>>;
}

export type ElementUse = 'session' | 'RESERVATION' | 'RESERVATION_EXPIRES';

/** The tariff in the form that pricing walks through. */
export interface TariffPlan {
  readonly elements: Readonly<Record<ElementUse, readonly Element[]>>;
  readonly has: Readonly<Record<ComponentType | 'RESERVATION', boolean>>;
  /** Wall-clock minutes of a day at which an element may begin or end to match. */
  readonly minutes: readonly number[];
  /** Milliseconds after the start at which an element may begin or end to match. */
  readonly durations: readonly number[];
  /** Energies at which an element may begin or end to match, rising. */
  readonly energies: readonly Decimal[];
  readonly usesPower: boolean;
  readonly usesCurrent: boolean;
  /** Whether the price of energy can change with time alone. */
  readonly energyFollowsTime: boolean;
  /** Whether a price per hour can change with energy. */
  readonly timeFollowsEnergy: boolean;
}

const WEEKDAYS = ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY'];
const COMPONENT_TYPES: ReadonlySet<string> = new Set(['ENERGY', 'TIME', 'PARKING_TIME', 'FLAT']);
const MINUTES_OF_DAY = 1440;

function minuteOfDay(text: string): number {
  const match = /^(\d{1,2}):(\d{2})/.exec(text);
  if (!match) throw new RangeError(`not a local time: ${text}`);
  return Number(match[1]) * 60 + Number(match[2]);
}

function dayNumber(text: string): number {
  const result = Date.parse(`${text}T00:00:00Z`) / DAY_MS;
  if (Number.isNaN(result)) throw new RangeError(`not a local date: ${text}`);
  return result;
}

/** PRC-07, PRC-08: undefined when the whole day matches; `end` below `start` wraps over midnight. */
function windowOf(restrictions: PricingRestrictions): Window | undefined {
  const { start_time, end_time } = restrictions;
  if (start_time === undefined && end_time === undefined) return undefined;
  const start = start_time === undefined ? 0 : minuteOfDay(start_time);
  const end = end_time === undefined ? MINUTES_OF_DAY : minuteOfDay(end_time) || MINUTES_OF_DAY;
  return start === end || (start === 0 && end === MINUTES_OF_DAY) ? undefined : { start, end };
}

function conditionOf(restrictions: PricingRestrictions): Condition {
  const { start_date, end_date, day_of_week, min_kwh, max_kwh, min_duration, max_duration } = restrictions;
  const window = windowOf(restrictions);
  const weekdays = day_of_week?.length ? new Set(day_of_week.map((name) => WEEKDAYS.indexOf(name))) : undefined;
  return {
    window,
    firstDay: start_date === undefined ? Number.NEGATIVE_INFINITY : dayNumber(start_date),
    endDay: end_date === undefined ? Number.POSITIVE_INFINITY : dayNumber(end_date),
    weekdays,
    local: window !== undefined || weekdays !== undefined || start_date !== undefined || end_date !== undefined,
    minKwh: min_kwh === undefined ? undefined : decimal(min_kwh),
    maxKwh: max_kwh === undefined ? undefined : decimal(max_kwh),
    minPower: restrictions.min_power,
    maxPower: restrictions.max_power,
    minCurrent: restrictions.min_current,
    maxCurrent: restrictions.max_current,
    minDuration: min_duration === undefined ? Number.NEGATIVE_INFINITY : min_duration * 1000,
    maxDuration: max_duration === undefined ? Number.POSITIVE_INFINITY : max_duration * 1000,
  };
}

function componentsOf(
  list: readonly PricingComponent[],
  elementIndex: number,
): Partial<Record<ComponentType, Component>> {
  const result: Partial<Record<ComponentType, Component>> = {};
  for (const { type, price, vat, step_size } of list) {
    if (!COMPONENT_TYPES.has(type) || result[type as ComponentType]) continue;
    result[type as ComponentType] = {
      type: type as ComponentType,
      price: decimal(price),
      vat: vat === undefined ? undefined : decimal(vat),
      step: step_size,
      elementIndex,
    };
  }
  return result;
}

export function planTariff(tariff: PricingTariff): TariffPlan {
  const elements: Record<ElementUse, Element[]> = { session: [], RESERVATION: [], RESERVATION_EXPIRES: [] };
  const has = { ENERGY: false, TIME: false, PARKING_TIME: false, FLAT: false, RESERVATION: false };
  const minutes = new Set<number>();
  const durations = new Set<number>();
  const energies = new Map<string, Decimal>();
  let usesPower = false;
  let usesCurrent = false;
  let energyFollowsTime = false;
  let timeFollowsEnergy = false;
  tariff.elements.forEach(({ price_components, restrictions }, index) => {
    const condition = restrictions && conditionOf(restrictions);
    const components = componentsOf(price_components, index);
    const use = restrictions?.reservation ?? 'session';
    // A reservation restriction of a later OCPI prices nothing that we know.
    if (use !== 'session' && use !== 'RESERVATION' && use !== 'RESERVATION_EXPIRES') return;
    elements[use].push({ condition, components });
    if (use === 'session') for (const type of Object.keys(components) as ComponentType[]) has[type] = true;
    else has.RESERVATION = true;
    if (!condition) return;
    if (condition.local) minutes.add(0);
    if (condition.window) minutes.add(condition.window.start).add(condition.window.end % MINUTES_OF_DAY);
    for (const duration of [condition.minDuration, condition.maxDuration]) {
      if (Number.isFinite(duration)) durations.add(duration);
    }
    for (const energy of [condition.minKwh, condition.maxKwh]) if (energy) energies.set(energy.toString(), energy);
    usesPower ||= condition.minPower !== undefined || condition.maxPower !== undefined;
    usesCurrent ||= condition.minCurrent !== undefined || condition.maxCurrent !== undefined;
    energyFollowsTime ||= Boolean(components.ENERGY);
    timeFollowsEnergy ||= Boolean(components.TIME ?? components.PARKING_TIME);
  });
  return {
    elements,
    has,
    minutes: [...minutes],
    durations: [...durations],
    energies: [...energies.values()].sort((left, right) => left.comparedTo(right)),
    usesPower,
    usesCurrent,
    energyFollowsTime: energyFollowsTime && minutes.size + durations.size > 0,
    timeFollowsEnergy: timeFollowsEnergy && energies.size > 0,
  };
}

function within(value: number | undefined, min: number | undefined, max: number | undefined): boolean {
  if (min === undefined && max === undefined) return true;
  return value !== undefined && (min === undefined || value >= min) && (max === undefined || value < max);
}

function matches(condition: Condition, situation: Situation, zone: Zone): boolean {
  if (situation.sinceStart < condition.minDuration || situation.sinceStart >= condition.maxDuration) return false;
  if (condition.minKwh && situation.kwh.lessThan(condition.minKwh)) return false;
  if (condition.maxKwh && situation.kwh.greaterThanOrEqualTo(condition.maxKwh)) return false;
  if (!within(situation.power, condition.minPower, condition.maxPower)) return false;
  if (!within(situation.current, condition.minCurrent, condition.maxCurrent)) return false;
  if (!condition.local) return true;
  const { day, minute, weekday } = zone.wallClock(situation.instant);
  if (day < condition.firstDay || day >= condition.endDay) return false;
  if (condition.weekdays && !condition.weekdays.has(weekday)) return false;
  if (!condition.window) return true;
  const { start, end } = condition.window;
  return start < end ? minute >= start && minute < end : minute >= start || minute < end;
}

/** The one active component of a type: of the first element in list order that has it and matches (PRC-01 to PRC-05). */
export function activeComponent(
  elements: readonly Element[],
  type: ComponentType,
  situation: Situation,
  zone: Zone,
): Component | undefined {
  for (const { condition, components } of elements) {
    const component = components[type];
    if (component && (!condition || matches(condition, situation, zone))) return component;
  }
  return undefined;
}

/** All moments in (from, until) at which another component may become active, rising. */
export function priceChanges(plan: TariffPlan, zone: Zone, startedAt: number, from: number, until: number): number[] {
  if (until <= from) return [];
  const result = plan.minutes.length ? zone.cuts(plan.minutes, from, until) : [];
  if (plan.durations.length === 0) return result;
  for (const duration of plan.durations) {
    const instant = startedAt + duration;
    if (instant > from && instant < until) result.push(instant);
  }
  return result.sort((left, right) => left - right);
}
