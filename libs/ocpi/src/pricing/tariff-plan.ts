import { energyUnits } from './energy.js';
import type { PricingComponent, PricingRestrictions, PricingTariff } from './input.js';
import { DAY_MS, type WallClock, type Zone } from './local-time.js';

export type ComponentType = 'ENERGY' | 'TIME' | 'PARKING_TIME' | 'FLAT';

/** A price of the tariff. */
export interface Component {
  readonly type: ComponentType;
  readonly price: number;
  readonly vat: number | undefined;
  readonly step: number;
  readonly elementIndex: number;
  readonly tariff: PricingTariff;
}

/** What restrictions look at, at one moment. */
export interface Situation {
  readonly instant: number;
  readonly sinceStart: number;
  /** Used so far, in units of energy. */
  readonly energy: number;
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
  readonly minEnergy: number;
  readonly maxEnergy: number;
  readonly minPower: number | undefined;
  readonly maxPower: number | undefined;
  readonly minCurrent: number | undefined;
  readonly maxCurrent: number | undefined;
  readonly minDuration: number;
  readonly maxDuration: number;
}

/** One component of each type at most. */
export type ComponentSet = Readonly<Record<ComponentType, Component | undefined>>;

export interface Element {
  readonly condition: Condition | undefined;
  readonly components: ComponentSet;
}

export type ElementUse = 'session' | 'RESERVATION' | 'RESERVATION_EXPIRES';

/** The tariff in the form that pricing walks through. */
export interface TariffPlan {
  readonly tariff: PricingTariff;
  readonly elements: Readonly<Record<ElementUse, readonly Element[]>>;
  readonly has: Readonly<Record<ComponentType | 'RESERVATION', boolean>>;
  /** Wall-clock minutes of a day at which an element may begin or end to match. */
  readonly minutes: readonly number[];
  /** Milliseconds after the start at which an element may begin or end to match. */
  readonly durations: readonly number[];
  /** Where an element may begin or end to match, rising: units of energy, kW, A. */
  readonly energies: readonly number[];
  readonly powers: readonly number[];
  readonly currents: readonly number[];
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
    minEnergy: min_kwh === undefined ? Number.NEGATIVE_INFINITY : energyUnits(min_kwh),
    maxEnergy: max_kwh === undefined ? Number.POSITIVE_INFINITY : energyUnits(max_kwh),
    minPower: restrictions.min_power,
    maxPower: restrictions.max_power,
    minCurrent: restrictions.min_current,
    maxCurrent: restrictions.max_current,
    minDuration: min_duration === undefined ? Number.NEGATIVE_INFINITY : min_duration * 1000,
    maxDuration: max_duration === undefined ? Number.POSITIVE_INFINITY : max_duration * 1000,
  };
}

function componentsOf(list: readonly PricingComponent[], elementIndex: number, tariff: PricingTariff): ComponentSet {
  const result: Record<ComponentType, Component | undefined> = {
    ENERGY: undefined,
    TIME: undefined,
    PARKING_TIME: undefined,
    FLAT: undefined,
  };
  for (const { type, price, vat, step_size } of list) {
    if (!COMPONENT_TYPES.has(type) || result[type as ComponentType]) continue;
    result[type as ComponentType] = {
      type: type as ComponentType,
      price,
      vat,
      step: step_size,
      elementIndex,
      tariff,
    };
  }
  return result;
}

/** Where elements begin or end to match, without those that never do. */
class Bounds {
  private readonly found: number[] = [];

  add(...bounds: readonly (number | undefined)[]): void {
    for (const bound of bounds) {
      if (bound !== undefined && Number.isFinite(bound) && !this.found.includes(bound)) this.found.push(bound);
    }
  }

  rising(): number[] {
    return this.found.sort((left, right) => left - right);
  }
}

