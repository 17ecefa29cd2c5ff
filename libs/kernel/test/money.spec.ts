import { describe, expect, it } from '@jest/globals';
import { addMoney, currency, decimal, formatMoney, minorUnits, money, roundMoney } from '@voltap/kernel';
import fc from 'fast-check';

describe('money', () => {
  it('shows every decimal of its currency', () => {
    expect(formatMoney(money('12.3', 'EUR'))).toBe('12.30 EUR');
    expect(formatMoney(money('1200', 'JPY'))).toBe('1200 JPY');
    expect(formatMoney(money('1.2345', 'KWD'))).toBe('1.235 KWD');
  });

  it('rounds half up to the smallest coin', () => {
    expect(roundMoney(money('1.005', 'EUR')).amount.toString()).toBe('1.01');
    expect(roundMoney(money('0.5', 'JPY')).amount.toString()).toBe('1');
    expect(minorUnits(currency('TND'))).toBe(3);
  });

  it('keeps the exact sum of many amounts', () => {
    const cents = fc.array(fc.integer({ min: -1_000_000, max: 1_000_000 }), { maxLength: 200 });
    fc.assert(
      fc.property(cents, (amounts) => {
        const sum = amounts.reduce(
          (total, one) => addMoney(total, money(decimal(one).div(100), 'EUR')),
          money(0, 'EUR'),
        );
        expect(sum.amount.times(100).toNumber()).toBe(amounts.reduce((total, one) => total + one, 0));
      }),
    );
  });

  it('does not add two currencies', () => {
    expect(() => addMoney(money(1, 'EUR'), money(1, 'CHF'))).toThrow('cannot add EUR and CHF');
  });

  it.each(['eur', 'EURO', 'E1R', ''])('refuses %p as a currency', (code) => {
    expect(() => currency(code)).toThrow(RangeError);
  });
});
