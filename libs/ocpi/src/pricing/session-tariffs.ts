import type { PriceSessionInput, PricingTariff } from './input.js';
import type { Notes } from './notes.js';
import { planTariff, type TariffPlan } from './tariff-plan.js';
import type { Usage } from './usage.js';

/** The tariffs of one session, by the names under which its periods know them. */
export class SessionTariffs {
  readonly main: TariffPlan;
  private readonly plans: readonly TariffPlan[];

  /** @throws RangeError when an amount of one currency would be added to one of another. */
  constructor({ tariff, otherTariffs = [] }: Pick<PriceSessionInput, 'tariff' | 'otherTariffs'>) {
    const foreign = otherTariffs.find(({ currency }) => currency !== tariff.currency);
    if (foreign) throw new RangeError(`tariff ${foreign.id} is in ${foreign.currency}, not in ${tariff.currency}`);
    this.main = planTariff(tariff);
    this.plans = [this.main, ...otherTariffs.map(planTariff)];
  }

  get usesPower(): boolean {
    return this.plans.some(({ powers }) => powers.length > 0);
  }

  /** Whether any tariff of the session has a price of this kind. */
  has(type: keyof TariffPlan['has']): boolean {
    return this.plans.some((plan) => plan.has[type]);
  }

  /** The plan of each usage; none where all are under the main one. Ids compare without case (FMT-02). */
  of(usages: readonly Usage[], notes: Notes): TariffPlan[] {
    const { id } = this.main.tariff;
    if (this.plans.length === 1 && usages.every(({ tariffId }) => tariffId === undefined || tariffId === id)) return [];
    let before = this.main;
    return usages.map(({ tariffId, periodStart }) => {
      if (tariffId === undefined) {
        if (this.plans.length > 1) notes.add('tariff_not_named', periodStart);
      } else if (tariffId !== before.tariff.id) {
        const named = this.plans.find(({ tariff }) => tariff.id.toUpperCase() === tariffId.toUpperCase());
        if (named === undefined) notes.add('other_tariff_named', periodStart);
        else before = named;
      }
      return before;
    });
  }
}

/** The tariffs that were used, in order; the main one when none was. */
export function usedTariffs(main: TariffPlan, plans: readonly TariffPlan[]): PricingTariff[] {
  return plans.length === 0 ? [main.tariff] : [...new Set(plans)].map(({ tariff }) => tariff);
}
