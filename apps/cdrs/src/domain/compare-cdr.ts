import { type Decimal, decimal, minorUnits, currency as parseCurrency, sameJson } from '@voltap/kernel';
import type { Cdr, ChargingPeriod, Price, Tariff } from '@voltap/ocpi/model';
import {
  type CdrDifference,
  cdrDifferences,
  type PriceSessionInput,
  priceSession,
  readPriceRequest,
  roundPriced,
} from '@voltap/ocpi/pricing';

/** What a back-end says that a charge cost: a CDR of its own, or as much of one as it has. */
export type StatedCdr = Partial<Cdr> & Pick<Cdr, 'total_cost'>;

export type DifferenceCause =
  | 'currency_differs'
  | 'not_priced_here'
  | 'credited_here'
  | 'tariff_differs'
  | 'energy_differs'
  | 'duration_differs'
  | 'taxes_missing'
  | 'taxes_differ'
  | 'rounded_by_line'
  | 'limit_not_applied'
  | 'step_size_not_applied'
  | 'periods_differ'
  | 'not_by_its_own_tariff'
  | 'parts_differ'
  | 'amount_differs';

export interface CdrComparison {
  readonly state: 'AGREES' | 'DIFFERENT';
  /** The first explanation that fits; null when they agree. */
  readonly cause: DifferenceCause | null;
  readonly message: string | null;
  /** Fields that say something else than our CDR; `calculated` is what ours says. */
  readonly differences: readonly CdrDifference[];
  /** What the back-end's CDR costs with taxes by its own tariff, periods and times, ours where it has none; null: not known. */
  readonly repriced: string | null;
}

const ENERGY_TOLERANCE_KWH = decimal('0.001');
const HOURS_TOLERANCE = decimal('0.001');
const SECOND_MS = 1000;

/**
 * Compares a back-end's CDR with the one in the books, and looks for the cause where they differ: first in what both say of
 * the charge, then by pricing our CDR as the back-end may have.
 * @param ours null: the charge was credited and is free.
 * @param timeZone of the place; null: not known, then nothing is priced again.
 * @throws VoltapError invalid_parameter when it contradicts itself, naming the field
 */
export function compareCdr(stated: StatedCdr, ours: Cdr | null, timeZone: string | null): CdrComparison {
  if (ours === null) return comparedWithNothing(stated);
  const said = given(stated);
  const differences = cdrDifferences({ ...ours, ...said, ...absent(said) }, totalsOf(ours));
  const engine = new Repricing(said, ours, timeZone);
  const repriced = engine.asStated()?.toString() ?? null;
  if (differences.length === 0 && sameText(said.currency ?? ours.currency, ours.currency)) {
    return { state: 'AGREES', cause: null, message: null, differences, repriced };
  }
  const { cause, message } = factualCause(said, ours, engine) ?? arithmeticCause(said, ours, engine);
  return { state: 'DIFFERENT', cause, message, differences, repriced };
}

function comparedWithNothing({ total_cost }: StatedCdr): CdrComparison {
  const { gross } = amountsOf(total_cost);
  if (gross.isZero()) return { state: 'AGREES', cause: null, message: null, differences: [], repriced: null };
  const message = 'The charge was credited here and is free.';
  const differences = [
    { pointer: '/cdr/total_cost', stated: gross.toString(), calculated: '0', difference: gross.toString() },
  ];
  return { state: 'DIFFERENT', cause: 'credited_here', message, differences, repriced: null };
}

interface Cause {
  readonly cause: DifferenceCause;
  readonly message: string;
}

