import type { Meter } from './meter.js';
import type { Notes } from './notes.js';
import type { CostDimension } from './priced.js';
import type { Prices } from './prices.js';
import type { Component, ComponentSet } from './tariff-plan.js';
import { CLOCK_TOLERANCE_MS, type Usage } from './usage.js';

type TimeType = 'TIME' | 'PARKING_TIME';

function samePrice(left: Component | undefined, right: Component | undefined): boolean {
  return left === right || (left !== undefined && left.price === right?.price && left.vat === right.vat);
}

/** Walks through the periods of a session and meters every component while it is active. */
export class SessionWalk {
  /** Used so far, in units of energy. */
  private energy = 0;
  private flatFound = false;

  constructor(
    private readonly startedAt: number,
    private readonly meter: Meter,
    private readonly notes: Notes,
  ) {}

  /** The moment a session begins, before it has any period. */
  begin(prices: Prices): void {
    this.flat(prices, prices.at(this.startedAt, 0, undefined, undefined));
  }

  /** @param prices of the tariff that the period is under */
  period(usage: Usage, prices: Prices, isFirst: boolean, isLast: boolean): void {
    const { start, end, energy } = usage;
    const { cuts } = prices;
    const first = prices.firstCutAfter(start);
    let last = first;
    while (last < cuts.length && (cuts[last] as number) < end) last++;
    const within = first === last ? NO_CUTS : cuts.slice(first, last);
    if (first === last && prices.sameBand(this.energy, this.energy + energy)) this.even(usage, prices);
    else new PeriodWalk(usage, prices, within, this.energy, this.meter, this.notes).walk(isLast);
    notePeriod(usage, prices, this.notes);
    if (!this.flatFound) this.flats(usage, prices, within, isFirst);
    this.energy += energy;
  }

  /** A period, as most are, in which no price changes. */
  private even(usage: Usage, prices: Prices): void {
    const { start, end, energy, charging, parking, power, current } = usage;
    if (charging !== 0 || energy !== 0) {
      const { TIME, ENERGY } = prices.at(start, this.energy, power, current);
      if (TIME) this.meter.addTime(TIME, charging);
      if (ENERGY) this.meter.addEnergy(ENERGY, energy);
    }
    if (parking === 0) return;
    const from = Math.min(start + charging, Math.max(start, end - 1));
    const { PARKING_TIME } = prices.at(from, this.energy, 0, 0);
    if (PARKING_TIME) this.meter.addTime(PARKING_TIME, parking);
  }

  private flats(usage: Usage, prices: Prices, cuts: readonly number[], isFirst: boolean): void {
    if (!prices.plan.has.FLAT) return;
    const { start, charging, energy } = usage;
    const idle = charging === 0 && energy === 0;
    const at = (instant: number, used: number, parked: boolean): ComponentSet =>
      prices.at(instant, used, parked ? 0 : usage.power, parked ? 0 : usage.current);
    if (isFirst && start > this.startedAt) this.flat(prices, at(this.startedAt, 0, idle));
    this.flat(prices, at(start, this.energy, idle));
    for (const cut of cuts) this.flat(prices, at(cut, this.energy, cut >= start + charging));
    this.flat(prices, at(cuts.at(-1) ?? start, this.energy + energy, idle));
  }

  /** PRC-14: once per session, the one that is active first. */
  private flat({ plan }: Prices, { FLAT }: ComponentSet): void {
    if (this.flatFound || !plan.has.FLAT || !FLAT) return;
    this.flatFound = true;
    this.meter.addFlat(FLAT);
  }
}

const NO_CUTS: readonly number[] = [];

/** One period: time cut exactly where its price changes, energy where its price changes with energy. */
class PeriodWalk {
  constructor(
    private readonly usage: Usage,
    private readonly prices: Prices,
    /** Moments inside of the period at which a price may change. */
    private readonly cuts: readonly number[],
    /** Used before the period, in units of energy. */
    private readonly before: number,
    private readonly meter: Meter,
    private readonly notes: Notes,
  ) {}

  walk(isLast: boolean): void {
    const { start, end, charging, parking } = this.usage;
    this.time('TIME', start, charging);
    this.time('PARKING_TIME', Math.min(start + charging, Math.max(start, end - 1)), parking);
    this.energy();
    this.noteTimes(isLast);
    this.noteEnergy();
  }

  private charging(instant: number, energy: number): ComponentSet {
    return this.prices.at(instant, energy, this.usage.power, this.usage.current);
  }

  private active(type: TimeType, instant: number, energy: number): Component | undefined {
    return type === 'TIME' ? this.charging(instant, energy).TIME : this.prices.at(instant, energy, 0, 0).PARKING_TIME;
  }

  private time(type: TimeType, from: number, milliseconds: number): void {
    if (milliseconds === 0 || !this.prices.plan.has[type]) return;
    if (this.cuts.length === 0) {
      const component = this.active(type, from, this.before);
      if (component) this.meter.addTime(component, milliseconds);
      return;
    }
    spread(from, milliseconds, this.cuts, this.usage.end, (instant, length) => {
      const component = this.active(type, instant, this.before);
      if (component) this.meter.addTime(component, length);
    });
  }

