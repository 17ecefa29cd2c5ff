import { decimal, ZERO } from '@voltap/kernel';
import { addUp, difference, type TaxMode } from './amounts.js';
import { kwhOf } from './energy.js';
import { instantMs, type PriceSessionInput, type PricingTariff } from './input.js';
import { applyLimits } from './limits.js';
import { hours, lineOf, taxModeOf, withDimensions } from './lines.js';
import { type Zone, zone as zoneOf } from './local-time.js';
import { Meter } from './meter.js';
import { Notes } from './notes.js';
import type { Amounts, CostDimension, PricedSession, PriceLine, PriceNote } from './priced.js';
import { Prices } from './prices.js';
import { meterReservation, reservationOf } from './reservation.js';
import { SessionTariffs, usedTariffs } from './session-tariffs.js';
import type { TariffPlan } from './tariff-plan.js';
import { readPeriods, type Usage } from './usage.js';
import { SessionWalk } from './walk.js';

const DEFAULT_TAX_NAME = 'VAT';
const LINE_ORDER: readonly (CostDimension | 'limit')[] = ['reservation', 'fixed', 'energy', 'time', 'parking'];

/**
 * What a session costs: the one formula for the running cost, the CDR, its check and the receipt (PRC).
 * Exact; money is rounded by `roundPriced` alone.
 * @throws RangeError for an unknown time zone, and for dates, times, energies and numbers that are none.
 */
export function priceSession(input: PriceSessionInput): PricedSession {
  const { tariff, taxName = DEFAULT_TAX_NAME } = input;
  const notes = new Notes();
  const tariffs = new SessionTariffs(input);
  const until = instantMs(input.endedAt ?? input.now);
  const usages = readPeriods(input.periods, until, tariffs.usesPower);
  const sessionMeter = new Meter('session');
  const reservationMeter = new Meter('reservation');

  const charged = usages.some(isReservation) ? usages.filter((usage) => !isReservation(usage)) : usages;
  const startedAt = chargeStart(input, usages, charged);
  const used =
    startedAt === undefined
      ? []
      : meterCharge(startedAt, charged, until, tariffs, zoneOf(input.timeZone), sessionMeter, notes);
  const reservation = reservationOf(input, usages);
  if (reservation) meterReservation(tariffs.main, zoneOf(input.timeZone), reservation, reservationMeter);

  const modes = new Map<PricingTariff, TaxMode>();
  const modeOf = (one: PricingTariff): TaxMode => {
    const mode = modes.get(one) ?? taxModeOf(one, notes);
    modes.set(one, mode);
    return mode;
  };
  const lines = [...reservationMeter.billed(), ...sessionMeter.billed()]
    .map((consumption) => lineOf(consumption, modeOf(consumption.component.tariff), taxName, notes))
    .sort((left, right) => LINE_ORDER.indexOf(left.dimension) - LINE_ORDER.indexOf(right.dimension));

  let energy = 0;
  let charging = 0;
  let parking = 0;
  for (const usage of usages) {
    energy += usage.energy;
    charging += usage.charging;
    parking += usage.parking;
  }
  if (energy < 0) notes.add('energy_negative', undefined, 'energy');
  const limited = limitEach(usedTariffs(tariffs.main, used), lines, modeOf, taxName, startedAt !== undefined);
  return withDimensions({
    currency: tariff.currency,
    tariffId: tariff.id,
    rounding: 'exact',
    totals: limited.totals,
    measured: {
      energy: { priced: tariffs.has('ENERGY'), quantity: kwhOf(energy) },
      time: { priced: tariffs.has('TIME'), quantity: hours(charging) },
      parking: { priced: tariffs.has('PARKING_TIME'), quantity: hours(parking) },
      fixed: {
        priced: tariffs.has('FLAT'),
        quantity: decimal(lines.filter(({ dimension }) => dimension === 'fixed').length),
      },
      reservation: { priced: tariffs.has('RESERVATION'), quantity: hours(reservation?.milliseconds ?? 0) },
    },
    lines: [...lines, ...limited.lines],
    notes: [...notes.list(), ...limited.notes],
    duration: startedAt === undefined ? ZERO : hours(Math.max(0, until - startedAt)),
  });
}

