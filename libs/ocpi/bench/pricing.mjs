// Prices per second of the pricing engine. After `npm run build`: node libs/ocpi/bench/pricing.mjs

import { decimal } from '@voltap/kernel';
import { priceSession, roundPriced, whatWillThisBuy } from '@voltap/ocpi/pricing';

const SECONDS_EACH = 1;
const start = Date.parse('2026-03-28T21:00:00Z');

const simple = {
  id: 'simple',
  currency: 'EUR',
  tax_included: 'YES',
  elements: [
    {
      price_components: [
        { type: 'FLAT', price: 0.5, vat: 21, step_size: 1 },
        { type: 'ENERGY', price: 0.49, vat: 21, step_size: 1 },
      ],
    },
  ],
};
const complex = {
  ...simple,
  id: 'complex',
  max_price: { before_taxes: 80, after_taxes: 96.8 },
  elements: [
    {
      price_components: [{ type: 'PARKING_TIME', price: 6, vat: 21, step_size: 60 }],
      restrictions: { start_time: '08:00', end_time: '20:00', day_of_week: ['MONDAY', 'SUNDAY'] },
    },
    {
      price_components: [{ type: 'ENERGY', price: 0.39, vat: 21, step_size: 1 }],
      restrictions: { start_time: '22:00', end_time: '06:00' },
    },
    { price_components: [{ type: 'TIME', price: 1.2, vat: 21, step_size: 60 }], restrictions: { min_duration: 7200 } },
    ...simple.elements,
  ],
};

function periods(count) {
  return Array.from({ length: count }, (_, index) => ({
    start_date_time: new Date(start + index * 900_000).toISOString(),
    dimensions:
      index % 4 === 3
        ? [{ type: 'PARKING_TIME', volume: 0.25 }]
        : [
            { type: 'ENERGY', volume: 2.75 },
            { type: 'TIME', volume: 0.25 },
          ],
  }));
}

function measure(name, run) {
  const until = performance.now() + SECONDS_EACH * 1000;
  let operations = 0;
  while (performance.now() < until) {
    run();
    operations++;
  }
  process.stdout.write(`${name.padEnd(44)} ${Math.round(operations / SECONDS_EACH)} ops/s\n`);
}

const timeZone = 'Europe/Amsterdam';
for (const tariff of [simple, complex]) {
  for (const count of [1, 10, 96]) {
    const input = {
      tariff,
      periods: periods(count),
      startedAt: new Date(start),
      now: new Date(start + count * 900_000),
      timeZone,
    };
    measure(`${tariff.id} tariff, ${count} periods`, () => roundPriced(priceSession(input)));
  }
}
const query = { tariff: complex, amount: decimal(40), powerKw: 50, startedAt: new Date(start), timeZone };
measure('what 40 euro buy, complex tariff', () => whatWillThisBuy(query));
