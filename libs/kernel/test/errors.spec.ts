import { describe, expect, it } from '@jest/globals';
import { ERROR_CATALOGUE, isRetryable, VoltapError } from '@voltap/kernel';

describe('the error catalogue', () => {
  it('gives every error a status that fits its audience', () => {
    for (const [code, entry] of Object.entries(ERROR_CATALOGUE)) {
      expect({ code, valid: entry.http >= 400 && entry.http < 600 }).toEqual({ code, valid: true });
      expect({ code, valid: entry.ocpi >= 2000 && entry.ocpi < 4000 }).toEqual({ code, valid: true });
      expect({ code, valid: [200, 400, 401, 404, 405, 413, 429].includes(entry.ocpiHttp) }).toEqual({
        code,
        valid: true,
      });
    }
  });

  it('never promises success to somebody who repeats a request that is wrong', () => {
    const wronglyRetryable = Object.entries(ERROR_CATALOGUE).filter(
      ([, entry]) => entry.retryable && entry.http < 500 && entry.http !== 429,
    );
    expect(wronglyRetryable).toEqual([]);
  });
});

describe('an error', () => {
  it('carries its catalogue entry, the wrong fields and its cause', () => {
    const cause = new Error('socket closed');
    const error = new VoltapError('invalid_parameter', 'The tariff has no elements.', {
      violations: [{ pointer: '/elements', message: 'give at least one element' }],
      cause,
    });
    expect(error.entry).toMatchObject({ http: 422, ocpi: 2001, ocpiHttp: 200 });
    expect(error.violations).toEqual([{ pointer: '/elements', message: 'give at least one element' }]);
    expect(error.cause).toBe(cause);
    expect(error.message).not.toContain('socket');
  });

  it('is retried only when a repetition can help', () => {
    expect(isRetryable(new VoltapError('unavailable', 'The database is away.'))).toBe(true);
    expect(isRetryable(new VoltapError('unknown_location', 'There is no such location.'))).toBe(false);
    expect(isRetryable(new TypeError('connection terminated'))).toBe(true);
  });
});
