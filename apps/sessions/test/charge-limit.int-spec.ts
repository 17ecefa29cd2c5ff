import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Tariff } from '@voltap/ocpi/model';
import { aTariff } from '@voltap/ocpi/testkit';
import { anRfid, type SessionsBench, sessionsBench, startEvent } from './sessions-bench.js';

const VAT_19 = { vat: 19, step_size: 1 } as const;

/** 0.50 per kWh with taxes; 50 are reserved. */
function reserving(changes: Partial<Tariff> = {}): Tariff {
  return aTariff({
    tax_included: 'YES',
    elements: [{ price_components: [{ type: 'ENERGY', price: 0.5, ...VAT_19 }] }],
    min_price: undefined,
    max_price: undefined,
    preauthorize_amount: 50,
    ...changes,
  });
}

describe('the limit of a charge', () => {
  let bench: SessionsBench;

  beforeAll(async () => {
    bench = await sessionsBench();
  });

  afterAll(() => bench?.platform.close());

  /** Reports growing energies; which of them told that the limit is reached. */
  async function limitOf(id: string, tariff: Tariff | null, energies: readonly number[]): Promise<boolean[]> {
    await bench.platform.publish(
      startEvent({ commandId: id, idTag: id, ...(tariff && { tariff: { revision: 1, tariff } }) }),
    );
    const session = tariff === null ? { cdr_token: anRfid() } : {};
    for (const kwh of energies) {
      await bench.report(id, tariff === null ? { session: { kwh, ...session } } : { commandId: id, session: { kwh } });
      await bench.settled();
    }
    return bench.changesOf(id).map(({ payload }) => payload.limitReached === true);
  }

  it('is reached when the cost with taxes comes within the margin of the amount that is reserved', async () => {
    // 94.9 kWh cost 47.45, 95 cost 47.50: 5 % less than 50.
    expect(await limitOf('MARGIN', reserving(), [10, 94.9, 95, 99])).toEqual([false, false, true, true]);
  });

  it('counts the taxes that come on top', async () => {
    const net = reserving({ tax_included: 'NO' });
    // 79.8 kWh: 39.90 + 7.58; 80 kWh: 40 + 7.60.
    expect(await limitOf('NET', net, [79.8, 80])).toEqual([false, true]);
  });

  it('does not stop a charge that costs no more than what is reserved, however long it goes on', async () => {
    const capped = reserving({ max_price: { before_taxes: 42.02, after_taxes: 50 } });
    expect(await limitOf('CAPPED', capped, [95, 200])).toEqual([false, false]);
  });

  it('is for charges that a terminal started, and for tariffs that name an amount', async () => {
    expect(await limitOf('UNNAMED', reserving({ preauthorize_amount: undefined }), [200])).toEqual([false]);
    expect(await limitOf('OWN', null, [200])).toEqual([false]);
  });
});
