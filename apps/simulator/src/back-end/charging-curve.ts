import { Decimal, decimal, ZERO } from '@voltap/kernel';

/** What a charge takes: the vehicle's battery and what charger and vehicle can do together. Power in kW, energy in kWh. */
export interface Vehicle {
  readonly batteryKwh: string;
  /** Share of the battery at the start, 0 to 1. */
  readonly startLevel: string;
  readonly maxPowerKw: string;
  readonly current: 'AC' | 'DC';
}

const STEP_SECONDS = 15;
const TAPER_FROM = decimal('0.5');
const TAPER_TO = decimal('0.1');

/**
 * Power at a level of the battery: AC is flat until full; DC is flat up to half and then falls in a straight line to a
 * tenth at full.
 */
export function chargingPower(vehicle: Vehicle, level: Decimal): Decimal {
  if (level.greaterThanOrEqualTo(1)) return ZERO;
  const max = decimal(vehicle.maxPowerKw);
  if (vehicle.current === 'AC' || level.lessThanOrEqualTo(TAPER_FROM)) return max;
  const fallen = level.minus(TAPER_FROM).dividedBy(decimal(1).minus(TAPER_FROM));
  return max.times(decimal(1).minus(fallen.times(decimal(1).minus(TAPER_TO))));
}

export interface Delivered {
  /** kWh, whole Wh. */
  readonly energy: Decimal;
  /** Seconds in which energy flowed; less than asked for when the battery became full. */
  readonly chargingSeconds: number;
}

/** What flows in the next `seconds` when `already` kWh have flowed, in steps of a quarter of a minute. */
export function deliver(vehicle: Vehicle, already: Decimal, seconds: number): Delivered {
  const battery = decimal(vehicle.batteryKwh);
  const room = battery.times(decimal(1).minus(decimal(vehicle.startLevel))).toDecimalPlaces(3);
  let energy = ZERO;
  let chargingSeconds = 0;
  for (let done = 0; done < seconds; done += STEP_SECONDS) {
    const step = Math.min(STEP_SECONDS, seconds - done);
    const left = room.minus(already).minus(energy);
    if (left.lessThanOrEqualTo('0.0005')) break;
    const level = decimal(1).minus(left.dividedBy(battery));
    energy = energy.plus(Decimal.min(chargingPower(vehicle, level).times(step).dividedBy(3_600), left));
    chargingSeconds += step;
  }
  return { energy: Decimal.min(energy.toDecimalPlaces(3), room.minus(already)), chargingSeconds };
}

/** The vehicle that a terminal's customer drives. */
export function vehicleAt(point: { readonly powerKw: number; readonly current: 'AC' | 'DC' }): Vehicle {
  const maxPowerKw = String(Math.min(point.powerKw, point.current === 'DC' ? 130 : 11));
  return { batteryKwh: '64', startLevel: '0.22', maxPowerKw, current: point.current };
}
