import type { ChargingPeriod, Session, Tariff, TariffElement } from '@voltap/ocpi/model';
import { priceSession, sessionInput, totalsForCdr } from '@voltap/ocpi/pricing';

const PERIODS = 180;
const MINUTE_MS = 60_000;
const START_MS = Date.parse('2026-03-02T16:30:00Z');
const VAT = 19;

/** Fees, night and day, weekend, bands of energy and power, and a fallback: twelve elements. */
const ELEMENTS: readonly TariffElement[] = [
  element(['FLAT', 0.35]),
  element(['ENERGY', 0.29], { start_time: '22:00', end_time: '06:00' }),
  element(['ENERGY', 0.39], { day_of_week: ['SATURDAY', 'SUNDAY'] }),
  element(['ENERGY', 0.69], { min_power: 150 }),
  element(['ENERGY', 0.59], { start_time: '17:00', end_time: '20:00', max_kwh: 20 }),
  element(['ENERGY', 0.55], { start_time: '17:00', end_time: '20:00' }),
  element(['ENERGY', 0.49], { max_kwh: 40 }),
  element(['ENERGY', 0.45]),
  element(['TIME', 1.2], { min_duration: 7200 }),
  element(['TIME', 0]),
  element(['PARKING_TIME', 6], { start_time: '08:00', end_time: '22:00' }),
  element(['PARKING_TIME', 2]),
];

const TARIFF: Tariff = {
  ...{ country_code: 'DE', party_id: 'VLT', id: 'BENCH', currency: 'EUR', type: 'AD_HOC_PAYMENT' },
  elements: [...ELEMENTS],
  tax_included: 'NO',
  max_price: { before_taxes: 90 },
  last_updated: '2026-03-01T00:00:00Z',
};

function element(
  [type, price]: [TariffElement['price_components'][number]['type'], number],
  restrictions?: TariffElement['restrictions'],
): TariffElement {
  const price_components = [{ type, price, vat: VAT, step_size: 1 }];
  return restrictions === undefined ? { price_components } : { price_components, restrictions };
}

/** Three hours with a report each minute: two and a half of charging under falling power, then parking. */
function session(): Session {
  const charging_periods: ChargingPeriod[] = [];
  let kwh = 0;
  for (let minute = 0; minute < PERIODS; minute++) {
    const charges = minute < 150;
    const power = Math.max(8, 45 - minute * 0.25);
    const energy = charges ? Math.round((power / 60) * 1e4) / 1e4 : 0;
    kwh += energy;
    charging_periods.push({
      start_date_time: new Date(START_MS + minute * MINUTE_MS).toISOString(),
      tariff_id: TARIFF.id,
      dimensions: charges
        ? [
            { type: 'ENERGY', volume: energy },
            { type: 'MAX_POWER', volume: Math.round(power * 100) / 100 },
          ]
        : [{ type: 'PARKING_TIME', volume: 1 / 60 }],
    });
  }
  const end = new Date(START_MS + PERIODS * MINUTE_MS).toISOString();
  return {
    ...{ country_code: 'DE', party_id: 'VLT', id: 'S', currency: 'EUR', status: 'COMPLETED', auth_method: 'COMMAND' },
    ...{ location_id: 'L', evse_uid: 'E', connector_id: '1', kwh: Math.round(kwh * 1e4) / 1e4 },
    cdr_token: { country_code: 'NL', party_id: 'PTP', uid: 'T', type: 'AD_HOC_USER', contract_id: 'C' },
    start_date_time: new Date(START_MS).toISOString(),
    end_date_time: end,
    charging_periods,
    last_updated: end,
  } as Session;
}

export interface PricedPerSecond {
  readonly median: number;
  readonly rounds: readonly number[];
  /** What one costs, so that nothing is optimised away. */
  readonly total: number;
}

/**
 * How many sessions of three hours, 180 periods and a tariff of twelve elements become the totals of a CDR in a second of
 * processor time, which is one core's when nobody else wants it; collecting garbage is counted. Every session and tariff is a document of its own, as if it came from the database.
 */
export function measurePricing(rounds = 5, roundMs = 2_000): PricedPerSecond {
  const charges = Array.from({ length: 64 }, () => ({ one: session(), tariff: structuredClone(TARIFF) }));
  const price = (index: number): number => {
    const { one, tariff } = charges[index % charges.length] as (typeof charges)[number];
    const input = sessionInput(
      { session: one, tariff, timeZone: 'Europe/Berlin', reservation: null },
      { endedAt: one.end_date_time as string },
    );
    return totalsForCdr(priceSession(input)).total_cost.before_taxes;
  };
  let total = 0;
  for (let index = 0; index < 2_000; index++) total = price(index);
  const rates: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const began = process.cpuUsage();
    const until = performance.now() + roundMs;
    let done = 0;
    while (performance.now() < until) {
      for (let index = 0; index < 100; index++) total = price(done++);
    }
    const { user, system } = process.cpuUsage(began);
    rates.push((done * 1e6) / (user + system));
  }
  const sorted = rates.toSorted((left, right) => left - right);
  return { median: sorted[Math.floor(sorted.length / 2)] ?? 0, rounds: rates, total };
}
