import { describe, expect, it } from '@jest/globals';
import { Decimal, decimal, toJsonNumber } from '@voltap/kernel';
import fc from 'fast-check';

describe('decimal', () => {
  it('adds what binary floats cannot', () => {
    expect(decimal(0.1).plus(decimal(0.2)).toString()).toBe('0.3');
  });

  it('reads a JSON number by the digits that were written', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -99_999_999, max: 99_999_999 }),
        fc.integer({ min: 0, max: 6 }),
        (digits, places) => {
          const written = new Decimal(digits).div(new Decimal(10).pow(places));
          expect(decimal(Number(written.toString())).equals(written)).toBe(true);
        },
      ),
    );
  });

  it('rounds half up, away from zero on both sides', () => {
    expect(decimal('2.345').toDecimalPlaces(2).toString()).toBe('2.35');
    expect(decimal('-2.345').toDecimalPlaces(2).toString()).toBe('-2.35');
  });

  it('never writes an exponent for amounts that occur', () => {
    expect(decimal('0.0000001').toString()).toBe('0.0000001');
    expect(decimal('123456789012345678901234567890').toString()).toBe('123456789012345678901234567890');
  });

  it.each(['', 'abc', '1,5', Number.NaN, Number.POSITIVE_INFINITY, 'Infinity', 'NaN'])('refuses %p', (value) => {
    expect(() => decimal(value)).toThrow(RangeError);
  });

  it('gives JSON numbers with four places, or as many as asked', () => {
    expect(toJsonNumber(decimal('1.23456'))).toBe(1.2346);
    expect(toJsonNumber(decimal('1.23445'))).toBe(1.2345);
    expect(toJsonNumber(decimal('1.005'), 2)).toBe(1.01);
  });
});
