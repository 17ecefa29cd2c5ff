import { type Decimal, decimal, ZERO } from '@voltap/kernel';
import { exact, larger, smaller, sum, type TaxMode } from './amounts.js';
import type { PricingLimit, PricingTariff } from './input.js';
import type { Amounts, PriceNote, TaxShare } from './priced.js';

interface Pair {
  readonly before: Decimal;
  readonly after: Decimal;
}

export interface Limited {
  readonly totals: Amounts;
  readonly notes: readonly PriceNote[];
}

/** The rate to assume where a limit raises a total that has no taxes of its own: the tariff's first. */
function firstRate(tariff: PricingTariff): Decimal | undefined {
  for (const { price_components } of tariff.elements) {
    for (const { vat } of price_components) if (vat) return decimal(vat);
  }
  return undefined;
}

/** Without any tax there is one total; the limit for it is the one stated the way the prices are. */
function limitUntaxed(value: Decimal, limit: PricingLimit, mode: TaxMode, strictest: typeof larger): Decimal {
  const bound = mode === 'YES' ? (limit.after_taxes ?? limit.before_taxes) : limit.before_taxes;
  return strictest(value, decimal(bound));
}

function limitTaxed(pair: Pair, limit: PricingLimit, rate: () => Decimal | undefined, strictest: typeof larger): Pair {
  const before = strictest(pair.before, decimal(limit.before_taxes));
  if (limit.after_taxes !== undefined) return { before, after: strictest(pair.after, decimal(limit.after_taxes)) };
  if (before.equals(pair.before)) return pair;
  const factor = pair.before.isZero() ? decimal(1).plus((rate() ?? ZERO).div(100)) : pair.after.div(pair.before);
  return { before, after: exact(before.times(factor)) };
}

/** PRC-26: the taxes of a limited total keep their proportions; without any, they are of the tariff's first rate. */
function scaleTaxes(shares: readonly TaxShare[], amount: Decimal, fallback: TaxShare): TaxShare[] {
  const known = sum(shares.map((share) => share.amount));
  if (known.equals(amount)) return [...shares];
  if (known.isZero()) {
    const target = shares.find((share) => share.percentage && !share.percentage.isZero()) ?? fallback;
    return [...shares.filter((share) => share !== target), { ...target, amount }];
  }
  let rest = amount;
  return shares.map((share, index) => {
    const part = index === shares.length - 1 ? rest : exact(share.amount.times(amount).div(known));
    rest = rest.minus(part);
    return { ...share, amount: part };
  });
}

/** PRC-25: bounds the totals before and after taxes, each by its own limit. */
export function applyLimits(unlimited: Amounts, tariff: PricingTariff, mode: TaxMode, taxName: string): Limited {
  if (!tariff.min_price && !tariff.max_price) return { totals: unlimited, notes: [] };
  const notes: PriceNote[] = [];
  const rate = (): Decimal | undefined => firstRate(tariff);
  const untaxed =
    mode === 'N/A' ||
    !tariff.elements.some(({ price_components }) => price_components.some(({ vat }) => vat !== undefined));
  let pair: Pair = { before: unlimited.beforeTaxes, after: unlimited.afterTaxes };
  for (const name of ['min_price', 'max_price'] as const) {
    const limit = tariff[name];
    if (!limit) continue;
    const strictest = name === 'min_price' ? larger : smaller;
    let next: Pair;
    if (untaxed) {
      const value = limitUntaxed(pair.after, limit, mode, strictest);
      next = { before: value, after: value };
    } else {
      next = limitTaxed(pair, limit, rate, strictest);
      if (next.after.lessThan(next.before) && !pair.after.lessThan(pair.before)) {
        const one = name === 'min_price' ? next.before : next.after;
        next = { before: one, after: one };
        notes.push({ code: 'limit_inconsistent', limit: name });
      }
    }
    if (!next.before.equals(pair.before) || !next.after.equals(pair.after)) {
      notes.push({ code: 'limit_applied', limit: name });
    }
    pair = next;
  }
  if (notes.length === 0) return { totals: unlimited, notes };
  const fallback: TaxShare = { name: taxName, percentage: rate(), amount: ZERO };
  const taxes = untaxed ? [] : scaleTaxes(unlimited.taxes, pair.after.minus(pair.before), fallback);
  return { totals: { beforeTaxes: pair.before, afterTaxes: pair.after, taxes }, notes };
}
