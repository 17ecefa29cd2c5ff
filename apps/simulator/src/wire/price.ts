import { type Decimal, decimal, toJsonNumber, ZERO } from '@voltap/kernel';
import { isObject, type Json, type JsonObject, numberOf, objectsOf } from './json.js';
import type { OcpiVersion } from './version.js';

/** A Price read from either version. `gross` is null when the sender left the taxes open. */
export interface ReadPrice {
  readonly net: Decimal;
  readonly gross: Decimal;
  readonly shape: OcpiVersion;
}

/**
 * Reads `{before_taxes, taxes[]}` (2.3.0) or `{excl_vat, incl_vat?}` (2.2.1).
 * @returns null when the value is neither.
 */
export function readPrice(value: Json | undefined): ReadPrice | null {
  if (!isObject(value)) return null;
  const before = numberOf(value, 'before_taxes');
  if (before !== undefined) {
    const net = decimal(before);
    const gross = objectsOf(value, 'taxes').reduce((sum, tax) => sum.plus(decimal(numberOf(tax, 'amount') ?? 0)), net);
    return { net, gross, shape: '2.3.0' };
  }
  const excluding = numberOf(value, 'excl_vat');
  if (excluding === undefined) return null;
  const net = decimal(excluding);
  return { net, gross: decimal(numberOf(value, 'incl_vat') ?? excluding), shape: '2.2.1' };
}

/** A Price in the shape of a version. */
export function writePrice(net: Decimal, gross: Decimal, shape: OcpiVersion): JsonObject {
  if (shape === '2.2.1') return { excl_vat: toJsonNumber(net), incl_vat: toJsonNumber(gross) };
  const tax = gross.minus(net);
  return {
    before_taxes: toJsonNumber(net),
    taxes: tax.equals(ZERO) ? [] : [{ name: 'VAT', amount: toJsonNumber(tax) }],
  };
}

/** The upper limit of a tariff with taxes: `max_price` as a PriceLimit (2.3.0) or as a Price (2.2.1). */
export function readLimit(value: Json | undefined): Decimal | null {
  if (!isObject(value)) return null;
  const limit =
    numberOf(value, 'after_taxes') ??
    numberOf(value, 'incl_vat') ??
    numberOf(value, 'before_taxes') ??
    numberOf(value, 'excl_vat');
  return limit === undefined ? null : decimal(limit);
}