  private energy(): void {
    const { energy, start } = this.usage;
    if (energy === 0 || !this.prices.plan.has.ENERGY) return;
    if (!this.splitByTime()) {
      this.bands(start, this.before, energy);
      return;
    }
    const { charging, end } = this.usage;
    let elapsed = 0;
    let done = 0;
    spread(start, charging, this.cuts, end, (instant, length) => {
      elapsed += length;
      const upTo = elapsed === charging ? energy : Math.round(energy * (elapsed / charging));
      this.bands(instant, this.before + done, upTo - done);
      done = upTo;
    });
  }

  /** With one power from begin to end, energy follows time; else a price change in time cannot be found in it (PRC-31). */
  private splitByTime(): boolean {
    const { powerConstant, charging } = this.usage;
    return powerConstant && charging > 0 && this.cuts.length > 0 && this.prices.plan.energyFollowsTime;
  }

  /** Energy that began to flow at an instant, cut at each energy at which a price changes. */
  private bands(instant: number, before: number, energy: number): void {
    const { energies } = this.prices.plan;
    const low = Math.min(before, before + energy);
    const high = Math.max(before, before + energy);
    const bounds = energies.length === 0 ? NO_CUTS : energies.filter((bound) => bound > low && bound < high);
    if (bounds.length === 0) {
      this.band(instant, low, energy);
      return;
    }
    const pieces = [low, ...bounds].map((from, index) => [from, (bounds[index] ?? high) - from] as const);
    if (energy < 0) for (const [from, size] of pieces.reverse()) this.band(instant, from, -size);
    else for (const [from, size] of pieces) this.band(instant, from, size);
  }

  /** Energy of one price, above `from`. */
  private band(instant: number, from: number, energy: number): void {
    const { ENERGY } = this.charging(instant, from);
    if (ENERGY) this.meter.addEnergy(ENERGY, energy);
  }

  private noteTimes(isLast: boolean): void {
    const { has } = this.prices.plan;
    if (this.cuts.length === 0 || (!has.TIME && !has.PARKING_TIME)) return;
    const { periodStart, start, end, charging, parking } = this.usage;
    const gap = end - start - charging - parking;
    const mixed = charging > 0 && parking > 0;
    const loose = !isLast && gap > CLOCK_TOLERANCE_MS && charging + parking > 0;
    if (!mixed && !loose) return;
    const changes = (type: TimeType): boolean => {
      const first = this.active(type, start, this.before);
      return this.cuts.some((cut) => !samePrice(first, this.active(type, cut, this.before)));
    };
    if ((charging > 0 && changes('TIME')) || (parking > 0 && changes('PARKING_TIME'))) {
      this.notes.add('order_assumed', periodStart);
    }
  }

  private noteEnergy(): void {
    const { energy, start, charging, parking, periodStart } = this.usage;
    if (energy === 0) return;
    const { plan } = this.prices;
    if (plan.energyFollowsTime && this.cuts.length > 0) {
      const { ENERGY } = this.charging(start, this.before);
      if (this.cuts.some((cut) => !samePrice(ENERGY, this.charging(cut, this.before).ENERGY))) {
        this.notes.add(
          this.splitByTime() ? 'energy_split_by_time' : 'period_spans_price_change',
          periodStart,
          'energy',
        );
      }
    }
    if (!plan.timeFollowsEnergy || this.prices.sameBand(this.before, this.before + energy)) return;
    if (charging > 0) this.noteTimeFollowingEnergy('TIME', 'time');
    if (parking > 0) this.noteTimeFollowingEnergy('PARKING_TIME', 'parking');
  }

  private noteTimeFollowingEnergy(type: TimeType, dimension: CostDimension): void {
    const { start, energy, periodStart } = this.usage;
    const [first, last] = [this.active(type, start, this.before), this.active(type, start, this.before + energy)];
    if (!samePrice(first, last)) this.notes.add('period_spans_price_change', periodStart, dimension);
  }
}

/** What a period does not say, or says against itself. */
function notePeriod(usage: Usage, { plan: { has, powers, currents } }: Prices, notes: Notes): void {
  const { periodStart, charging, energy } = usage;
  if (has.TIME || has.PARKING_TIME) {
    const { start, end, parking, time } = usage;
    if (time !== 'stated') notes.add(time === 'inferred' ? 'time_inferred' : 'time_unknown', periodStart);
    if (end - start - charging - parking < -CLOCK_TOLERANCE_MS) notes.add('time_exceeds_period', periodStart);
  }
  if (powers.length + currents.length === 0 || (charging === 0 && energy === 0)) return;
  if (powers.length > 0) {
    if (usage.powerDerived) notes.add('power_derived', periodStart);
    else if (usage.power === undefined) notes.add('power_unknown', periodStart);
  }
  if (currents.length > 0 && usage.current === undefined) notes.add('current_unknown', periodStart);
}

/** Cuts a stretch of time; what exceeds `end` belongs to the last piece. */
export function spread(
  from: number,
  milliseconds: number,
  cuts: readonly number[],
  end: number,
  piece: (instant: number, length: number) => void,
): void {
  let instant = from;
  let rest = milliseconds;
  for (const cut of cuts) {
    if (cut <= instant || cut >= end) continue;
    const length = Math.min(rest, cut - instant);
    if (length > 0) piece(instant, length);
    rest -= length;
    if (rest === 0) return;
    instant = cut;
  }
  piece(instant, rest);
}
