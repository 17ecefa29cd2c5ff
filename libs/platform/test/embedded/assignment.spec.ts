import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { assignPartitions } from '../../src/embedded/log/assignment.js';
import { partitionOf } from '../../src/embedded/log/partition-of.js';

describe('The assignment of partitions', () => {
  const partitions = fc.uniqueArray(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 40 });
  const members = fc.uniqueArray(fc.uuid(), { minLength: 1, maxLength: 6 });

  it('is complete, fair, and the same in whatever order a member sees things', () => {
    fc.assert(
      fc.property(partitions, members, (ids, names) => {
        const assignable = ids.map((id) => ({ id, topic: 't' }));
        const group = names.map((member) => ({ member, topics: ['t'] }));
        const assigned = assignPartitions(assignable, group);
        const loads = names.map((name) => [...assigned.values()].filter((owner) => owner === name).length);
        expect(assigned.size).toBe(ids.length);
        expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1);
        expect(assignPartitions(assignable.toReversed(), group.toReversed())).toEqual(assigned);
      }),
    );
  });

  it('gives nobody a partition of a topic that it does not subscribe to', () => {
    const assigned = assignPartitions(
      [
        { id: 1, topic: 'old' },
        { id: 2, topic: 'new' },
        { id: 3, topic: 'unread' },
      ],
      [
        { member: 'a', topics: ['old'] },
        { member: 'b', topics: ['old', 'new'] },
      ],
    );
    expect([...assigned]).toEqual([
      [1, 'a'],
      [2, 'b'],
    ]);
  });
});

describe('The partition of a key', () => {
  it('is permanent: these must never change', () => {
    const keys = ['DE*VLT*1', 'DE*VLT*2', 'NL*ABC*LOC-é', ''];
    expect(keys.map((key) => partitionOf(key, 12))).toEqual([7, 2, 4, 1]);
  });

  it('spreads keys that differ at their end only', () => {
    const counts = new Array<number>(6).fill(0);
    for (let index = 0; index < 6_000; index += 1) {
      const partition = partitionOf(`DE*VLT*EVSE-${index}`, 6);
      counts[partition] = (counts[partition] ?? 0) + 1;
    }
    expect(Math.min(...counts)).toBeGreaterThan(800);
  });
});
