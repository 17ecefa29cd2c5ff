import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { decimal } from '@voltap/kernel';
import type {
  PricedSession,
  PriceLine,
  PricingPeriod,
  PricingReservation,
  PricingTariff,
} from '../src/pricing/index.js';
import { priceSession, roundPriced } from '../src/pricing/index.js';

const EXAMPLES = join(import.meta.dirname, '../../../../shared/ocpi/examples');

interface Vector {
  readonly id: string;
  readonly tariff: string;
  readonly usage: string;
  readonly billed: readonly {
    readonly dimension: string;
    readonly quantity: number;
    readonly price: number;
    readonly vat: number | null;
  }[];
  readonly computed_before_limits: { readonly before_taxes: string; readonly after_taxes: string };
  readonly spec_states: { readonly before_taxes: number | null; readonly after_taxes: number | null };
  readonly spec_consistent: boolean;
}

function read<T>(name: string): T {
  return JSON.parse(readFileSync(join(EXAMPLES, name), 'utf8')) as T;
}

/** One stretch of a session: minutes charging or parked, with what was measured meanwhile. */
interface Stretch {
  readonly minutes: number;
  readonly parked?: boolean;
  readonly kwh?: number;
  readonly amperes?: number;
  readonly kilowatts?: number;
}

interface Scenario {
  /** Local time in Amsterdam, winter: UTC+1. */
  readonly at: string;
  readonly stretches: readonly Stretch[];
  readonly reservation?: { readonly minutes: number; readonly expired: boolean };
}

const MONDAY = '2019-01-14';
const SATURDAY = '2019-01-12';

const twentyKwh: readonly Stretch[] = [{ minutes: 60, kwh: 20 }];

/** The sessions that the `usage` texts describe. */
const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'PV-01': { at: `${MONDAY}T10:00`, stretches: twentyKwh },
  'PV-02': { at: `${MONDAY}T10:00`, stretches: twentyKwh },
  'PV-03': { at: `${MONDAY}T10:00`, stretches: twentyKwh },
  'PV-04': { at: `${MONDAY}T10:00`, stretches: [{ minutes: 10, kwh: 1 }] },
  'PV-05': { at: `${MONDAY}T10:00`, stretches: [...twentyKwh, { minutes: 40, parked: true }] },
  'PV-06': { at: `${MONDAY}T10:00`, stretches: [{ minutes: 90, kwh: 50 }] },
  'PV-07': { at: `${MONDAY}T10:00`, stretches: [{ minutes: 90, kwh: 30 }] },
  'PV-08': { at: `${MONDAY}T10:00`, stretches: [{ minutes: 150, kwh: 12 }] },
  'PV-09': { at: `${MONDAY}T10:00`, stretches: [{ minutes: 150, kwh: 12 }] },
  'PV-10': { at: `${MONDAY}T10:00`, stretches: [{ minutes: 150, kwh: 12 }] },
  'PV-11': {
    at: `${MONDAY}T10:00`,
    stretches: [
      { minutes: 150, kwh: 12 },
      { minutes: 42, parked: true },
    ],
  },
  'PV-12': { at: `${MONDAY}T10:00`, stretches: [{ minutes: 150, kwh: 12 }] },
  'PV-13': { at: `${MONDAY}T10:00`, stretches: [{ minutes: 60, kwh: 20.45 }] },
  'PV-14': {
    at: `${MONDAY}T09:30`,
    stretches: [
      { minutes: 165, kwh: 10, amperes: 16 },
      { minutes: 42, parked: true },
    ],
  },
  'PV-15': {
    at: `${SATURDAY}T13:30`,
    stretches: [
      { minutes: 114, kwh: 54, amperes: 43 },
      { minutes: 71, parked: true },
    ],
  },
  'PV-16': { at: `${MONDAY}T10:00`, stretches: twentyKwh, reservation: { minutes: 15, expired: false } },
  'PV-17': { at: `${MONDAY}T10:00`, stretches: twentyKwh, reservation: { minutes: 13, expired: false } },
  'PV-18': { at: `${MONDAY}T10:00`, stretches: twentyKwh, reservation: { minutes: 22, expired: false } },
  'PV-19': { at: `${MONDAY}T10:00`, stretches: [], reservation: { minutes: 60, expired: true } },
  'PV-20': { at: `${MONDAY}T10:00`, stretches: twentyKwh, reservation: { minutes: 22, expired: false } },
  'PV-21': { at: `${MONDAY}T10:00`, stretches: [], reservation: { minutes: 90, expired: true } },
  'PV-22': {
    at: `${MONDAY}T16:55`,
    stretches: [
      { minutes: 10, kwh: 1 },
      { minutes: 2, parked: true },
    ],
  },
  'PV-23': { at: `${MONDAY}T16:35`, stretches: [{ minutes: 35, kwh: 4 }] },
  'PV-24': {
    at: `${MONDAY}T19:40`,
    stretches: [
      { minutes: 12, kwh: 1 },
      { minutes: 20, parked: true },
    ],
  },
  'PV-25': {
    at: `${MONDAY}T10:00`,
    stretches: [
      { minutes: 10, kwh: 1, kilowatts: 6 },
      { minutes: 50, kwh: 40, kilowatts: 48 },
      { minutes: 7, kwh: 0.5, kilowatts: 4 },
    ],
  },
  'PV-26': {
    at: `${MONDAY}T10:00`,
    stretches: [
      { minutes: 30, kwh: 5 },
      { minutes: 10, kwh: 1.2 },
    ],
  },
};

