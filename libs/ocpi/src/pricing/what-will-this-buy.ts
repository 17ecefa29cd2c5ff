import { type Decimal, decimal } from '@voltap/kernel';
import { type Instant, instantMs, type PricingPeriod, type PricingReservation, type PricingTariff } from './input.js';
import { zone as zoneOf } from './local-time.js';
import { priceSession } from './price-session.js';
import type { PricedSession } from './priced.js';
import { roundPriced } from './round.js';
import { planTariff, priceChanges } from './tariff-plan.js';
import { HOUR_MS } from './usage.js';

export interface PurchaseQuery {
  readonly tariff: PricingTariff;
  /** With taxes, in the tariff's currency: what was pre-authorised. */
  readonly amount: Decimal;
  /** Charging at this constant power, in kW. */
  readonly powerKw: number;
  readonly startedAt: Instant;
  readonly timeZone: string;
  /** What a running session has had until `now`; default: nothing yet. */
  readonly periods?: readonly PricingPeriod[] | undefined;
  readonly now?: Instant | undefined;
  readonly reservation?: PricingReservation | undefined;
  /** Where looking ahead ends, in kWh; default 1000. */
  readonly horizonKwh?: number | undefined;
}

export interface Purchase {
  /** `amount`: one Wh more costs more than it. `horizon`: it lasts beyond the horizon (or max_price caps the cost). */
  readonly limitedBy: 'amount' | 'horizon' | 'already_exceeded';
  /** From now on. */
  readonly kwh: Decimal;
  readonly hours: Decimal;
  /** The whole session, rounded, when it stops there. */
  readonly cost: PricedSession;
}

/**
 * How much more energy, in whole Wh, an amount buys: for the limit stop and "what will I get for 20 euro".
 * Assumes a cost that does not fall while charging, which holds for prices that are not negative.
 */
export function whatWillThisBuy(query: PurchaseQuery): Purchase {
  const { tariff, timeZone, startedAt, periods = [], reservation } = query;
  if (!(query.powerKw > 0)) throw new RangeError(`the power must be above 0 kW, not ${query.powerKw}`);
  const power = decimal(query.powerKw);
  const start = instantMs(startedAt);
  const now = query.now === undefined ? start : instantMs(query.now);
  const plan = planTariff(tariff);
  const duration = (wattHours: number): number =>
    decimal(wattHours).div(1000).div(power).times(HOUR_MS).round().toNumber();

  const costAfter = (wattHours: number): PricedSession => {
    const until = now + duration(wattHours);
    const ahead: PricingPeriod[] = [];
    if (wattHours > 0) {
      // A period for each price, so that nothing has to be guessed.
      const moments = [now, ...priceChanges(plan, zoneOf(timeZone), start, now, until), until];
      let rest = decimal(wattHours).div(1000);
      moments.slice(0, -1).forEach((from, index) => {
        const to = moments[index + 1] ?? until;
        const share =
          to === until
            ? rest
            : power
                .times(to - from)
                .div(HOUR_MS)
                .toDecimalPlaces(9);
        rest = rest.minus(share);
        ahead.push({
          start_date_time: new Date(from).toISOString(),
          dimensions: [
            { type: 'ENERGY', volume: share.toNumber() },
            {
              type: 'TIME',
              volume: decimal(to - from)
                .div(HOUR_MS)
                .toNumber(),
            },
            { type: 'MAX_POWER', volume: query.powerKw },
          ],
        });
      });
    }
    return roundPriced(
      priceSession({
        tariff,
        timeZone,
        startedAt,
        reservation,
        periods: [...periods, ...ahead],
        endedAt: new Date(until),
      }),
    );
  };
  const affordable = (priced: PricedSession): boolean => priced.totals.afterTaxes.lessThanOrEqualTo(query.amount);
  const result = (limitedBy: Purchase['limitedBy'], wattHours: number, cost: PricedSession): Purchase => ({
    limitedBy,
    kwh: decimal(wattHours).div(1000),
    hours: decimal(duration(wattHours)).div(HOUR_MS),
    cost,
  });

  let low = 0;
  let best = costAfter(0);
  if (!affordable(best)) return result('already_exceeded', 0, best);
  let high = Math.ceil((query.horizonKwh ?? 1000) * 1000);
  const farthest = costAfter(high);
  if (affordable(farthest)) return result('horizon', high, farthest);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    const cost = costAfter(middle);
    if (affordable(cost)) {
      low = middle;
      best = cost;
    } else {
      high = middle;
    }
  }
  return result('amount', low, best);
}
