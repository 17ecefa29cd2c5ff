import { currency, type Decimal, decimal, minorUnits, ZERO } from '@voltap/kernel';
import { addUp, difference, sameTax, sum } from './amounts.js';
import { withDimensions } from './lines.js';
import type { Amounts, PricedSession, PriceLine, TaxShare } from './priced.js';

/**
 * The one rounding policy (PRC-27), applied once, at the end:
 * 1. The total after taxes is rounded half-up to the currency's minor unit; so is each tax (per name and rate).
 *    The total before taxes is what remains, so that the three always add up.
 * 2. Lines share the rounded total before min_price and max_price: each is within one minor unit of its exact amount,
 *    those cut off most being rounded up. Costs per dimension are sums of their lines. Hence lines, dimensions and
 *    totals add up, and the line of a limit makes up the rest.
 */
export function roundPriced(priced: PricedSession): PricedSession {
  if (priced.rounding === 'minor_unit') return priced;
  const places = minorUnits(currency(priced.currency));
  const clamps = priced.lines.filter((line) => line.dimension === 'limit');
  const plain = clamps.length === 0 ? priced.lines : priced.lines.filter((line) => line.dimension !== 'limit');
  const totals = roundAmounts(priced.totals, places);
  const unlimited = clamps.length === 0 ? totals : roundAmounts(addUp(plain), places);
  const lines = roundLines(plain, unlimited, places);
  return withDimensions({
    currency: priced.currency,
    tariffId: priced.tariffId,
    rounding: 'minor_unit',
    totals,
    measured: priced.measured,
    lines: clamps.length === 0 ? lines : [...lines, ...roundClamps(clamps, totals, unlimited, places)],
    notes: priced.notes,
    duration: priced.duration,
  });
}

/** The line of a limit makes up the rest; of several, the last. */
function roundClamps(clamps: readonly PriceLine[], totals: Amounts, unlimited: Amounts, places: number): PriceLine[] {
  let reached = unlimited;
  return clamps.map((line, index) => {
    const change = index === clamps.length - 1 ? difference(totals, reached) : roundAmounts(line, places);
    reached = addUp([reached, change]);
    return { ...line, ...change, price: line.price.toDecimalPlaces(places) };
  });
}

function roundAmounts(amounts: Amounts, places: number): Amounts {
  const afterTaxes = amounts.afterTaxes.toDecimalPlaces(places);
  const taxes = amounts.taxes.map((share) => ({ ...share, amount: share.amount.toDecimalPlaces(places) }));
  return { afterTaxes, taxes, beforeTaxes: afterTaxes.minus(sum(taxes.map((share) => share.amount))) };
}

/** Powers of ten take long, and currencies have few of them. */
const scales = new Map<number, { readonly perUnit: Decimal; readonly unit: Decimal }>();

function scaleOf(places: number): { readonly perUnit: Decimal; readonly unit: Decimal } {
  let scale = scales.get(places);
  if (scale === undefined) {
    scale = { perUnit: decimal(10).pow(places), unit: decimal(10).pow(-places) };
    scales.set(places, scale);
  }
  return scale;
}

/** In whole coins, which are numbers; decimals again at the end. */
function roundLines(lines: readonly PriceLine[], target: Amounts, places: number): PriceLine[] {
  const { perUnit, unit } = scaleOf(places);
  const coins = (count: number): Decimal => decimal(count).times(unit);
  const after = allocate(
    lines.map((line) => line.afterTaxes),
    target.afterTaxes,
    perUnit,
  );
  const taxes = lines.map((): TaxShare[] => []);
  const before = [...after];
  for (const tax of target.taxes) {
    const shares = lines.map((line) => line.taxes.find((share) => sameTax(share, tax)));
    const amounts = allocate(
      shares.map((share) => share?.amount ?? ZERO),
      tax.amount,
      perUnit,
    );
    shares.forEach((share, index) => {
      const amount = amounts[index] ?? 0;
      if (!share) return;
      taxes[index]?.push({ ...share, amount: coins(amount) });
      before[index] = (before[index] ?? 0) - amount;
    });
  }
  return lines.map((line, index) => ({
    ...line,
    afterTaxes: coins(after[index] ?? 0),
    taxes: taxes[index] ?? [],
    beforeTaxes: coins(before[index] ?? 0),
  }));
}

/** Largest remainder: rounds down, then gives the missing coins to those that lost most, the first of equals first. */
function allocate(exact: readonly Decimal[], target: Decimal, perUnit: Decimal): number[] {
  const whole = target.times(perUnit).toNumber();
  if (exact.length === 1) return [whole];
  // An amount that is a coin but for the last of its twenty decimals is that coin.
  const amounts = exact.map((amount) => (amount.isZero() ? 0 : amount.times(perUnit).toNumber()));
  const result = amounts.map(Math.floor);
  let missing = whole - result.reduce((sum, coins) => sum + coins, 0);
  if (missing <= 0) return result;
  const lost = amounts.map((amount, index) => ({ index, rest: amount - (result[index] ?? 0) }));
  lost.sort((left, right) => right.rest - left.rest || left.index - right.index);
  for (const { index } of lost) {
    if (missing <= 0) break;
    result[index] = (result[index] ?? 0) + 1;
    missing--;
  }
  return result;
}
