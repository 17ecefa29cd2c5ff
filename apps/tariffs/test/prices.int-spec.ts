import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AdHocCheck } from '@voltap/contracts/back-office';
import type { PriceAnswer, PurchaseAnswer } from '@voltap/ocpi/pricing';
import { aCdr, aTariff } from '@voltap/ocpi/testkit';
import { anOperator, type Call, callsTo, type TestPlatform, testPlatform } from '@voltap/platform/testing';
import { tariffs } from '../src/service.js';

interface Problem {
  readonly code: string;
  readonly errors: readonly { readonly pointer: string; readonly message: string }[];
}

describe('questions about prices', () => {
  let platform: TestPlatform;
  let operator: Call;

  beforeAll(async () => {
    platform = await testPlatform({ services: ['tariffs'] });
    operator = callsTo(await platform.start(tariffs), platform.callerHeaders(anOperator()));
  });

  afterAll(() => platform?.close());

  it('are answered with totals, lines and what a CDR says otherwise', async () => {
    const cdr = aCdr({ total_cost: { before_taxes: 7, taxes: [] } });
    const { status, body } = await operator<PriceAnswer>('POST', '/api/v1/prices', { cdr });
    expect(status).toBe(200);
    expect(body.totals).toMatchObject({ beforeTaxes: '6.25', afterTaxes: '7.44' });
    expect(body.lines.map(({ text }) => text)).toEqual([
      'Energy: 12.5 kWh at 0.5 EUR = 6.25 EUR + VAT 19 % 1.19 = 7.44 EUR',
    ]);
    expect(body.differences?.map(({ pointer }) => pointer)).toEqual([
      '/cdr/total_cost/before_taxes',
      '/cdr/total_cost/taxes',
    ]);
  });

  it('are refused naming the field, whether its form or its sense is wrong', async () => {
    const cdr = aCdr();
    const form = await operator<Problem>('POST', '/api/v1/prices', { cdr: { ...cdr, charging_periods: [] } });
    expect([form.status, form.body.errors[0]?.pointer]).toEqual([422, '/cdr/charging_periods']);
    const sense = await operator<Problem>('POST', '/api/v1/prices', { cdr: { ...cdr, currency: 'SEK' } });
    expect([sense.status, sense.body.errors]).toEqual([
      422,
      [{ pointer: '/cdr/currency', message: 'is SEK, but tariff T1 is in EUR' }],
    ]);
  });

  it('say what the amount to reserve buys', async () => {
    const { body } = await operator<PurchaseAnswer>('POST', '/api/v1/prices/purchase', {
      tariff: aTariff({ preauthorize_amount: 11.9 }),
      powerKw: 20,
      startedAt: '2026-03-02T10:00:00Z',
    });
    expect(body).toMatchObject({ limitedBy: 'amount', amount: '11.90', kwh: '20.008', afterTaxes: '11.90' });
  });

  it('say of a tariff that is offered whether it suits terminals, and why not', async () => {
    const path = '/api/v1/tariffs/DE/VLT/checked';
    const { id: _, ...content } = aTariff({ tax_included: 'YES' });
    await operator('PUT', path, content);
    const fit = await operator<AdHocCheck>('GET', `${path}/check`);
    expect(fit.body).toEqual({ fit: true, findings: [] });
    await operator('PUT', path, { ...content, preauthorize_amount: undefined });
    const unfit = await operator<AdHocCheck>('GET', `${path}/check?languages=en,fr&maxPowerKw=150`);
    expect(unfit.body.fit).toBe(false);
    expect(unfit.body.findings.map(({ severity, code }) => `${severity} ${code}`)).toEqual([
      'error no_amount_to_reserve',
      'warning language_missing',
    ]);
    expect((await operator<Problem>('GET', '/api/v1/tariffs/DE/VLT/none/check')).status).toBe(404);
  });
});
