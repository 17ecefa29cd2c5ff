import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cdrCreated } from '@voltap/contracts/events';
import type { Cdr } from '@voltap/ocpi/model';
import { openDataSource } from '@voltap/platform/persistence';
import { median, quantile } from '../load.js';
import { HEAP_MEGABYTES } from '../measured-service.js';
import type { Row } from '../row.js';
import { type MeasuredPayments, type SentBody, startMeasuredPayments } from './measured-payments.js';
import { measurePricing } from './pricing.js';

const RECEIPTS = 40;
const WARM_UP = 40;
const DOCUMENTS = 500;
const CHARGES = 100_000;
/** Of the lines of the file; the others are matched on while the period is closed. */
const MATCHED = 10_000;
const PAGE = 500;
const LOOK_EVERY_MS = 500;
const SETTLED_WITHIN_MS = 60_000;
const MATCHED_WITHIN_MS = 20 * 60_000;
const JSON_TYPE = 'application/json';

export const MONEY_PARTS = ['pricing', 'receipts', 'books'] as const;
export type MoneyPart = (typeof MONEY_PARTS)[number];

/** Pricing on one core; receipts as PDF; the books of 100,000 charges. */
export async function measureMoney(parts: readonly MoneyPart[], row: Row): Promise<void> {
  if (parts.includes('pricing')) {
    const { median: perSecond } = measurePricing();
    const priced = `${Math.round(perSecond).toLocaleString('en')} /s`;
    row('sessions of 180 periods, tariff of 12 elements, priced', priced, '>= 20,000', perSecond >= 20_000);
  }
  if (!parts.includes('receipts') && !parts.includes('books')) return;
  const parent = await mkdtemp(join(tmpdir(), 'voltap-bench-'));
  try {
    const payments = await startMeasuredPayments(parent);
    try {
      const addresses = await charge(payments);
      if (parts.includes('receipts')) await documents(payments, addresses, row);
      if (parts.includes('books')) await books(payments, row);
    } finally {
      await payments.stop();
    }
  } finally {
    await rm(parent, { recursive: true, force: true });
  }
}

/** Charges that are billed and captured. @returns the paths of their receipts. */
async function charge(payments: MeasuredPayments): Promise<string[]> {
  const { call } = payments;
  const seller = { name: 'Voltap Charging GmbH', address: 'Am Kai 1, 20457 Hamburg, DE', vatId: 'DE123456789' };
  await call('PUT', '/api/v1/legal-entities/DE/VLT', json(seller));
  await call('POST', '/ocpi/cpo/2.3.0/payments/terminals', json({ terminal_id: 'BENCH' }));
  const terminal = JSON.parse(`${await call('GET', '/api/v1/terminals/partner-1/BENCH')}`) as {
    invoiceBaseUrl: string;
  };
  const { pathname } = new URL(terminal.invoiceBaseUrl);
  const references = Array.from({ length: RECEIPTS }, () => randomUUID());
  await payments.bus.publish(references.map((reference) => cdrEvent(reference)));
  for (const reference of references)
    await call('POST', '/ocpi/cpo/2.3.0/payments/financial-advice-confirmations', json(confirmation(reference)));
  for (const reference of references)
    await until(() => isMatched(payments, reference), 'a matched charge', SETTLED_WITHIN_MS);
  return references.map((reference) => `${pathname}/${reference}`);
}

/** Each as a driver asks for it, one after the other. */
async function documents({ call }: MeasuredPayments, addresses: readonly string[], row: Row): Promise<void> {
  const took: number[] = [];
  for (let index = 0; index < WARM_UP + DOCUMENTS; index += 1) {
    const began = performance.now();
    const file = await call('GET', `${addresses[index % addresses.length]}.pdf?lang=de`);
    if (index >= WARM_UP) took.push(performance.now() - began);
    if (!file.subarray(0, 5).equals(Buffer.from('%PDF-'))) throw new Error('a receipt is no PDF');
  }
  const [p50, p99] = [median(took), quantile(took, 0.99)];
  row(`receipt as PDF, p50 of ${DOCUMENTS}`, `${p50.toFixed(0)} ms`, '', null);
  row('the same, p99', `${p99.toFixed(0)} ms`, '<= 300 ms', p99 <= 300);
}