/** What both say of the charge. */
function factualCause(stated: StatedCdr, ours: Cdr, engine: Repricing): Cause | null {
  const because = (cause: DifferenceCause, message: string): Cause => ({
    cause,
    message: `${message}${engine.check()}`,
  });
  if (stated.currency !== undefined && !sameText(stated.currency, ours.currency))
    return because('currency_differs', `It is in ${stated.currency}, ours in ${ours.currency}.`);
  const [frozen] = ours.tariffs ?? [];
  if (frozen === undefined)
    return because('not_priced_here', 'No tariff applied to the charge here, so it cost nothing.');
  const [tariff] = stated.tariffs ?? [];
  if (tariff !== undefined && !sameJson(pricesOf(tariff), pricesOf(frozen)))
    return because(
      'tariff_differs',
      `It prices by other terms of ${tariff.id} than ${frozen.id} as the driver was shown it.`,
    );
  const energy = stated.total_energy;
  if (energy !== undefined && isOff(energy, ours.total_energy, ENERGY_TOLERANCE_KWH))
    return because('energy_differs', `It bills ${energy} kWh, ours ${ours.total_energy} kWh.`);
  for (const field of ['start_date_time', 'end_date_time'] as const) {
    const said = stated[field];
    if (said !== undefined && Math.abs(Date.parse(said) - Date.parse(ours[field])) > SECOND_MS)
      return because('duration_differs', `Its ${field} is ${said}, ours ${ours[field]}.`);
  }
  for (const field of ['total_time', 'total_parking_time'] as const) {
    const said = stated[field];
    if (said !== undefined && isOff(said, ours[field] ?? 0, HOURS_TOLERANCE))
      return because('duration_differs', `Its ${field} is ${said} h, ours ${ours[field] ?? 0} h.`);
  }
  return null;
}

/** How the back-end may have come to its total. */
function arithmeticCause(stated: StatedCdr, ours: Cdr, engine: Repricing): Cause {
  const [said, billed] = [amountsOf(stated.total_cost), amountsOf(ours.total_cost)];
  const off = said.gross.minus(billed.gross);
  const coin = coinOf(ours.currency);
  const same = (one: Decimal, other: Decimal): boolean => one.minus(other).abs().lessThanOrEqualTo(coin.div(2));
  if (same(said.net, billed.net) && same(said.gross, billed.gross))
    return { cause: 'parts_differ', message: 'The totals agree, the costs of single items do not.' };
  if (same(said.gross, billed.net) && !same(billed.gross, billed.net))
    return {
      cause: 'taxes_missing',
      message: `It is the amount before taxes: ${billed.gross.minus(billed.net)} of taxes are missing.`,
    };
  if (same(said.net, billed.net))
    return {
      cause: 'taxes_differ',
      message: `It adds ${said.gross.minus(said.net)} of taxes, ours ${billed.gross.minus(billed.net)}.`,
    };
  const lines = engine.lines();
  if (lines !== null && off.abs().lessThanOrEqualTo(coin.times(lines).div(2)))
    return {
      cause: 'rounded_by_line',
      message: `${off} more than ours, as it comes of rounding each of ${lines} lines by itself.`,
    };
  const fits = (cost: Decimal | null): boolean => cost !== null && same(cost, said.gross);
  if (fits(engine.without('limits')))
    return { cause: 'limit_not_applied', message: 'It leaves out the minimum or maximum price of the tariff.' };
  if (fits(engine.without('steps')))
    return { cause: 'step_size_not_applied', message: 'It leaves out the step_size of the tariff.' };
  const repriced = engine.asStated();
  if (stated.charging_periods !== undefined && fits(repriced))
    return {
      cause: 'periods_differ',
      message: 'Its charging periods are others: priced by them, the charge costs what it says.',
    };
  if (repriced !== null && !fits(repriced))
    return {
      cause: 'not_by_its_own_tariff',
      message: `By its own tariff and periods the charge costs ${repriced}, not ${said.gross}.`,
    };
  return { cause: 'amount_differs', message: `${off} more than ours, and nothing that is known explains it.` };
}

/** Our engine, asked what the charge costs otherwise. Null where the data do not allow it. */
class Repricing {
  private readonly own: PriceSessionInput | null;
  private readonly stated: PriceSessionInput | null;
  private readonly total: Decimal;

  constructor(stated: StatedCdr, ours: Cdr, timeZone: string | null) {
    this.own = inputOf(ours, timeZone);
    // Without a tariff or periods of its own, it says no more than its totals.
    const explains = stated.tariffs !== undefined || stated.charging_periods !== undefined;
    this.stated = explains ? inputOf({ ...ours, ...stated }, timeZone) : null;
    this.total = amountsOf(stated.total_cost).gross;
  }

  asStated(): Decimal | null {
    return costOf(this.stated);
  }

  /** Lines of our bill. */
  lines(): number | null {
    return this.own === null ? null : roundPriced(priceSession(this.own)).lines.length;
  }

