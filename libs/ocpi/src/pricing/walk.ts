import { type Decimal, ZERO } from '@voltap/kernel';
import type { Zone } from './local-time.js';
import type { Meter } from './meter.js';
import type { Notes } from './notes.js';
import type { CostDimension } from './priced.js';
import {
  activeComponent,
  type Component,
  type ComponentType,
  type ElementUse,
  priceChanges,
  type Situation,
  type TariffPlan,
} from './tariff-plan.js';
import { CLOCK_TOLERANCE_MS, type Usage } from './usage.js';

function samePrice(left: Component | undefined, right: Component | undefined): boolean {
  if (left === right) return true;
  if (!left || !right || !left.price.equals(right.price)) return false;
  return left.vat === undefined || right.vat === undefined ? left.vat === right.vat : left.vat.equals(right.vat);
}

/** Walks through the periods of a session and meters every component while it is active. */
export class SessionWalk {
  private kwh: Decimal = ZERO;
  private flatFound = false;

  constructor(
    private readonly plan: TariffPlan,
    private readonly zone: Zone,
    private readonly startedAt: number,
    private readonly meter: Meter,
    private readonly notes: Notes,
  ) {}

  /** The moment a session begins, before it has any period. */
  begin(): void {
    this.flat({ instant: this.startedAt, sinceStart: 0, kwh: ZERO, power: undefined, current: undefined });
  }

  period(usage: Usage, isFirst: boolean, isLast: boolean): void {
    const { start, end, kwh } = usage;
    const idle = usage.charging === 0 && kwh.isZero();
    const at = (instant: number, energy: Decimal, parked: boolean): Situation => ({
      instant,
      sinceStart: instant - this.startedAt,
      kwh: energy,
      power: parked ? 0 : usage.power,
      current: parked ? 0 : usage.current,
    });
    const cuts = priceChanges(this.plan, this.zone, this.startedAt, start, end);
    const before = this.kwh;
    const after = before.plus(kwh);
    const parkedFrom = Math.min(start + usage.charging, Math.max(start, end - 1));

    if (isFirst && start > this.startedAt) this.flat(at(this.startedAt, ZERO, idle));
    this.flat(at(start, before, idle));
    for (const cut of cuts) this.flat(at(cut, before, cut >= start + usage.charging));

    this.time('TIME', start, usage.charging, cuts, end, (instant) => at(instant, before, false));
    this.time('PARKING_TIME', parkedFrom, usage.parking, cuts, end, (instant) => at(instant, before, true));
    this.energy(kwh, (energy) => at(start, energy, false));
    this.flat(at(cuts.at(-1) ?? start, after, idle));

    this.noteTimes(usage, isLast, cuts, (type, instant) =>
      this.active(type, at(instant, before, type === 'PARKING_TIME')),
    );
    this.notePriceChanges(usage, cuts, at);
    this.kwh = after;
  }

  private active(type: ComponentType, situation: Situation): Component | undefined {
    return activeComponent(this.plan.elements.session, type, situation, this.zone);
  }

  /** PRC-14: once per session, the one that is active first. */
  private flat(situation: Situation): void {
    if (this.flatFound || !this.plan.has.FLAT) return;
    const component = this.active('FLAT', situation);
    if (!component) return;
    this.flatFound = true;
    this.meter.addFlat(component);
  }

  /** Time is cut exactly where its price changes. */
  private time(
    type: 'TIME' | 'PARKING_TIME',
    from: number,
    milliseconds: number,
    cuts: readonly number[],
    end: number,
    at: (instant: number) => Situation,
  ): void {
    if (milliseconds === 0 || !this.plan.has[type]) return;
    spread(from, milliseconds, cuts, end, (instant, length) => {
      const component = this.active(type, at(instant));
      if (component) this.meter.addTime(component, length);
    });
  }

  /** Energy is cut exactly where its price changes with energy; with time alone it cannot be (PRC-31). */
  private energy(kwh: Decimal, at: (energy: Decimal) => Situation): void {
    if (kwh.isZero() || !this.plan.has.ENERGY) return;
    const [low, high] = kwh.isNegative() ? [this.kwh.plus(kwh), this.kwh] : [this.kwh, this.kwh.plus(kwh)];
    const bounds = this.plan.energies.filter((energy) => energy.greaterThan(low) && energy.lessThan(high));
    const pieces = [low, ...bounds].map((from, index) => {
      const size = (bounds[index] ?? high).minus(from);
      return { from, size: kwh.isNegative() ? size.negated() : size };
    });
    if (kwh.isNegative()) pieces.reverse();
    for (const { from, size } of pieces) {
      const component = this.active('ENERGY', at(from));
      if (component) this.meter.addEnergy(component, size);
    }
  }

