import { strict as assert } from 'node:assert';
import { priceSession, totalsForCdr } from '@voltap/ocpi/pricing';
import { aTariff } from '@voltap/ocpi/testkit';

const priced = priceSession({
  tariff: aTariff({ elements: [{ price_components: [{ type: 'ENERGY', price: 0.5, vat: 19, step_size: 1 }] }] }),
  periods: [{ start_date_time: '2026-03-02T10:00:00Z', dimensions: [{ type: 'ENERGY', volume: 12.5 }] }],
  startedAt: '2026-03-02T10:00:00Z',
  now: '2026-03-02T11:00:00Z',
  timeZone: 'Europe/Berlin',
});
assert.deepEqual(totalsForCdr(priced).total_cost, {
  before_taxes: 6.25,
  taxes: [{ name: 'VAT', percentage: 19, amount: 1.19 }],
});
