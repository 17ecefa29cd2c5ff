import { describe, expect, it } from '@jest/globals';
import { sameJson } from '@voltap/kernel';

describe('two JSON values', () => {
  it('are the same in any order of fields, with or without fields that are undefined', () => {
    expect(sameJson({ a: 1, b: [{ c: null, d: 'x' }] }, { b: [{ d: 'x', c: null, e: undefined }], a: 1 })).toBe(true);
  });

  it('differ in any value, kind, length or order of items', () => {
    const pairs = [
      [{ a: 1 }, { a: '1' }],
      [{ a: null }, {}],
      [
        [1, 2],
        [2, 1],
      ],
      [[1], [1, undefined]],
      [{}, []],
      [{ 0: 1 }, [1]],
      [null, {}],
      [{ a: { b: 1 } }, { a: { b: 1, c: 2 } }],
    ];
    for (const [left, right] of pairs) {
      expect(sameJson(left, right)).toBe(false);
      expect(sameJson(right, left)).toBe(false);
    }
  });
});