/** A hundred thousand captured charges: an acquirer's file with a line for each, then the period that reports them. */
async function books(payments: MeasuredPayments, row: Row): Promise<void> {
  const { call } = payments;
  await multiply(payments);
  const columns = { amount: 'amount', paidAt: 'paid', fee: 'fee', reference: 'reference', transactionId: 'id' };
  await call('PUT', '/api/v1/payout-mappings/bench', json({ currency: 'EUR', columns }));
  const began = performance.now();
  const body = ReadableStream.from(payoutFile()) as unknown as SentBody;
  await call('POST', '/api/v1/payouts/import/bench?fileName=bench.csv&by=bench', { body, type: 'text/csv' });
  const read = (performance.now() - began) / 1_000;
  await until(async () => (await paidOut(payments)) >= MATCHED, 'the matching', MATCHED_WITHIN_MS);
  const matched = (performance.now() - began) / 1_000;
  const endsAt = new Date().toISOString();
  const closing = performance.now();
  await call('POST', '/api/v1/accounting-periods/DE/VLT/close', json({ endsAt, by: 'bench' }));
  const closed = (performance.now() - closing) / 1_000;
  const listing = performance.now();
  const entries = await count(payments, '/api/v1/accounting-periods/DE/VLT/1/entries');
  const listed = (performance.now() - listing) / 1_000;
  if (entries < CHARGES) throw new Error(`the period reports ${entries} charges`);
  const many = CHARGES.toLocaleString('en');
  row(`payout file of ${many} lines, until the import answers`, `${read.toFixed(1)} s`, '', null);
  row(
    `the first ${MATCHED.toLocaleString('en')} matched and reconciled`,
    `${(MATCHED / matched).toFixed(0)} /s`,
    '',
    null,
  );
  row(`period of ${many} charges, closed`, `${closed.toFixed(1)} s`, '', null);
  row('the same, each entry read', `${listed.toFixed(1)} s`, '', null);
  const most = await payments.mostMegabytes();
  row(`most memory ever, heap limited to ${HEAP_MEGABYTES} MB`, `${most.toFixed(0)} MB`, '<= 350 MB', most <= 350);
}

/** As many charges like the first that was captured, as if their events had come. */
async function multiply(payments: MeasuredPayments): Promise<void> {
  await withDatabase(payments, async (query) => {
    await query(
      `insert into reconciliation (partner_id, authorization_reference, revision, facts, state, differences, updated_at,
         reference_as_sent, party, cause, started_at, billed_at, due_at, location_id, evse_uid, card_last_four)
       select partner_id, 'BULK-' || n, revision, facts, state, differences, updated_at, 'BULK-' || n, party, cause, started_at,
         billed_at, due_at, location_id, evse_uid, card_last_four
       from (select * from reconciliation where state = 'MATCHED' limit 1) as one, generate_series(1, ${CHARGES}) as n`,
    );
    await query(
      `insert into reconciliation_figure (partner_id, authorization_reference, currency, billed, captured, written_off, paid_out, fees)
       select partner_id, 'BULK-' || n, currency, billed, captured, written_off, paid_out, fees
       from (select * from reconciliation_figure limit 1) as one, generate_series(1, ${CHARGES}) as n`,
    );
    await query('analyze reconciliation');
    await query('analyze reconciliation_figure');
  });
}

async function* payoutFile(): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  yield encoder.encode('id,reference,amount,fee,paid\n');
  for (let first = 1; first <= CHARGES; first += PAGE) {
    const lines = Array.from({ length: PAGE }, (_, index) => first + index);
    yield encoder.encode(lines.map((n) => `TX-${n},BULK-${n},7.44,0.12,2026-03-04T00:00:00Z\n`).join(''));
  }
}

async function paidOut(payments: MeasuredPayments): Promise<number> {
  const rows = await withDatabase(payments, (query) =>
    query("select count(*)::int as count from payout where state <> 'NEW'"),
  );
  return rows[0]?.count ?? 0;
}

async function count(payments: MeasuredPayments, path: string): Promise<number> {
  let [found, cursor] = [0, ''];
  do {
    const page = JSON.parse(`${await payments.call('GET', `${path}?limit=${PAGE}${cursor}`)}`) as {
      items: unknown[];
      next: string | null;
    };
    found += page.items.length;
    cursor = page.next === null ? '' : `&cursor=${page.next}`;
  } while (cursor !== '');
  return found;
}

