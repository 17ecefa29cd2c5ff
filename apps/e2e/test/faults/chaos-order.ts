import { Random } from '@voltap/simulator';
import type { Moment } from '../stage/interrupted-charge.js';
import { MOMENTS } from '../stage/interrupted-charge.js';
import type { Fault } from './faults.js';

export interface PlannedFault {
  readonly fault: Fault;
  readonly moment: Moment;
}

/** The faults of a run in their order: the same seed gives the same, and a longer run begins like a shorter one. */
export function orderOf(seed: number, count: number, faults: readonly Fault[]): PlannedFault[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => {
    const fault = random.pick(faults);
    const moment = random.pick(MOMENTS);
    return { fault, moment: fault.onlyThen ? fault.moment : moment };
  });
}