  without(what: 'limits' | 'steps'): Decimal | null {
    if (this.own === null) return null;
    const { tariff } = this.own;
    const otherwise =
      what === 'limits'
        ? { ...tariff, min_price: undefined, max_price: undefined }
        : { ...tariff, elements: tariff.elements.map((element) => ({ ...element, ...finest(element) })) };
    return costOf({ ...this.own, tariff: otherwise });
  }

  /** Whether it is at least right by itself, as a further sentence. */
  check(): string {
    const cost = this.asStated();
    if (cost === null) return '';
    if (cost.equals(this.total)) return ` Priced by what it says, it costs ${cost}, as it says.`;
    return ` Priced by what it says, it costs ${cost}, and it says ${this.total}.`;
  }
}

function finest({ price_components }: PriceSessionInput['tariff']['elements'][number]) {
  return { price_components: price_components.map((component) => ({ ...component, step_size: 1 })) };
}

/** Reserved time is priced by more than a CDR says. */
function inputOf(cdr: Cdr, timeZone: string | null): PriceSessionInput | null {
  if (timeZone === null || (cdr.tariffs ?? []).length === 0 || cdr.charging_periods.some(reserves)) return null;
  const { currency, start_date_time, end_date_time, tariffs, charging_periods } = cdr;
  const request = { currency, start_date_time, end_date_time, tariffs, charging_periods };
  return readPriceRequest({ cdr: request, timeZone }).input;
}

function reserves({ dimensions }: ChargingPeriod): boolean {
  return dimensions.some(({ type }) => type === 'RESERVATION_TIME');
}

function costOf(input: PriceSessionInput | null): Decimal | null {
  return input === null ? null : roundPriced(priceSession(input)).totals.afterTaxes;
}

/** What of a tariff decides on prices. */
function pricesOf({ currency, min_price, max_price, elements, tax_included }: Tariff): object {
  return { currency, min_price, max_price, elements, tax_included };
}

function amountsOf({ before_taxes, taxes = [] }: Price): { readonly net: Decimal; readonly gross: Decimal } {
  const net = decimal(before_taxes);
  return { net, gross: taxes.reduce((sum, { amount }) => sum.plus(decimal(amount)), net) };
}

function coinOf(code: string): Decimal {
  return decimal(10).pow(-minorUnits(parseCurrency(code)));
}

function isOff(one: number, other: number, tolerance: Decimal): boolean {
  return decimal(one).minus(decimal(other)).abs().greaterThan(tolerance);
}

function totalsOf(cdr: Cdr): Parameters<typeof cdrDifferences>[1] {
  const price = (cost: Price) => ({ before_taxes: cost.before_taxes, taxes: taxesOf(cost) });
  const parts = [
    'total_fixed_cost',
    'total_energy_cost',
    'total_time_cost',
    'total_parking_cost',
    'total_reservation_cost',
  ] as const;
  return {
    currency: cdr.currency,
    total_cost: price(cdr.total_cost),
    total_energy: cdr.total_energy,
    total_time: cdr.total_time,
    ...(cdr.total_parking_time === undefined ? {} : { total_parking_time: cdr.total_parking_time }),
    ...Object.fromEntries(parts.flatMap((part) => (cdr[part] === undefined ? [] : [[part, price(cdr[part])]]))),
  };
}

function taxesOf({ taxes = [] }: Price) {
  return taxes.map(({ name, percentage, amount }) => ({
    name,
    ...(percentage === undefined ? {} : { percentage }),
    amount,
  }));
}

/** What it says; an empty list says nothing. */
function given(stated: StatedCdr): StatedCdr {
  const says = (value: unknown): boolean => value !== undefined && !(Array.isArray(value) && value.length === 0);
  return Object.fromEntries(Object.entries(stated).filter(([, value]) => says(value))) as StatedCdr;
}

/** What it does not say is not compared. */
function absent(stated: StatedCdr): Partial<Record<(typeof COMPARED)[number], undefined>> {
  return Object.fromEntries(COMPARED.filter((field) => stated[field] === undefined).map((field) => [field, undefined]));
}

function sameText(one: string, other: string): boolean {
  return one.toUpperCase() === other.toUpperCase();
}

const COMPARED = [
  'total_fixed_cost',
  'total_energy',
  'total_energy_cost',
  'total_time',
  'total_time_cost',
  'total_parking_time',
  'total_parking_cost',
  'total_reservation_cost',
] as const;
