import { currency, Decimal, decimal, minorUnits, ZERO } from '@voltap/kernel';
import { addUp, difference, sameTax, sum } from './amounts.js';
import { dimensionsOf } from './lines.js';
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
  const plain = priced.lines.filter((line) => line.dimension !== 'limit');
  const unlimited = roundAmounts(addUp(plain), places);
  const lines = roundLines(plain, unlimited, places);
  const clamps = priced.lines.filter((line) => line.dimension === 'limit');
  const totals = clamps.length > 0 ? roundAmounts(priced.totals, places) : unlimited;
  return {
    ...priced,
    rounding: 'minor_unit',
    totals,
    dimensions: dimensionsOf(lines, priced.dimensions),
    lines: [...lines, ...roundClamps(clamps, totals, unlimited, places)],
  };
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

function roundLines(lines: readonly PriceLine[], target: Amounts, places: number): PriceLine[] {
  const after = allocate(
    lines.map((line) => line.afterTaxes),
    target.afterTaxes,
    places,
  );
  const taxes = lines.map((): TaxShare[] => []);
  for (const tax of target.taxes) {
    const shares = lines.map((line) => line.taxes.find((share) => sameTax(share, tax)));
    const amounts = allocate(
      shares.map((share) => share?.amount ?? ZERO),
      tax.amount,
      places,
    );
    shares.forEach((share, index) => {
      if (share) taxes[index]?.push({ ...share, amount: amounts[index] ?? ZERO });
    });
  }
  return lines.map((line, index) => {
    const afterTaxes = after[index] ?? ZERO;
    const own = taxes[index] ?? [];
    return { ...line, afterTaxes, taxes: own, beforeTaxes: afterTaxes.minus(sum(own.map((share) => share.amount))) };
  });
}

/** Largest remainder: rounds down, then gives the missing units to those that lost most, the first of equals first. */
function allocate(exact: readonly Decimal[], target: Decimal, places: number): Decimal[] {
  const unit = decimal(10).pow(-places);
  const result = exact.map((amount) => amount.toDecimalPlaces(places, Decimal.ROUND_FLOOR));
  const lost = exact.map((amount, index) => ({ index, rest: amount.minus(result[index] ?? ZERO) }));
  lost.sort((left, right) => right.rest.comparedTo(left.rest) || left.index - right.index);
  let missing = target.minus(sum(result)).div(unit).round().toNumber();
  for (const { index } of lost) {
    if (missing <= 0) break;
    result[index] = (result[index] ?? ZERO).plus(unit);
    missing--;
  }
  return result;
}
