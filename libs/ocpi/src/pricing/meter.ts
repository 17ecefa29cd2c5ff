import { type Decimal, decimal, ZERO } from '@voltap/kernel';
import type { CostDimension } from './priced.js';
import type { Component } from './tariff-plan.js';

/** What one component was applied to. Milliseconds, kWh or a count, by its type. */
export interface Consumption {
  readonly dimension: CostDimension;
  readonly component: Component;
  milliseconds: number;
  kwh: Decimal;
  count: number;
  billedMilliseconds: number;
  billedKwh: Decimal;
}

/** Adds up what each component is applied to, and quantises once per session (PRC-16 to PRC-21). */
export class Meter {
  private readonly consumptions = new Map<Component, Consumption>();
  private readonly last = new Map<CostDimension, Consumption>();

  constructor(private readonly dimension: 'session' | 'reservation') {}

  addEnergy(component: Component, kwh: Decimal): void {
    if (kwh.isZero()) return;
    const consumption = this.of(component, 'energy');
    consumption.kwh = consumption.kwh.plus(kwh);
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
      consumption.billedKwh = consumption.kwh;
      consumption.billedMilliseconds = consumption.milliseconds;
    }
    this.quantiseEnergy();
    // PRC-19: with both, only the parking total is rounded, in whatever order they came (E-49).
    const last = this.last.get('parking') ?? this.last.get(this.dimension === 'session' ? 'time' : 'reservation');
    if (last) this.quantiseTime(last);
    return result;
  }

  private of(component: Component, dimension: CostDimension): Consumption {
    let result = this.consumptions.get(component);
    if (!result) {
      result = {
        dimension: this.dimension === 'session' ? dimension : 'reservation',
        component,
        milliseconds: 0,
        kwh: ZERO,
        count: 0,
        billedMilliseconds: 0,
        billedKwh: ZERO,
      };
      this.consumptions.set(component, result);
    }
    if (component.type !== 'FLAT') this.last.set(result.dimension, result);
    return result;
  }

  private quantiseEnergy(): void {
    const last = this.last.get('energy');
    if (!last || last.component.step <= 0) return;
    let total: Decimal = ZERO;
    for (const consumption of this.consumptions.values()) total = total.plus(consumption.kwh);
    // A block is something sold; what was fed back on balance is paid as measured.
    if (total.lessThanOrEqualTo(ZERO)) return;
    const step = decimal(last.component.step).div(1000);
    const rest = total.mod(step);
    if (!rest.isZero()) last.billedKwh = last.kwh.plus(step.minus(rest));
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
