import { describe, expect, it } from '@jest/globals';
import { decimal } from '@voltap/kernel';
import { readTokenHeader, tokenHeader } from './authorization.js';
import { canonical } from './json.js';
import { below, nextLink } from './ocpi-client.js';
import { readPrice, writePrice } from './price.js';
import { checkShape } from './shape-checks.js';

describe('the wire in both versions', () => {
  it('writes a price of 2.3.0 with its tax and one of 2.2.1 with both totals, and reads them as equal', () => {
    const [net, gross] = [decimal('10.00'), decimal('11.90')];
    expect(writePrice(net, gross, '2.3.0')).toEqual({ before_taxes: 10, taxes: [{ name: 'VAT', amount: 1.9 }] });
    expect(writePrice(net, gross, '2.2.1')).toEqual({ excl_vat: 10, incl_vat: 11.9 });
    for (const version of ['2.3.0', '2.2.1'] as const)
      expect(readPrice(writePrice(net, gross, version))?.gross.toString()).toBe('11.9');
  });

  it('names a price in the shape of the other version, 2.3.0 fields in 2.2.1 and a tariff that hides its taxes', () => {
    const rules = (kind: Parameters<typeof checkShape>[0], object: object, version: '2.3.0' | '2.2.1') =>
      checkShape(kind, { ...object }, version).map(({ rule }) => rule);
    expect(rules('session', { total_cost: { excl_vat: 1 } }, '2.3.0')).toEqual(['CDR-20']);
    expect(rules('session', { total_cost: { before_taxes: 1, taxes: [] } }, '2.2.1')).toEqual(['CDR-20']);
    expect(rules('location', { help_phone: '1', evses: [{ parking: [], connectors: [] }] }, '2.2.1')).toHaveLength(2);
    expect(rules('tariff', {}, '2.3.0')).toEqual(['TAR-02']);
    expect(rules('tariff', { tax_included: 'NO' }, '2.2.1')).toEqual(['LOC-29/TAR-21']);
  });

  it('names numbers with binary noise and times with an offset', () => {
    const found = checkShape('session', { kwh: 0.1 + 0.2, last_updated: '2026-01-01T00:00:00+01:00' }, '2.3.0');
    expect(found.map(({ rule }) => rule)).toEqual(['FMT-12', 'FMT-07']);
  });

  it('reads only a token header that is Base64 behind one space', () => {
    expect(readTokenHeader(tokenHeader('tök en'))).toEqual({ token: 'tök en', problem: null });
    for (const wrong of [undefined, 'Token  YWJj', 'token YWJj', 'Bearer YWJj', 'Token a b', 'Token YWJ'])
      expect(readTokenHeader(wrong).token).toBeNull();
  });

  it('compares objects whatever the order of their fields', () => {
    expect(canonical({ a: 1, b: [{ c: 2, d: 3 }] })).toBe(canonical({ b: [{ d: 3, c: 2 }], a: 1 }));
    expect(canonical([1, 2])).not.toBe(canonical([2, 1]));
  });

  it('builds addresses without lost or doubled slashes, and finds the next page', () => {
    expect(below('http://x/a/', 'b c', 'd')).toBe('http://x/a/b%20c/d');
    expect(nextLink('<http://x/?offset=5>; rel="next"')).toBe('http://x/?offset=5');
    expect(nextLink(null)).toBeNull();
  });
});
