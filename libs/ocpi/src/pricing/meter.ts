import { UNITS_PER_WH } from './energy.js';
import type { CostDimension } from './priced.js';
import type { Component } from './tariff-plan.js';

/** What one component was applied to. Milliseconds, units of energy or a count, by its type. */
export interface Consumption {
  readonly dimension: CostDimension;
  readonly component: Component;
  milliseconds: number;
  energy: number;
  count: number;
  billedMilliseconds: number;
  billedEnergy: number;
}

/** Adds up what each component is applied to, and quantises once per session (PRC-16 to PRC-21). */
export class Meter {
  private readonly consumptions = new Map<Component, Consumption>();
  private readonly last: Partial<Record<CostDimension, Consumption>> = {};

  constructor(private readonly dimension: 'session' | 'reservation') {}

  addEnergy(component: Component, energy: number): void {
    if (energy !== 0) this.of(component, 'energy').energy += energy;
  }

  addTime(component: Component, milliseconds: number): void {
    if (milliseconds === 0) return;
    this.of(component, component.type === 'PARKING_TIME' ? 'parking' : 'time').milliseconds += milliseconds;
  }

  addFlat(component: Component): void {
    this.of(component, 'fixed').count = 1;
  }

  /** In order of dimension, then of first use. */
  billed(): Consumption[] {
    const result = [...this.consumptions.values()];
    for (const consumption of result) {
      consumption.billedEnergy = consumption.energy;
      consumption.billedMilliseconds = consumption.milliseconds;
    }
    this.quantiseEnergy();
    // PRC-19: with both, only the parking total is rounded, in whatever order they came (E-49).
    const last = this.last.parking ?? this.last[this.dimension === 'session' ? 'time' : 'reservation'];
    if (last) this.quantiseTime(last);
    return result;
  }

  private of(component: Component, dimension: CostDimension): Consumption {
    // Mostly it is the one of the period before.
    const latest = this.last[this.dimension === 'session' ? dimension : 'reservation'];
    if (latest?.component === component) return latest;
    let result = this.consumptions.get(component);
    if (!result) {
      result = {
        dimension: this.dimension === 'session' ? dimension : 'reservation',
        component,
        milliseconds: 0,
        energy: 0,
        count: 0,
        billedMilliseconds: 0,
        billedEnergy: 0,
      };
      this.consumptions.set(component, result);
    }
    if (component.type !== 'FLAT') this.last[result.dimension] = result;
    return result;
  }

  private quantiseEnergy(): void {
    const last = this.last.energy;
    if (!last || last.component.step <= 0) return;
    let total = 0;
    for (const consumption of this.consumptions.values()) total += consumption.energy;
    // A block is something sold; what was fed back on balance is paid as measured.
    if (total <= 0) return;
    const step = last.component.step * UNITS_PER_WH;
    const rest = total % step;
    if (rest !== 0) last.billedEnergy = last.energy + step - rest;
  }

  private quantiseTime(last: Consumption): void {
    const step = last.component.step * 1000;
    if (step <= 0) return;
    let total = 0;
    for (const consumption of this.consumptions.values()) {
      if (consumption.dimension === last.dimension) total += consumption.milliseconds;
    }
    const rest = total % step;
    if (rest !== 0) last.billedMilliseconds = last.milliseconds + step - rest;
  }
}