const MINUTE = 60_000;

function price(tariff: PricingTariff, scenario: Scenario): PricedSession {
  const start = Date.parse(`${scenario.at}:00+01:00`);
  let instant = start;
  const periods: PricingPeriod[] = scenario.stretches.map(({ minutes, parked, kwh, amperes, kilowatts }) => {
    const hours = Number((minutes / 60).toFixed(4));
    const dimensions = [{ type: parked ? 'PARKING_TIME' : 'TIME', volume: hours }];
    if (kwh !== undefined) dimensions.push({ type: 'ENERGY', volume: kwh });
    if (amperes !== undefined) dimensions.push({ type: 'MAX_CURRENT', volume: amperes });
    if (kilowatts !== undefined) dimensions.push({ type: 'MAX_POWER', volume: kilowatts });
    const period = { start_date_time: new Date(instant).toISOString(), dimensions };
    instant += minutes * MINUTE;
    return period;
  });
  const reservation: PricingReservation | undefined = scenario.reservation && {
    from: new Date(start - scenario.reservation.minutes * MINUTE),
    until: new Date(start),
    expired: scenario.reservation.expired,
  };
  return priceSession({
    tariff,
    periods,
    ...(periods.length > 0 && { startedAt: new Date(start) }),
    endedAt: new Date(instant),
    timeZone: 'Europe/Amsterdam',
    reservation,
  });
}

const LINE_NAMES: Readonly<Record<string, PriceLine['dimension']>> = {
  ENERGY: 'energy',
  FLAT: 'fixed',
  TIME: 'time',
  PARKING_TIME: 'parking',
};

function lineNameOf(dimension: string): string {
  return dimension.startsWith('RESERVATION') ? 'reservation' : (LINE_NAMES[dimension] ?? dimension);
}

/** Dimension, price, VAT and quantity; equal prices of one dimension taken together, free ones left out. */
function summary(rows: readonly { name: string; quantity: number; price: number; vat: number | null }[]): string[] {
  const quantities = new Map<string, number>();
  for (const { name, quantity, price: unitPrice, vat } of rows) {
    const key = `${name} at ${unitPrice} with VAT ${vat}`;
    if (unitPrice !== 0) quantities.set(key, (quantities.get(key) ?? 0) + quantity);
  }
  return [...quantities].map(([key, quantity]) => `${key}: ${quantity.toFixed(4)}`).sort();
}

const { vectors } = read<{ vectors: readonly Vector[] }>('pricing_vectors.json');

describe('The worked examples of the specification', () => {
  it('are all played', () => {
    expect(vectors.map(({ id }) => id).filter((id) => !(id in SCENARIOS))).toEqual([]);
  });

  it.each(vectors.map((vector) => [vector.id, vector.usage, vector] as const))(
    '%s: %s (PRC-01, PRC-03, PRC-05, PRC-13, PRC-16, PRC-17, PRC-18, PRC-19, PRC-20, PRC-22, PRC-24, PRC-25, PRC-27, PRC-28, PRC-29, PRC-33)',
    (id, _usage, vector) => {
      const scenario = SCENARIOS[id];
      if (!scenario) throw new Error(`no scenario for ${id}`);
      const tariff = read<PricingTariff>(vector.tariff);
      const priced = price(tariff, scenario);
      const lines = priced.lines.filter(({ dimension }) => dimension !== 'limit');

      const withVat = id !== 'PV-26' && id !== 'PV-25';
      expect(
        summary(
          lines.map((line) => ({
            name: line.dimension,
            quantity: line.quantity.toNumber(),
            price: line.price.toNumber(),
            vat: withVat ? (line.vat?.toNumber() ?? null) : null,
          })),
        ),
      ).toEqual(summary(vector.billed.map((row) => ({ ...row, name: lineNameOf(row.dimension) }))));

      const before = lines.reduce((total, line) => total.plus(line.beforeTaxes), decimal(0));
      const after = lines.reduce((total, line) => total.plus(line.afterTaxes), decimal(0));
      expect(before.toFixed(4)).toBe(vector.computed_before_limits.before_taxes);
      // The two restriction examples are reckoned without the VAT that their tariffs have.
      if (withVat) expect(after.toFixed(4)).toBe(vector.computed_before_limits.after_taxes);

      // Rounded as the text rounds: each total by itself. Where the text contradicts itself, the running text is right (E-46, E-47).
      if (id === 'PV-15') return;
      const stated = vector.spec_states;
      if (stated.before_taxes !== null)
        expect(priced.totals.beforeTaxes.toFixed(2)).toBe(stated.before_taxes.toFixed(2));
      if (stated.after_taxes !== null) {
        expect(priced.totals.afterTaxes.toFixed(2)).toBe(stated.after_taxes.toFixed(2));
        expect(roundPriced(priced).totals.afterTaxes.toFixed(2)).toBe(stated.after_taxes.toFixed(2));
      }
    },
  );
});
