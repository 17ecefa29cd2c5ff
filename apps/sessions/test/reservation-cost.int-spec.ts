import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aTariff } from '@voltap/ocpi/testkit';
import { type SessionsBench, sessionsBench, startEvent } from './sessions-bench.js';

const priced = (type: 'ENERGY' | 'FLAT' | 'TIME', price: number) => ({ type, price, vat: 0, step_size: 1 });

/** 3 an hour reserved, 4 more when it runs out; 1 for a charge and 0.50 per kWh, at least 10. */
const tariff = aTariff({
  tax_included: 'YES',
  min_price: { before_taxes: 10, after_taxes: 10 },
  elements: [
    { price_components: [priced('TIME', 3)], restrictions: { reservation: 'RESERVATION' } },
    { price_components: [priced('FLAT', 4)], restrictions: { reservation: 'RESERVATION_EXPIRES' } },
    { price_components: [priced('FLAT', 1), priced('ENERGY', 0.5)] },
  ],
});

describe('a reservation', () => {
  let bench: SessionsBench;

  beforeAll(async () => {
    bench = await sessionsBench();
  });

  afterAll(() => bench?.platform.close());

  /** Made at 10:00, running out at 11:00. */
  async function reserve(id: string): Promise<void> {
    await bench.platform.publish(
      startEvent({
        commandId: id,
        idTag: id,
        type: 'RESERVE_NOW',
        tariff: { revision: 1, tariff },
        acceptedAt: '2026-03-02T10:00:00.000Z',
        expiry: '2026-03-02T11:00:00.000Z',
      }),
    );
    await bench.settled();
  }
  const costOf = async (id: string, reportedAt: string, session: object) =>
    (await bench.reported(id, { commandId: id, reportedAt, session })).total_cost?.before_taxes;
  const reserved = { status: 'RESERVATION', kwh: 0, start_date_time: '2026-03-02T10:00:10Z' };

  it('costs its time so far, and nothing of a charge', async () => {
    await reserve('RUNNING');
    expect(await costOf('RUNNING', '2026-03-02T10:20:00Z', reserved)).toBe(1);
    expect(await costOf('RUNNING', '2026-03-02T10:40:00Z', { ...reserved, meter_id: 'M1' })).toBe(2);
  });

  it('that is used costs its time until the charge began, and then the charge (PRC-28, PRC-29)', async () => {
    await reserve('USED');
    await costOf('USED', '2026-03-02T10:20:00Z', reserved);
    const active = { status: 'ACTIVE', start_date_time: '2026-03-02T10:30:00Z' };
    expect(await costOf('USED', '2026-03-02T10:50:00Z', { ...active, kwh: 30 })).toBe(17.5);
    const ended = { ...active, status: 'COMPLETED', kwh: 40, end_date_time: '2026-03-02T11:30:00Z' };
    expect(await costOf('USED', '2026-03-02T11:30:00Z', ended)).toBe(22.5);
    await bench.settled();
    expect(bench.endsOf('USED')).toMatchObject([
      {
        payload: {
          reservation: {
            from: '2026-03-02T10:00:00.000Z',
            until: '2026-03-02T10:30:00Z',
            expired: false,
            used: true,
          },
        },
      },
    ]);
  });

  it('that runs out costs that too, and one that is given up does not; neither costs what a charge costs at least', async () => {
    const end = async (id: string, end_date_time: string) => {
      await reserve(id);
      await costOf(id, '2026-03-02T10:20:00Z', reserved);
      return costOf(id, end_date_time, { ...reserved, status: 'COMPLETED', end_date_time });
    };
    expect(await end('EXPIRED', '2026-03-02T11:00:00Z')).toBe(7);
    expect(await end('GIVEN-UP', '2026-03-02T10:40:00Z')).toBe(2);
  });
});
