import { describe, expect, it } from '@jest/globals';
import { VoltapError } from '@voltap/kernel';
import { isOutage } from '@voltap/platform/messaging';

const failure = (code: string) => Object.assign(new Error('failed'), { code });

describe('an outage of our own parts', () => {
  it.each(['53100', '25006', '57P01', '08006', '40P01', 'ECONNREFUSED'])('is %s, also behind other errors', (code) => {
    expect(isOutage(failure(code))).toBe(true);
    expect(isOutage(new Error('query failed', { cause: failure(code) }))).toBe(true);
    expect(isOutage(Object.assign(new Error('query failed'), { driverError: failure(code) }))).toBe(true);
  });

  it('is what we call unavailable, and not what a partner does or the event brings about', () => {
    expect(isOutage(new VoltapError('unavailable', 'the log is away'))).toBe(true);
    expect(isOutage(new VoltapError('partner_unreachable', 'no answer', { cause: failure('ECONNREFUSED') }))).toBe(
      false,
    );
    expect(isOutage(failure('23505'))).toBe(false);
    expect(isOutage(new TypeError('x is undefined'))).toBe(false);
  });
});