  private noteTimes(
    usage: Usage,
    isLast: boolean,
    cuts: readonly number[],
    active: (type: 'TIME' | 'PARKING_TIME', instant: number) => Component | undefined,
  ): void {
    if (!this.plan.has.TIME && !this.plan.has.PARKING_TIME) return;
    const { periodStart, start, end, charging, parking } = usage;
    if (usage.time !== 'stated') {
      this.notes.add(usage.time === 'inferred' ? 'time_inferred' : 'time_unknown', periodStart);
    }
    const gap = end - start - charging - parking;
    if (gap < -CLOCK_TOLERANCE_MS) this.notes.add('time_exceeds_period', periodStart);
    const mixed = charging > 0 && parking > 0;
    const loose = !isLast && gap > CLOCK_TOLERANCE_MS && charging + parking > 0;
    if (!mixed && !loose) return;
    const changes = (type: 'TIME' | 'PARKING_TIME', length: number): boolean =>
      length > 0 && cuts.some((cut) => !samePrice(active(type, start), active(type, cut)));
    if (changes('TIME', charging) || changes('PARKING_TIME', parking)) this.notes.add('order_assumed', periodStart);
  }

  private notePriceChanges(
    usage: Usage,
    cuts: readonly number[],
    at: (instant: number, energy: Decimal, parked: boolean) => Situation,
  ): void {
    const { periodStart, start, kwh } = usage;
    const after = this.kwh.plus(kwh);
    if (!kwh.isZero()) {
      if (this.plan.energyFollowsTime) {
        const first = this.active('ENERGY', at(start, this.kwh, false));
        if (cuts.some((cut) => !samePrice(first, this.active('ENERGY', at(cut, this.kwh, false))))) {
          this.notes.add('period_spans_price_change', periodStart, 'energy');
        }
      }
      if (this.plan.timeFollowsEnergy) {
        this.noteTimeFollowingEnergy('TIME', usage.charging, 'time', periodStart, at(start, this.kwh, false), after);
        this.noteTimeFollowingEnergy(
          'PARKING_TIME',
          usage.parking,
          'parking',
          periodStart,
          at(start, this.kwh, true),
          after,
        );
      }
    }
    if (usage.charging === 0 && kwh.isZero()) return;
    if (this.plan.usesPower) {
      if (usage.powerDerived) this.notes.add('power_derived', periodStart);
      else if (usage.power === undefined) this.notes.add('power_unknown', periodStart);
    }
    if (this.plan.usesCurrent && usage.current === undefined) this.notes.add('current_unknown', periodStart);
  }

  private noteTimeFollowingEnergy(
    type: ComponentType,
    length: number,
    dimension: CostDimension,
    periodStart: string,
    first: Situation,
    after: Decimal,
  ): void {
    if (length === 0 || samePrice(this.active(type, first), this.active(type, { ...first, kwh: after }))) return;
    this.notes.add('period_spans_price_change', periodStart, dimension);
  }
}

/** Cuts a stretch of time; what exceeds `end` belongs to the last piece. */
function spread(
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

/** A reservation: its own time and fees (PRC-28, PRC-29). */
export function walkReservation(
  plan: TariffPlan,
  zone: Zone,
  reservation: { readonly from: number; readonly milliseconds: number; readonly expired: boolean },
  meter: Meter,
): void {
  const { from, milliseconds, expired } = reservation;
  const until = from + milliseconds;
  const cuts = priceChanges(plan, zone, from, from, until);
  const active = (use: ElementUse, type: ComponentType, instant: number): Component | undefined =>
    activeComponent(
      plan.elements[use],
      type,
      { instant, sinceStart: instant - from, kwh: ZERO, power: 0, current: 0 },
      zone,
    );
  const flat = (use: ElementUse, instants: readonly number[]): void => {
    for (const instant of instants) {
      const component = active(use, 'FLAT', instant);
      if (!component) continue;
      meter.addFlat(component);
      return;
    }
  };
  flat('RESERVATION', [from, ...cuts]);
  // The fee for letting it run out is due when it runs out.
  if (expired) flat('RESERVATION_EXPIRES', [until]);
  if (milliseconds <= 0) return;
  const replaced = expired && plan.elements.RESERVATION_EXPIRES.some(({ components }) => components.TIME);
  spread(from, milliseconds, cuts, until, (instant, length) => {
    const component = active(replaced ? 'RESERVATION_EXPIRES' : 'RESERVATION', 'TIME', instant);
    if (component) meter.addTime(component, length);
  });
}