/** @throws RangeError for local times and dates that are none. */
export function planTariff(tariff: PricingTariff): TariffPlan {
  const elements: Record<ElementUse, Element[]> = { session: [], RESERVATION: [], RESERVATION_EXPIRES: [] };
  const has = { ENERGY: false, TIME: false, PARKING_TIME: false, FLAT: false, RESERVATION: false };
  const [minutes, durations] = [new Bounds(), new Bounds()];
  const [energies, powers, currents] = [new Bounds(), new Bounds(), new Bounds()];
  let energyFollowsTime = false;
  let timeFollowsEnergy = false;
  tariff.elements.forEach(({ price_components, restrictions }, index) => {
    const condition = restrictions && conditionOf(restrictions);
    const components = componentsOf(price_components, index, tariff);
    const use = restrictions?.reservation ?? 'session';
    // A reservation restriction of a later OCPI prices nothing that we know.
    if (use !== 'session' && use !== 'RESERVATION' && use !== 'RESERVATION_EXPIRES') return;
    elements[use].push({ condition, components });
    if (use === 'session') {
      has.ENERGY ||= components.ENERGY !== undefined;
      has.TIME ||= components.TIME !== undefined;
      has.PARKING_TIME ||= components.PARKING_TIME !== undefined;
      has.FLAT ||= components.FLAT !== undefined;
    } else has.RESERVATION = true;
    if (!condition) return;
    if (condition.local) minutes.add(0);
    if (condition.window) minutes.add(condition.window.start, condition.window.end % MINUTES_OF_DAY);
    durations.add(condition.minDuration, condition.maxDuration);
    energies.add(condition.minEnergy, condition.maxEnergy);
    powers.add(condition.minPower, condition.maxPower);
    currents.add(condition.minCurrent, condition.maxCurrent);
    energyFollowsTime ||= components.ENERGY !== undefined;
    timeFollowsEnergy ||= components.TIME !== undefined || components.PARKING_TIME !== undefined;
  });
  const plan = { minutes: minutes.rising(), durations: durations.rising(), energies: energies.rising() };
  return {
    tariff,
    elements,
    has,
    ...plan,
    powers: powers.rising(),
    currents: currents.rising(),
    energyFollowsTime: energyFollowsTime && plan.minutes.length + plan.durations.length > 0,
    timeFollowsEnergy: timeFollowsEnergy && plan.energies.length > 0,
  };
}

function within(value: number | undefined, min: number | undefined, max: number | undefined): boolean {
  if (min === undefined && max === undefined) return true;
  return value !== undefined && (min === undefined || value >= min) && (max === undefined || value < max);
}

function matches(condition: Condition, situation: Situation, clock: () => WallClock): boolean {
  const { sinceStart, energy } = situation;
  if (sinceStart < condition.minDuration || sinceStart >= condition.maxDuration) return false;
  if (energy < condition.minEnergy || energy >= condition.maxEnergy) return false;
  if (!within(situation.power, condition.minPower, condition.maxPower)) return false;
  if (!within(situation.current, condition.minCurrent, condition.maxCurrent)) return false;
  if (!condition.local) return true;
  const { day, minute, weekday } = clock();
  if (day < condition.firstDay || day >= condition.endDay) return false;
  if (condition.weekdays && !condition.weekdays.has(weekday)) return false;
  if (!condition.window) return true;
  const { start, end } = condition.window;
  return start < end ? minute >= start && minute < end : minute >= start || minute < end;
}

/** The active component of each type: of the first element in list order that has it and matches (PRC-01 to PRC-05). */
export function activeComponents(elements: readonly Element[], situation: Situation, zone: Zone): ComponentSet {
  let found: WallClock | undefined;
  const clock = (): WallClock => {
    found ??= zone.wallClock(situation.instant);
    return found;
  };
  let ENERGY: Component | undefined;
  let TIME: Component | undefined;
  let PARKING_TIME: Component | undefined;
  let FLAT: Component | undefined;
  for (const { condition, components } of elements) {
    const adds =
      (!ENERGY && components.ENERGY) ||
      (!TIME && components.TIME) ||
      (!PARKING_TIME && components.PARKING_TIME) ||
      (!FLAT && components.FLAT);
    if (!adds || (condition && !matches(condition, situation, clock))) continue;
    ENERGY ??= components.ENERGY;
    TIME ??= components.TIME;
    PARKING_TIME ??= components.PARKING_TIME;
    FLAT ??= components.FLAT;
  }
  return { ENERGY, TIME, PARKING_TIME, FLAT };
}

/** All moments in (from, until) at which another component may become active, rising, each once. */
export function priceChanges(plan: TariffPlan, zone: Zone, startedAt: number, from: number, until: number): number[] {
  if (until <= from) return [];
  const result = plan.minutes.length ? zone.cuts(plan.minutes, from, until) : [];
  for (const duration of plan.durations) {
    const instant = startedAt + duration;
    if (instant > from && instant < until && !result.includes(instant)) result.push(instant);
  }
  return plan.durations.length === 0 ? result : result.sort((left, right) => left - right);
}