function isReservation({ reserved, charging, parking, energy }: Usage): boolean {
  return reserved > 0 && charging === 0 && parking === 0 && energy === 0;
}

/** A CDR begins with the reservation before its charge; undefined: there was no charge. */
function chargeStart(
  { startedAt }: PriceSessionInput,
  usages: readonly Usage[],
  charged: readonly Usage[],
): number | undefined {
  if (startedAt === undefined || (charged.length === 0 && usages.length > 0)) return undefined;
  const [first] = charged;
  const start = instantMs(startedAt);
  return first === undefined || first === usages[0] ? start : Math.max(start, first.start);
}

/** @returns the plans of the periods, in order. */
function meterCharge(
  startedAt: number,
  charged: readonly Usage[],
  until: number,
  tariffs: SessionTariffs,
  zone: Zone,
  meter: Meter,
  notes: Notes,
): TariffPlan[] {
  const from = Math.min(startedAt, charged[0]?.start ?? startedAt);
  const end = Math.max(until, charged.at(-1)?.end ?? until);
  const found = new Map<TariffPlan, Prices>();
  const pricesOf = (plan: TariffPlan): Prices => {
    let prices = found.get(plan);
    if (prices === undefined) {
      prices = new Prices(plan, zone, startedAt, from, end);
      found.set(plan, prices);
    }
    return prices;
  };
  const walk = new SessionWalk(startedAt, meter, notes);
  if (charged.length === 0) walk.begin(pricesOf(tariffs.main));
  const plans = tariffs.of(charged, notes);
  charged.forEach((usage, index) => {
    walk.period(usage, pricesOf(plans[index] ?? tariffs.main), index === 0, index === charged.length - 1);
  });
  return plans;
}

/** Each tariff bounds what was charged under it; with one tariff, the session (PRC-25). */
function limitEach(
  tariffs: readonly PricingTariff[],
  lines: readonly PriceLine[],
  modeOf: (tariff: PricingTariff) => TaxMode,
  taxName: string,
  charged: boolean,
): { totals: Amounts; lines: PriceLine[]; notes: PriceNote[] } {
  const several = tariffs.length > 1;
  const notes: PriceNote[] = several ? [{ code: 'several_tariffs' }] : [];
  const parts: Amounts[] = [];
  const clamps: PriceLine[] = [];
  // A reservation is under the first tariff, also when every period names another.
  const named = new Set(tariffs.map(({ id }) => id));
  parts.push(...lines.filter(({ tariffId }) => !named.has(tariffId)));
  for (const tariff of tariffs) {
    const mode = modeOf(tariff);
    const unlimited = addUp(lines.filter(({ tariffId }) => tariffId === tariff.id));
    // What a charge costs at least is not owed for a reservation that nobody used.
    const limits = charged ? tariff : { ...tariff, min_price: undefined };
    const limited = applyLimits(unlimited, limits, mode, taxName);
    parts.push(limited.totals);
    notes.push(...limited.notes.map((note) => (several ? { ...note, tariffId: tariff.id } : note)));
    const clamp = limitLine(limited.totals, unlimited, tariff.id, mode);
    if (clamp) clamps.push(clamp);
  }
  const [only] = parts;
  return { totals: parts.length === 1 && only ? only : addUp(parts), lines: clamps, notes };
}

/** What min_price or max_price added or took away; undefined when nothing. */
function limitLine(totals: Amounts, unlimited: Amounts, tariffId: string, mode: TaxMode): PriceLine | undefined {
  if (totals === unlimited) return undefined;
  const change = difference(totals, unlimited);
  if (change.beforeTaxes.isZero() && change.afterTaxes.isZero()) return undefined;
  const one = decimal(1);
  return {
    dimension: 'limit',
    unit: 'once',
    quantity: one,
    measuredQuantity: one,
    price: mode === 'YES' ? change.afterTaxes : change.beforeTaxes,
    vat: undefined,
    tariffId,
    elementIndex: undefined,
    ...change,
  };
}
