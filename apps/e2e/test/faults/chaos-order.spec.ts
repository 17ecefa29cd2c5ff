import { describe, expect, it } from '@jest/globals';
import { orderOf } from './chaos-order.js';
import { FAULTS } from './faults.js';

const named = (seed: number, count: number) =>
  orderOf(seed, count, FAULTS).map(({ fault, moment }) => `${moment}: ${fault.name}`);

describe('the order of random faults', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(named(7, 50)).toEqual(named(7, 50));
    expect(named(8, 50)).not.toEqual(named(7, 50));
  });

  it('begins alike however long the run is', () => {
    expect(named(7, 200).slice(0, 20)).toEqual(named(7, 20));
  });

  it('has every fault in it, and each at the moment that it needs', () => {
    const order = orderOf(7, 200, FAULTS);
    expect(new Set(order.map(({ fault }) => fault.name)).size).toBe(FAULTS.length);
    for (const { fault, moment } of order) if (fault.onlyThen) expect(moment).toBe(fault.moment);
  });
});
