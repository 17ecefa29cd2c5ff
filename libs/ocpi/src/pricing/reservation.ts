import { instantMs, type PriceSessionInput } from './input.js';
import type { Zone } from './local-time.js';
import type { Meter } from './meter.js';
import { activeComponents, type Component, type ElementUse, priceChanges, type TariffPlan } from './tariff-plan.js';
import type { Usage } from './usage.js';
import { spread } from './walk.js';

export interface Reservation {
  readonly from: number;
  readonly milliseconds: number;
  readonly expired: boolean;
}

/** The reservation that was given, or the RESERVATION_TIME of the periods. */
export function reservationOf(
  { reservation }: Pick<PriceSessionInput, 'reservation'>,
  usages: readonly Usage[],
): Reservation | undefined {
  if (reservation) {
    const from = instantMs(reservation.from);
    return { from, milliseconds: Math.max(0, instantMs(reservation.until) - from), expired: reservation.expired };
  }
  const reserved = usages.filter((usage) => usage.reserved > 0);
  const first = reserved[0];
  if (!first) return undefined;
  const milliseconds = reserved.reduce((total, usage) => total + usage.reserved, 0);
  return { from: first.start, milliseconds, expired: false };
}

/** A reservation: its own time and fees (PRC-28, PRC-29). */
export function meterReservation(
  plan: TariffPlan,
  zone: Zone,
  { from, milliseconds, expired }: Reservation,
  meter: Meter,
): void {
  const until = from + milliseconds;
  const cuts = priceChanges(plan, zone, from, from, until);
  const active = (use: ElementUse, type: 'TIME' | 'FLAT', instant: number): Component | undefined => {
    const situation = { instant, sinceStart: instant - from, energy: 0, power: 0, current: 0 };
    return activeComponents(plan.elements[use], situation, zone)[type];
  };
  const flat = (use: ElementUse, instants: readonly number[]): void => {
    for (const instant of instants) {
      const component = active(use, 'FLAT', instant);
      if (!component) continue;
      meter.addFlat(component);
      return;
    }
  };
  flat('RESERVATION', [from, ...cuts]);
  // The fee for letting it run out is due when it runs out.
  if (expired) flat('RESERVATION_EXPIRES', [until]);
  if (milliseconds <= 0) return;
  const replaced = expired && plan.elements.RESERVATION_EXPIRES.some(({ components }) => components.TIME);
  spread(from, milliseconds, cuts, until, (instant, length) => {
    const component = active(replaced ? 'RESERVATION_EXPIRES' : 'RESERVATION', 'TIME', instant);
    if (component) meter.addTime(component, length);
  });
}
