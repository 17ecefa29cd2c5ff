import { type Decimal, decimal, ZERO } from '@voltap/kernel';
import { addUp, difference, exact, sum, type TaxMode, taxed } from './amounts.js';
import { instantMs, type PriceSessionInput, type PricingTariff } from './input.js';
import { applyLimits } from './limits.js';
import { zone as zoneOf } from './local-time.js';
import { type Consumption, Meter } from './meter.js';
import { Notes } from './notes.js';
import type { Amounts, CostDimension, DimensionCost, LineUnit, PricedSession, PriceLine } from './priced.js';
import { planTariff, type TariffPlan } from './tariff-plan.js';
import { HOUR_MS, readPeriods, type Usage } from './usage.js';
import { SessionWalk, walkReservation } from './walk.js';

const DEFAULT_TAX_NAME = 'VAT';

function hours(milliseconds: number): Decimal {
  return exact(decimal(milliseconds).div(HOUR_MS));
}

function taxModeOf(tariff: PricingTariff, notes: Notes): TaxMode {
  const { tax_included } = tariff;
  if (tax_included === 'YES' || tax_included === 'NO' || tax_included === 'N/A') return tax_included;
  if (tax_included !== undefined) throw new RangeError(`not a value of tax_included: ${tax_included}`);
  notes.add('tax_included_missing');
  return 'NO';
}

function lineOf(consumption: Consumption, tariffId: string, mode: TaxMode, taxName: string, notes: Notes): PriceLine {
  const { component, dimension, count, kwh, milliseconds, billedKwh, billedMilliseconds } = consumption;
  const { price, vat, elementIndex } = component;
  let unit: LineUnit;
  let quantity: Decimal;
  let measuredQuantity: Decimal;
  let stated: Decimal;
  if (component.type === 'ENERGY') {
    unit = 'kWh';
    quantity = billedKwh;
    measuredQuantity = kwh;
    stated = exact(price.times(billedKwh));
  } else if (component.type === 'FLAT') {
    unit = 'once';
    quantity = decimal(count);
    measuredQuantity = quantity;
    stated = price;
  } else {
    unit = 'h';
    quantity = hours(billedMilliseconds);
    measuredQuantity = hours(milliseconds);
    // Not price x quantity: the hours of one third of an hour are already cut off.
    stated = exact(price.times(billedMilliseconds).div(HOUR_MS));
  }
  if (mode !== 'N/A' && vat === undefined && !stated.isZero()) notes.add('no_vat_known', undefined, dimension);
  return {
    dimension,
    unit,
    quantity,
    measuredQuantity,
    price,
    vat: mode === 'N/A' ? undefined : vat,
    tariffId,
    elementIndex,
    ...taxed(stated, vat, mode, taxName),
  };
}

const LINE_ORDER: readonly CostDimension[] = ['reservation', 'fixed', 'energy', 'time', 'parking'];

/** Cost per dimension as the sum of its lines. */
export function dimensionsOf(
  lines: readonly PriceLine[],
  measured: Readonly<Record<CostDimension, { readonly priced: boolean; readonly quantity: Decimal }>>,
): Record<CostDimension, DimensionCost> {
  const one = (dimension: CostDimension): DimensionCost => {
    const own = lines.filter((line) => line.dimension === dimension);
    const counted = dimension === 'reservation' ? own.filter((line) => line.unit === 'h') : own;
    const { priced, quantity } = measured[dimension];
    return { priced, quantity, billedQuantity: sum(counted.map((line) => line.quantity)), ...addUp(own) };
  };
  return {
    energy: one('energy'),
    time: one('time'),
    parking: one('parking'),
    fixed: one('fixed'),
    reservation: one('reservation'),
  };
}

/** The reservation that was given, or the RESERVATION_TIME of the periods. */
function reservationsOf(
  input: PriceSessionInput,
  usages: readonly Usage[],
): { from: number; milliseconds: number; expired: boolean } | undefined {
  const { reservation } = input;
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

function meterSession(
  input: PriceSessionInput,
  plan: TariffPlan,
  usages: readonly Usage[],
  meter: Meter,
  notes: Notes,
): void {
  if (input.startedAt === undefined) return;
  const walk = new SessionWalk(plan, zoneOf(input.timeZone), instantMs(input.startedAt), meter, notes);
  const charging = usages.filter(
    (usage) => usage.reserved === 0 || usage.charging + usage.parking > 0 || !usage.kwh.isZero(),
  );
  if (charging.length === 0) walk.begin();
  charging.forEach((usage, index) => {
    walk.period(usage, index === 0, index === charging.length - 1);
    if (usage.tariffId !== undefined && usage.tariffId !== input.tariff.id) {
      notes.add('other_tariff_named', usage.periodStart);
    }
  });
}

/**
 * What a session costs: the one formula for the running cost, the CDR, its check and the receipt (PRC).
 * Exact; money is rounded by `roundPriced` alone.
 * @throws RangeError for an unknown time zone, or dates, times and numbers that are none.
 */
export function priceSession(input: PriceSessionInput): PricedSession {
  const { tariff, taxName = DEFAULT_TAX_NAME } = input;
  const notes = new Notes();
  const mode = taxModeOf(tariff, notes);
  const plan = planTariff(tariff);
  const until = instantMs(input.endedAt ?? input.now);
  const usages = readPeriods(input.periods, until, plan.usesPower);
  const sessionMeter = new Meter('session');
  const reservationMeter = new Meter('reservation');

  meterSession(input, plan, usages, sessionMeter, notes);
  const reservation = reservationsOf(input, usages);
  if (reservation) walkReservation(plan, zoneOf(input.timeZone), reservation, reservationMeter);

  const energy = sum(usages.map((usage) => usage.kwh));
  if (energy.isNegative() && !energy.isZero()) notes.add('energy_negative', undefined, 'energy');
  const lines = [...reservationMeter.billed(), ...sessionMeter.billed()]
    .map((consumption) => lineOf(consumption, tariff.id, mode, taxName, notes))
    .sort(
      (left, right) =>
        LINE_ORDER.indexOf(left.dimension as CostDimension) - LINE_ORDER.indexOf(right.dimension as CostDimension),
    );
  const dimensions = dimensionsOf(lines, {
    energy: { priced: plan.has.ENERGY, quantity: energy },
    time: { priced: plan.has.TIME, quantity: hours(usages.reduce((total, { charging }) => total + charging, 0)) },
    parking: {
      priced: plan.has.PARKING_TIME,
      quantity: hours(usages.reduce((total, { parking }) => total + parking, 0)),
    },
    fixed: { priced: plan.has.FLAT, quantity: decimal(lines.filter(({ dimension }) => dimension === 'fixed').length) },
    reservation: { priced: plan.has.RESERVATION, quantity: hours(reservation?.milliseconds ?? 0) },
  });
  const unlimited = addUp(lines);
  const limited = applyLimits(unlimited, tariff, mode, taxName);
  const clamp = limitLine(limited.totals, unlimited, tariff.id, mode);
  return {
    currency: tariff.currency,
    tariffId: tariff.id,
    rounding: 'exact',
    totals: limited.totals,
    dimensions,
    lines: clamp ? [...lines, clamp] : lines,
    notes: [...notes.list(), ...limited.notes],
    duration: input.startedAt === undefined ? ZERO : hours(Math.max(0, until - instantMs(input.startedAt))),
  };
}

/** What min_price or max_price added or took away; undefined when nothing. */
function limitLine(totals: Amounts, unlimited: Amounts, tariffId: string, mode: TaxMode): PriceLine | undefined {
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
