import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { BackEndCdrView } from '@voltap/contracts/back-office';
import type { Cdr } from '@voltap/ocpi/model';
import { anEnd, aPartner, type CdrsBench, cdrsBench, endEvent, partnerEvent } from './cdrs-bench.js';

type Answered = BackEndCdrView & { readonly errors?: readonly { readonly pointer: string }[] };

describe("a back-end's own CDR", () => {
  let bench: CdrsBench;

  beforeAll(async () => {
    bench = await cdrsBench();
    await bench.platform.publish(partnerEvent(aPartner('partner-1')));
  });

  afterAll(() => bench?.platform.close());

  const handIn = (session: string, cdr: object) =>
    bench.operator<Answered>('PUT', `/api/v1/back-end-cdrs/DE/VLT/${session}`, { cdr });
  const read = async (session: string) =>
    (await bench.operator<Answered>('GET', `/api/v1/back-end-cdrs/DE/VLT/${session}`)).body;
  const billed = async (session: string): Promise<Cdr> => {
    await bench.platform.publish(endEvent(anEnd({ id: session })));
    return (await bench.until(session)).cdr;
  };
  const price = (before_taxes: number, amount: number) => ({
    before_taxes,
    taxes: [{ name: 'VAT', percentage: 19, amount }],
  });

  it('is compared with ours, and shown with it; ours is what it was', async () => {
    const ours = await billed('AFTER');
    const agreed = await handIn('after', { total_cost: ours.total_cost, total_energy: ours.total_energy });
    expect([agreed.status, agreed.body]).toMatchObject([200, { state: 'AGREES', cause: null, cdrId: ours.id }]);
    const net = await handIn('AFTER', { total_cost: { before_taxes: 6.25, taxes: [] } });
    expect(net.body).toMatchObject({
      state: 'DIFFERENT',
      cause: 'taxes_missing',
      message: expect.stringContaining('1.19'),
    });
    expect(net.body.differences).toEqual([
      { pointer: '/cdr/total_cost/taxes', stated: '0', calculated: '1.19', difference: '-1.19' },
    ]);
    const view = await bench.read(ours.id);
    expect(view.cdr).toEqual(ours);
    expect(view.backEnd).toEqual(net.body);
    expect(bench.createdFor('AFTER')).toHaveLength(1);
  });

  it('may come before ours, which waits for nothing, and is priced again by its own tariff', async () => {
    const early = await handIn('BEFORE', { total_cost: price(5, 0.95), total_energy: 10 });
    expect(early.body).toMatchObject({ state: 'WAITING', cause: null, cdrId: null });
    const contradiction = {
      total_cost: price(5, 0.95),
      charging_periods: [{ start_date_time: '2020-01-01T00:00:00Z', dimensions: [{ type: 'ENERGY', volume: 1 }] }],
    };
    expect((await handIn('ODD', contradiction)).body.state).toBe('WAITING');
    const [ours] = [await billed('BEFORE'), await billed('ODD')];
    expect(await read('BEFORE')).toMatchObject({ state: 'DIFFERENT', cause: 'energy_differs', cdrId: ours.id });
    expect(await read('ODD')).toMatchObject({
      state: 'UNREADABLE',
      problem: expect.stringContaining('/cdr/charging_periods/0/start_date_time'),
    });
  });

  it('is compared again when ours is corrected', async () => {
    const ours = await billed('CORRECTED');
    await handIn('CORRECTED', { total_cost: price(5, 0.95), total_energy: 10 });
    const periods = [{ start_date_time: ours.start_date_time, dimensions: [{ type: 'ENERGY', volume: 10 }] }];
    const correction = { charging_periods: periods, timeZone: 'Europe/Berlin' };
    const body = { reason: 'wrong meter', by: 'Ada', correction };
    const corrected = await bench.operator<{ corrected: { cdr: Cdr } }>(
      'POST',
      `/api/v1/cdrs/DE/VLT/${ours.id}/correction`,
      body,
    );
    expect(await read('CORRECTED')).toMatchObject({ state: 'AGREES', cdrId: corrected.body.corrected.cdr.id });
    const free = await billed('FREE');
    await handIn('FREE', { total_cost: free.total_cost });
    await bench.operator('POST', `/api/v1/cdrs/DE/VLT/${free.id}/correction`, { reason: 'broken', by: 'Ada' });
    expect(await read('FREE')).toMatchObject({ state: 'DIFFERENT', cause: 'credited_here' });
  });

  it('is listed by state and cause, page by page, and counted', async () => {
    const list = async (query: string) =>
      (await bench.operator<{ items: BackEndCdrView[]; next: string | null }>('GET', `/api/v1/back-end-cdrs?${query}`))
        .body;
    const different = await list('state=DIFFERENT');
    expect(different.items.map(({ sessionId }) => sessionId)).toEqual(['FREE', 'BEFORE', 'AFTER']);
    expect((await list('cause=taxes_missing')).items.map(({ sessionId }) => sessionId)).toEqual(['AFTER']);
    const first = await list('state=DIFFERENT&limit=2');
    const second = await list(`state=DIFFERENT&limit=2&cursor=${first.next}`);
    expect([...first.items, ...second.items]).toEqual(different.items);
    expect(second.next).toBeNull();
    const metrics = await (await fetch(`${bench.url}/metrics`)).text();
    expect(metrics).toMatch(/^voltap_cdrs_back_end\{.*voltap_cdr_cause="taxes_missing".*\} 1$/m);
    expect(metrics).toMatch(/^voltap_cdrs_back_end\{.*voltap_cdr_comparison="UNREADABLE".*\} 1$/m);
  });

  it('is refused by the field that is wrong', async () => {
    await billed('WRONG');
    const pointers = async (cdr: object) => {
      const { status, body } = await handIn('WRONG', cdr);
      return [status, body.errors?.map(({ pointer }) => pointer)];
    };
    expect(await pointers({})).toEqual([422, ['/cdr/total_cost']]);
    expect(await pointers({ total_cost: { excl_vat: 5 } })).toEqual([422, ['/cdr/total_cost/before_taxes']]);
    expect(await pointers({ total_cost: price(1, 0), session_id: 'OTHER' })).toEqual([422, ['/cdr/session_id']]);
    const charging_periods = [{ start_date_time: '2020-01-01T00:00:00Z', dimensions: [{ type: 'ENERGY', volume: 1 }] }];
    expect(await pointers({ total_cost: price(1, 0), charging_periods })).toEqual([
      422,
      ['/cdr/charging_periods/0/start_date_time'],
    ]);
    const missing = await bench.operator<{ detail: string }>('GET', '/api/v1/back-end-cdrs/DE/VLT/WRONG');
    expect([missing.status, missing.body.detail]).toEqual([404, expect.stringContaining('session WRONG')]);
  });
});
