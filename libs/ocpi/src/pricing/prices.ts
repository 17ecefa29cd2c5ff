import type { Zone } from './local-time.js';
import { activeComponents, type ComponentSet, priceChanges, type TariffPlan } from './tariff-plan.js';

/**
 * Which components of a tariff are active when, during one session. Between two moments, two energies, two powers and two
 * currents at which something may change, nothing does: each such cell is looked up once.
 */
export class Prices {
  /** Moments at which another component may become active, rising. */
  readonly cuts: readonly number[];
  private readonly cells = new Map<number, ComponentSet>();
  private segment = 0;
  private latestCell = -1;
  private latest: ComponentSet | undefined;

  constructor(
    readonly plan: TariffPlan,
    private readonly zone: Zone,
    private readonly startedAt: number,
    from: number,
    until: number,
  ) {
    this.cuts = priceChanges(plan, zone, startedAt, from, until);
  }

  /** Index of the first cut after an instant. Fast for instants that rise, right for all. */
  firstCutAfter(instant: number): number {
    const { cuts } = this;
    let index = this.segment;
    while (index < cuts.length && (cuts[index] as number) <= instant) index++;
    while (index > 0 && (cuts[index - 1] as number) > instant) index--;
    this.segment = index;
    return index;
  }

  /** @param energy used so far, in units of energy */
  at(instant: number, energy: number, power: number | undefined, current: number | undefined): ComponentSet {
    const { energies, powers, currents } = this.plan;
    let cell = this.firstCutAfter(instant);
    cell = cell * (energies.length + 1) + band(energies, energy);
    cell = cell * (powers.length + 2) + band(powers, power);
    cell = cell * (currents.length + 2) + band(currents, current);
    // Mostly it is the one that was asked for before.
    if (cell === this.latestCell && this.latest !== undefined) return this.latest;
    let result = this.cells.get(cell);
    if (result === undefined) {
      const situation = { instant, sinceStart: instant - this.startedAt, energy, power, current };
      result = activeComponents(this.plan.elements.session, situation, this.zone);
      this.cells.set(cell, result);
    }
    this.latestCell = cell;
    this.latest = result;
    return result;
  }

  /** Whether no price changes between two energies. */
  sameBand(from: number, until: number): boolean {
    const { energies } = this.plan;
    return energies.length === 0 || band(energies, from) === band(energies, until);
  }
}

/** How many of the bounds are reached; what is not known is a band of its own, where there are any. */
function band(bounds: readonly number[], value: number | undefined): number {
  if (bounds.length === 0) return 0;
  if (value === undefined) return bounds.length + 1;
  let reached = 0;
  while (reached < bounds.length && (bounds[reached] as number) <= value) reached++;
  return reached;
}
