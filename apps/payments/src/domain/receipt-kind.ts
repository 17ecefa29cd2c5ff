import { decimal } from '@voltap/kernel';

/**
 * Up to which amount, taxes included and in euro, a simplified invoice does: 100 by VAT Directive 2006/112/EC, article
 * 220a; these states allow more. Laws change: what the operator sets for a party goes before this table.
 */
const SIMPLIFIED_UP_TO: Readonly<Record<string, string>> = { AT: '400', DE: '250', ES: '400', FR: '150', IT: '400' };
const ELSEWHERE_UP_TO = '100';

export interface Limit {
  readonly amount: string;
  readonly currency: string;
}

/** FULL names the buyer; BUYER_NEEDED ought to, by its amount. In a currency without a limit that is known, simplified does. */
export function receiptKind(
  charge: {
    readonly country_code: string;
    readonly total: string;
    readonly currency: string;
    readonly hasBuyer: boolean;
  },
  set: Limit | undefined,
): 'SIMPLIFIED' | 'BUYER_NEEDED' | 'FULL' {
  if (charge.hasBuyer) return 'FULL';
  const limit = set ?? {
    amount: SIMPLIFIED_UP_TO[charge.country_code.toUpperCase()] ?? ELSEWHERE_UP_TO,
    currency: 'EUR',
  };
  const above = limit.currency === charge.currency && decimal(charge.total).greaterThan(limit.amount);
  return above ? 'BUYER_NEEDED' : 'SIMPLIFIED';
}
