import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type {
  PayoutImportView,
  PayoutView,
  PeriodEntryView,
  PeriodView,
  ReconciliationView,
} from '@voltap/contracts/back-office';
import { decimal } from '@voltap/kernel';
import { chargeEvents, type PaymentsBench, paymentsBench } from './payments-bench.js';

const MAPPING = {
  delimiter: ';',
  decimalMark: ',',
  dateFormat: 'dd.MM.yyyy HH:mm',
  timeZone: 'Europe/Berlin',
  currency: 'EUR',
  only: { column: 'Type', values: ['SALE', 'CHARGEBACK'] },
  columns: {
    transactionId: 'Id',
    reference: 'Merchant reference',
    card: 'Card',
    amount: 'Gross',
    fee: 'Fee',
    transactedAt: 'Time',
    paidAt: 'Paid',
  },
};
const HEADER = 'Id;Type;Merchant reference;Card;Gross;Fee;Time;Paid';

describe('the books', () => {
  let bench: PaymentsBench;

  const billed = async (reference: string, captured?: number): Promise<void> => {
    const { ended, cdr, cdrAccepted } = chargeEvents(reference);
    await bench.platform.publish(ended, cdr, cdrAccepted);
    // Two topics: that the CDR is accepted may be heard before the CDR.
    await bench.settled(reference, ({ cdrId, cdrAcceptedAt }) => cdrId !== null && cdrAcceptedAt !== null);
    if (captured === undefined) return;
    const total_costs = { before_taxes: captured };
    await bench.confirm({ id: `F-${reference}`, authorization_reference: reference, total_costs });
  };
  const charge = (reference: string) => bench.reconciliation(reference);
  const importFile = <Body = PayoutImportView>(text: string, mapping = 'worldline', fileName = 'march.csv') =>
    bench.operator<Body>('POST', `/api/v1/payouts/import/${mapping}?fileName=${fileName}&by=Ada`, text, {
      'content-type': 'text/csv',
    });
  const payouts = async (query: string) =>
    (await bench.operator<{ items: PayoutView[] }>('GET', `/api/v1/payouts?${query}`)).body.items;
  const period = async (number: number | 'open') =>
    (await bench.operator<PeriodView>('GET', `/api/v1/accounting-periods/DE/VLT/${number}`)).body;
  const close = (endsAt = new Date().toISOString()) =>
    bench.operator<PeriodView>('POST', '/api/v1/accounting-periods/DE/VLT/close', { endsAt, by: 'Ada' });

  beforeAll(async () => {
    bench = await paymentsBench();
    expect((await bench.operator('PUT', '/api/v1/payout-mappings/worldline', MAPPING)).status).toBe(200);
  });

  afterAll(() => bench?.close());

  it('put each line of an acquirer beside its charge, by reference and by card, and never guess', async () => {
    await billed('PAY-REF', 7.44);
    await billed('PAY-LESS', 7.44);
    await billed('PAY-TWIN-1', 5);
    await billed('PAY-TWIN-2', 5);
    const file = [
      HEADER,
      't1;SALE;pay-ref;;7,44;0,12;02.03.2026 11:30;05.03.2026 00:00',
      't2;SALE;PAY-LESS;;7,04;-0,12;02.03.2026 11:30;05.03.2026 00:00',
      't3;SALE;;****1234;5,00;0;02.03.2026 11:30;05.03.2026 00:00',
      't4;SALE;NEVER-HEARD;;1.007,44;0;02.03.2026 11:30;05.03.2026 00:00',
      't5;FEE;;;-3,00;0;;05.03.2026 00:00',
      '',
    ].join('\r\n');
    const { status, body } = await importFile(file);
    expect(body).toMatchObject({ lines: 4, known: 0, matched: 2, ambiguous: 1, unmatched: 1, importedBy: 'Ada' });
    expect(status).toBe(200);
    expect(await charge('PAY-REF')).toMatchObject({ state: 'PAID_OUT', paidOut: '7.44', differences: [] });
    expect(await charge('PAY-LESS')).toMatchObject({
      state: 'DIFFERENT',
      differences: [{ code: 'payout_differs', amount: '-0.4' }],
    });
    const [ambiguous] = await payouts('state=AMBIGUOUS');
    expect(ambiguous).toMatchObject({
      line: 4,
      candidates: ['PAY-TWIN-1', 'PAY-TWIN-2'],
      paidAt: '2026-03-04T23:00:00.000Z',
    });
    expect((await payouts('state=UNMATCHED'))[0]).toMatchObject({ amount: '1007.44' });

    const match = (id: string | undefined, reference: string) =>
      bench.operator('POST', `/api/v1/payouts/${id}/match`, { authorization_reference: reference, by: 'Ada' });
    expect((await match(ambiguous?.id, 'NOBODY')).status).toBe(404);
    expect((await match(ambiguous?.id, 'pay-twin-2')).body).toMatchObject({
      state: 'MATCHED',
      matchedReference: 'PAY-TWIN-2',
      note: 'matched by Ada',
    });
    expect((await match(ambiguous?.id, 'PAY-TWIN-1')).status).toBe(409);
    expect(await charge('PAY-TWIN-2')).toMatchObject({ paidOut: '5' });
    const [unmatched] = await payouts('state=UNMATCHED');
    const dismissed = await bench.operator('POST', `/api/v1/payouts/${unmatched?.id}/dismiss`, {
      reason: 'a rent',
      by: 'Ada',
    });
    expect(dismissed.body).toMatchObject({ state: 'DISMISSED', note: 'a rent (Ada)' });

    expect((await importFile<{ detail: string }>(file)).body.detail).toContain('imported before: march.csv');
    const overlapping = `${file}t6;SALE;PAY-TWIN-1;;5,00;0;02.03.2026 11:30;06.03.2026 00:00\r\n`;
    expect((await importFile(overlapping)).body).toMatchObject({ lines: 1, known: 4, matched: 1 });
    expect(await charge('PAY-REF')).toMatchObject({ state: 'PAID_OUT', paidOut: '7.44' });
    const chargeback = `${HEADER}\nt1;CHARGEBACK;PAY-REF;;-7,44;0;;09.03.2026 00:00`;
    // The format has no time for the card's charge here, which is named with its line.
    expect((await importFile<{ detail: string }>(chargeback)).body.detail).toContain('/2/Time');
    const told = chargeback.replace(';;09', ';09.03.2026 00:00;09');
    expect((await importFile(told)).body).toMatchObject({ lines: 1, matched: 1 });
    expect(await charge('PAY-REF')).toMatchObject({ state: 'DIFFERENT', paidOut: '0' });
  });

  it('take a file whole or not at all, and say what of it was not understood', async () => {
    const before = await payouts('limit=500');
    const refused = async (text: string, mapping = 'worldline') => {
      const { status, body } = await importFile<{ detail: string }>(text, mapping);
      return [status, body.detail] as const;
    };
    const good = 'u1;SALE;PAY-REF;;1,00;0;02.03.2026 11:30;05.03.2026 00:00';
    const many = Array.from({ length: 700 }, (_, index) => good.replace('u1', `m${index}`)).join('\n');
    const [status, detail] = await refused(`${HEADER}\n${many}\nu2;SALE;PAY-REF;;1.0x;0;02.03.2026 11:30;2026-03-05`);
    expect(status).toBe(422);
    expect(detail).toContain('/702/Gross "1.0x" is no amount with the decimal mark ","');
    expect((await refused('Id,Type\n1,SALE'))[1]).toContain('is no column of the file, which has Id,Type');
    expect((await refused(`${HEADER}\n"u1;SALE`))[0]).toBe(422);
    expect((await refused(good, 'none'))[1]).toContain('PUT one to /payout-mappings/none');
    expect(await payouts('limit=500')).toEqual(before);
    // Larger than any buffer on the way, broken only at its end.
    const large = Array.from({ length: 40_000 }, (_, index) => good.replace('u1', `l${index}`)).join('\n');
    expect((await refused(`${HEADER}\n${large}\nu2;SALE;;;;;;`))[1]).toContain('/40002/');
    expect(await payouts('limit=500')).toEqual(before);
    const wrong = { ...MAPPING, timeZone: 'Berlin', columns: { amount: 'Gross', paidAt: 'Paid' } };
    const { body } = await bench.operator<{ errors: { pointer: string }[] }>('PUT', '/api/v1/payout-mappings/x', wrong);
    expect(body.errors.map(({ pointer }) => pointer)).toContain('/timeZone');
  });

  it('let a difference go with a reason and a name, until the amounts change', async () => {
    await billed('OFF-1', 7);
    const writeOff = (reference: string) =>
      bench.operator<ReconciliationView>('POST', `/api/v1/reconciliation/${reference}/write-off`, {
        reason: 'not worth it',
        by: 'Ada',
      });
    expect((await writeOff('off-1')).body).toMatchObject({
      state: 'WRITTEN_OFF',
      writtenOff: { reason: 'not worth it', by: 'Ada' },
      dueAt: null,
    });
    expect((await writeOff('OFF-1')).status).toBe(200);
    await bench.confirm({
      id: 'F-OFF-1',
      authorization_reference: 'OFF-1',
      total_costs: { before_taxes: 6 },
      last_updated: '2026-03-03T00:00:00Z',
    });
    expect(await charge('OFF-1')).toMatchObject({ state: 'DIFFERENT', captured: '6' });
    expect((await writeOff('OFF-1')).body.state).toBe('WRITTEN_OFF');
    const reopen = () => bench.operator<ReconciliationView>('POST', '/api/v1/reconciliation/OFF-1/reopen', {});
    expect((await reopen()).body).toMatchObject({ state: 'DIFFERENT', writtenOff: null });
    expect((await reopen()).status).toBe(409);
    await billed('OFF-NEVER');
    expect((await writeOff('OFF-NEVER')).body.state).toBe('WRITTEN_OFF');
    await billed('OFF-FINE', 7.44);
    expect((await writeOff('OFF-FINE')).status).toBe(409);
    expect((await writeOff('OFF-UNKNOWN')).status).toBe(404);
  });

  it('let a start go of which no session came, until one comes after all', async () => {
    const { accepted, completed, ended } = chargeEvents('OFF-LOST');
    await bench.platform.publish(accepted, completed);
    await bench.settled('OFF-LOST', ({ startResult }) => startResult === 'ACCEPTED');
    const { body } = await bench.operator<ReconciliationView>('POST', '/api/v1/reconciliation/OFF-LOST/write-off', {
      reason: 'the charge point was broken',
      by: 'Ada',
    });
    expect(body).toMatchObject({ state: 'WRITTEN_OFF', dueAt: null });
    await bench.platform.publish(ended);
    await bench.settled('OFF-LOST', ({ state }) => state === 'ENDED');
  });

  it('close a period whose entries add up to its totals, and report what comes later as corrections in the next', async () => {
    await bench.confirm({ id: 'F-LOST', authorization_reference: 'NO-CHARGE-OF-OURS' });
    await billed('CLOSE-LATE');
    const preview = await period('open');
    expect(preview).toMatchObject({ number: 1, closedAt: null, unassigned: 1 });
    const now = new Date().toISOString();
    const closings = await Promise.all([close(now), close(now)]);
    expect(closings.map(({ status }) => status).sort()).toEqual([201, 409]);
    const first = await period(1);
    expect(first.totals).toEqual(preview.totals);
    expect(first.closedBy).toBe('Ada');
    expect((await close()).body).toMatchObject({ number: 2, totals: [] });
    expect(await entriesAddUp(1)).toBe(first.totals[0]?.charges);

    await bench.confirm({ id: 'F-CLOSE-LATE', authorization_reference: 'CLOSE-LATE' });
    await bench.confirm({
      id: 'F-OFF-1',
      authorization_reference: 'OFF-1',
      currency: 'CHF',
      total_costs: { before_taxes: 7 },
      last_updated: '2026-03-04T00:00:00Z',
    });
    await billed('CLOSE-NEW', 7.44);
    expect(await period(1)).toEqual(first);
    const second = (await close()).body;
    expect(second.totals).toEqual([
      expect.objectContaining({ currency: 'CHF', charges: 1, corrections: 0, captured: '7' }),
      expect.objectContaining({
        currency: 'EUR',
        charges: 3,
        corrections: 2,
        billed: '7.44',
        captured: '8.88',
        open: '-1.44',
      }),
    ]);
    expect(await entriesAddUp(3)).toBe(4);
    const listed = await bench.operator<{ items: PeriodView[]; next: string | null }>(
      'GET',
      '/api/v1/accounting-periods/DE/VLT?limit=2',
    );
    expect(listed.body.items.map(({ number }) => number)).toEqual([3, 2]);
    const rest = await bench.operator<{ items: PeriodView[] }>(
      'GET',
      `/api/v1/accounting-periods/DE/VLT?limit=2&cursor=${listed.body.next}`,
    );
    expect(rest.body.items).toEqual([first]);
    // Captured before its bill came, reported so, and billed after the end of the next period: no entry takes it back.
    await bench.platform.publish(chargeEvents('CLOSE-EARLY').running);
    await bench.confirm({ id: 'F-CLOSE-EARLY', authorization_reference: 'CLOSE-EARLY' });
    await bench.settled(
      'CLOSE-EARLY',
      ({ confirmationId, sessionId }) => confirmationId !== null && sessionId !== null,
    );
    expect((await close()).body.totals).toMatchObject([{ currency: 'EUR', charges: 1, billed: '0', captured: '7.44' }]);
    const endsAt = new Date().toISOString();
    await billed('CLOSE-EARLY');
    expect((await close(endsAt)).body.totals).toMatchObject([
      { currency: 'EUR', charges: 1, corrections: 1, billed: '7.44', captured: '0' },
    ]);
    expect((await close()).body.totals).toEqual([]);
    expect((await close(second.endsAt)).status).toBe(409);
    expect((await close('2999-01-01T00:00:00Z')).status).toBe(422);
    expect((await bench.operator('GET', '/api/v1/accounting-periods/DE/VLT/9')).status).toBe(404);
  });

  /** @returns how many entries there are, read in small pages. */
  async function entriesAddUp(number: number): Promise<number> {
    const entries: PeriodEntryView[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: { body: { items: PeriodEntryView[]; next: string | null } } = await bench.operator(
        'GET',
        `/api/v1/accounting-periods/DE/VLT/${number}/entries?limit=3${cursor && `&cursor=${cursor}`}`,
      );
      entries.push(...page.body.items);
      cursor = page.body.next;
    }
    for (const total of (await period(number)).totals) {
      const own = entries.filter(({ currency }) => currency === total.currency);
      for (const figure of ['billed', 'captured', 'writtenOff', 'paidOut', 'fees'] as const) {
        const sum = own.reduce((known, entry) => known.plus(entry[figure]), decimal(0));
        expect([figure, sum.toString()]).toEqual([figure, total[figure]]);
      }
    }
    return entries.length;
  }

  it('find a charge by what the support desk knows of it', async () => {
    await bench.postTerminal({ terminal_id: 'PT-7', reference: 'SERIAL-7', last_updated: '2026-03-01T00:00:00Z' });
    const found = async (query: string) => {
      const { status, body } = await bench.operator<{ items: ReconciliationView[] }>(
        'GET',
        `/api/v1/reconciliation?limit=500&${query}`,
      );
      return status === 200 ? body.items.map(({ authorization_reference }) => authorization_reference).sort() : status;
    };
    expect(await found('reference=pay-tw')).toEqual(['PAY-TWIN-1', 'PAY-TWIN-2']);
    expect(
      await found(
        'cardLastFour=1234&location_id=L1&from=2026-03-02T00:00:00Z&to=2026-03-03T00:00:00Z&reference=PAY-REF',
      ),
    ).toEqual(['PAY-REF']);
    expect(await found('cardLastFour=9999')).toEqual([]);
    expect(await found('cause=unknown_reference')).toEqual(['NO-CHARGE-OF-OURS']);
    expect(await found('terminal=SERIAL-7')).toEqual([]);
    expect(await found('cardLastFour=12')).toBe(422);
    await billed('NOT-DUE');
    const overdue = await found('overdue=true');
    expect(overdue).toContain('PAY-LESS');
    expect(overdue).not.toContain('NOT-DUE');
    const { body } = await bench.operator<{ items: object[] }>('GET', '/api/v1/reconciliation-summary');
    expect(body.items).toContainEqual(
      expect.objectContaining({ currency: 'EUR', state: 'DIFFERENT', cause: 'payout_differs', age: 'day' }),
    );
    expect(await found('state=CDR_ACCEPTED')).toContain('NOT-DUE');
    const metrics = await (await fetch(`${bench.service.url}/metrics`)).text();
    expect(metrics).toMatch(
      /voltap_reconciliation_charges\{[^}]*state="DIFFERENT"[^}]*cause="payout_differs"[^}]*age="day"[^}]*\} [1-9]/,
    );
  });
});
