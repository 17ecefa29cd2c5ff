// Prices per second on one core. After `npm run build`: node libs/ocpi/bench/pricing.mjs

import { decimal } from '@voltap/kernel';
import { priceSession, roundPriced, totalsForCdr, whatWillThisBuy } from '@voltap/ocpi/pricing';

const SECONDS_EACH = 1;
const ROUNDS = 3;
const HOUR = 3_600_000;
const timeZone = 'Europe/Berlin';

const priced = (type, price, step_size = 1) => ({ type, price, vat: 19, step_size });
const element = (restrictions, ...price_components) => ({ price_components, restrictions });

/** Twelve elements: by time of day, weekday, date, energy, power and duration, each with a price that applies to somebody. */
const twelve = {
  id: 'twelve',
  currency: 'EUR',
  tax_included: 'YES',
  max_price: { before_taxes: 80, after_taxes: 95.2 },
  elements: [
    element({ start_date: '2026-12-24', end_date: '2026-12-27' }, priced('ENERGY', 0.29)),
    element({ min_power: 150 }, priced('ENERGY', 0.79)),
    element({ start_time: '17:00', end_time: '20:00', day_of_week: ['MONDAY', 'TUESDAY'] }, priced('ENERGY', 0.69)),
    element({ start_time: '17:00', end_time: '20:00' }, priced('ENERGY', 0.65)),
    element({ start_time: '22:00', end_time: '06:00' }, priced('ENERGY', 0.39), priced('PARKING_TIME', 0)),
    element({ min_kwh: 40 }, priced('ENERGY', 0.55)),
    element({ day_of_week: ['SATURDAY', 'SUNDAY'] }, priced('ENERGY', 0.49)),
    element({ max_duration: 7200 }, priced('TIME', 0)),
    element({ start_time: '08:00', end_time: '20:00' }, priced('TIME', 2.4, 60), priced('PARKING_TIME', 6, 60)),
    element({ min_duration: 10_800 }, priced('PARKING_TIME', 9, 60)),
    element({ reservation: 'RESERVATION' }, priced('TIME', 4, 60)),
    element(
      undefined,
      priced('FLAT', 0.5),
      priced('ENERGY', 0.59),
      priced('TIME', 1.2, 60),
      priced('PARKING_TIME', 3, 60),
    ),
  ],
};
const simple = {
  id: 'simple',
  currency: 'EUR',
  tax_included: 'YES',
  elements: [element(undefined, priced('FLAT', 0.5), priced('ENERGY', 0.49))],
};

/** Three hours in the late afternoon, a period for each minute: charging with a falling power, then parked. */
function session(tariff, start) {
  const periods = Array.from({ length: 180 }, (_, index) => ({
    start_date_time: new Date(start + index * 60_000).toISOString(),
    dimensions:
      index < 150
        ? [
            { type: 'ENERGY', volume: Number((0.9 - index * 0.004).toFixed(4)) },
            { type: 'TIME', volume: 0.0167 },
            { type: 'MAX_POWER', volume: Number((54 - index * 0.24).toFixed(2)) },
          ]
        : [{ type: 'PARKING_TIME', volume: 0.0167 }],
  }));
  return { tariff, periods, startedAt: new Date(start), endedAt: new Date(start + 3 * HOUR), timeZone };
}

/** By the processor time of this thread, so that what else the machine does is left out. */
function measure(name, run) {
  for (let warm = 0; warm < 500; warm++) run(warm);
  const rates = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.threadCpuUsage();
    let operations = 0;
    let spent = 0;
    while (spent < SECONDS_EACH * 1e6) {
      for (let each = 0; each < 50; each++) run(operations + each);
      operations += 50;
      const { user, system } = process.threadCpuUsage(before);
      spent = user + system;
    }
    rates.push((operations / spent) * 1e6);
  }
  rates.sort((left, right) => left - right);
  const median = rates[Math.floor(ROUNDS / 2)];
  process.stdout.write(`${name.padEnd(64)} ${Math.round(median).toLocaleString('en')} /s\n`);
}

const start = Date.parse('2026-03-02T14:30:00Z');
/** Each session on a day of its own, so that no clock is remembered from the one before. */
const days = Array.from({ length: 200 }, (_, day) => session(twelve, start + day * 24 * HOUR));

measure('3 hours, 180 periods, 12 elements: exact', () => priceSession(days[0]));
measure('3 hours, 180 periods, 12 elements: rounded, for a CDR', () => totalsForCdr(priceSession(days[0])));
measure('the same, 200 different days', (index) => totalsForCdr(priceSession(days[index % days.length])));
const plain = session(simple, start);
measure('3 hours, 180 periods, 1 element: rounded', () => roundPriced(priceSession(plain)));
const query = { tariff: twelve, amount: decimal(40), powerKw: 50, startedAt: new Date(start), timeZone };
measure('what 40 euro buy, 12 elements', () => whatWillThisBuy(query));
