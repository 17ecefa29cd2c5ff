import type { Moment } from '../stage/interrupted-charge.js';
import { MOMENTS } from '../stage/interrupted-charge.js';
import type { Fault } from './faults.js';

export interface PlannedFault {
  readonly fault: Fault;
  readonly moment: Moment;
}

/** The faults of a run in their order: the same seed gives the same, and a longer run begins like a shorter one. */
export function orderOf(seed: number, count: number, faults: readonly Fault[]): PlannedFault[] {
  const random = mulberry32(seed);
  const pick = <Item>(items: readonly Item[]): Item => {
    const item = items[Math.floor(random() * items.length)];
    if (item === undefined) throw new Error('nothing to choose from');
    return item;
  };
  return Array.from({ length: count }, () => {
    const fault = pick(faults);
    const moment = pick(MOMENTS);
    return { fault, moment: fault.onlyThen ? fault.moment : moment };
  });
}

/** Numbers in [0, 1) that depend on the seed alone. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