async function isMatched(payments: MeasuredPayments, reference: string): Promise<boolean> {
  const charge = JSON.parse(`${await payments.call('GET', `/api/v1/reconciliation/${reference}`)}`) as {
    state: string;
  };
  return charge.state === 'MATCHED';
}

type Query = (text: string) => Promise<{ readonly count: number }[]>;

async function withDatabase<Result>(
  { databaseUrl }: MeasuredPayments,
  use: (query: Query) => Promise<Result>,
): Promise<Result> {
  const database = await openDataSource({ url: databaseUrl, poolSize: 2, applicationName: 'voltap-bench' }, [], []);
  try {
    return await use((text) => database.query(text));
  } finally {
    await database.destroy();
  }
}

/** @throws Error when it does not come to pass. */
async function until(probe: () => Promise<boolean>, what: string, withinMs: number): Promise<void> {
  for (const end = performance.now() + withinMs; !(await probe()); ) {
    if (performance.now() > end) throw new Error(`${what} did not come to pass within ${withinMs / 1_000} s`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

function json(body: object): { readonly body: string; readonly type: string } {
  return { body: JSON.stringify(body), type: JSON_TYPE };
}

function confirmation(reference: string): object {
  return {
    ...{ id: `F${reference.slice(1)}`, authorization_reference: reference, currency: 'EUR' },
    total_costs: { before_taxes: 6.25, taxes: [{ name: 'VAT', percentage: 19, amount: 1.19 }] },
    eft_data: ['VISA', '**** **** **** 1234', 'AID A0000000031010', 'AUTH 004711'],
    capture_status_code: 'SUCCESS',
    last_updated: '2026-03-02T11:01:00Z',
  };
}

function cdrEvent(reference: string) {
  const { topic, name, version } = cdrCreated;
  const cdr = cdrOf(reference);
  const key = `DE*VLT*${cdr.id.toUpperCase()}`;
  const [beforeTaxes, afterTaxes] = ['6.25', '7.44'];
  const energy = { dimension: 'ENERGY', quantity: '12.5', unit: 'kWh', price: '0.5', vat: '19' };
  const payload = {
    ...{ partnerId: 'partner-1', cdr, totalWithTaxes: afterTaxes, timeZone: 'Europe/Berlin' },
    lines: [{ ...energy, beforeTaxes, afterTaxes }],
  };
  const message = { id: randomUUID(), name, version, key, revision: 1, occurredAt: new Date().toISOString(), payload };
  return { topic, key, headers: { event: name }, value: JSON.stringify(message) };
}

function cdrOf(reference: string): Cdr {
  const price = { before_taxes: 6.25, taxes: [{ name: 'VAT', percentage: 19, amount: 1.19 }] };
  return {
    ...{ country_code: 'DE', party_id: 'VLT', id: `C${reference.slice(1)}`, session_id: `S${reference.slice(1)}` },
    ...{ start_date_time: '2026-03-02T10:00:00Z', end_date_time: '2026-03-02T11:00:00Z', auth_method: 'COMMAND' },
    ...{ authorization_reference: reference, currency: 'EUR', total_cost: price, total_energy_cost: price },
    ...{ total_energy: 12.5, total_time: 1, last_updated: '2026-03-02T11:00:00Z' },
    cdr_token: { country_code: 'NL', party_id: 'PTP', uid: 'T', type: 'AD_HOC_USER', contract_id: 'C' },
    cdr_location: {
      ...{ id: 'L1', name: 'Kai', address: 'Am Kai 1', city: 'Hamburg', postal_code: '20457', country: 'DEU' },
      ...{ evse_uid: 'E1', evse_id: 'DE*VLT*E1', connector_id: '1', connector_standard: 'IEC_62196_T2_COMBO' },
      ...{ connector_format: 'CABLE', connector_power_type: 'DC' },
      coordinates: { latitude: '53.541470', longitude: '9.984180' },
    },
    tariffs: [],
    charging_periods: [{ start_date_time: '2026-03-02T10:00:00Z', dimensions: [{ type: 'ENERGY', volume: 12.5 }] }],
  } as Cdr;
}
