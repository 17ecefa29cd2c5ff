import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Receipt } from '@voltap/contracts/back-office';
import { aCdr, aTerminal } from '@voltap/ocpi/testkit';
import { waitUntil } from '@voltap/platform/testing';
import { chargeEvents, type PaymentsBench, paymentsBench } from './payments-bench.js';
import { textOfPdf } from './pdf-text.js';

/** As a terminal provider makes them: not to be guessed. */
const REFERENCE = '7f3c9a1e-52d0-4b68-9e1f-0a6b8c2d4e5f';
const SELLER = {
  name: 'Voltap Charging <GmbH>',
  address: 'Weg 1\n20359 Hamburg',
  vatId: 'DE123456789',
  email: 'help@cpo.example',
};

describe('receipts', () => {
  let bench: PaymentsBench;
  let secretPath: string;

  beforeAll(async () => {
    bench = await paymentsBench();
    await bench.postTerminal(aTerminal());
    secretPath = new URL((await bench.terminal('PT-1')).invoiceBaseUrl).pathname;
    expect((await bench.operator('GET', '/api/v1/legal-entities/DE/VLT')).status).toBe(404);
    await bench.operator('PUT', '/api/v1/legal-entities/DE/VLT', SELLER);
  });

  afterAll(() => bench?.close());

  const page = (reference: string, query = '', headers: Record<string, string> = {}) =>
    bench.anybody<Receipt & { error?: string }>('GET', `${secretPath}/${reference}${query}`, undefined, headers);

  const billed = async (reference: string, changes: Parameters<typeof chargeEvents>[1] = {}) => {
    await bench.platform.publish(chargeEvents(reference, changes).cdr);
    await waitUntil(async () => (await bench.operator('GET', `/api/v1/receipts/${reference}`)).status === 200, {
      describe: `the receipt of ${reference}`,
    });
  };

  it('become complete as the charge does, under one address (PAY-31, PAY-61)', async () => {
    expect((await page(REFERENCE)).status).toBe(404);
    await bench.platform.publish(chargeEvents(REFERENCE).running);
    await waitUntil(async () => (await page(REFERENCE)).status === 200, { describe: 'the charge to be known' });
    expect((await page(REFERENCE)).text).toContain('has not been billed yet');
    await billed(REFERENCE);
    const settling = await page(REFERENCE);
    expect(settling.text).toContain('Being settled');
    await bench.confirm({ id: 'F-1', authorization_reference: REFERENCE });
    const paid = await page(REFERENCE);
    expect(paid.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(paid.headers.get('cache-control')).toContain('no-store');
    expect(paid.headers.get('content-security-policy')).toContain("default-src 'none'");
    for (const text of [
      'Paid by card',
      '€7.44',
      '€1.19',
      'DEVLT-00000001',
      'DE*VLT*E0001',
      'DE123456789',
      '12.5 kWh',
      'CARD ************1234',
      REFERENCE,
    ]) {
      expect(paid.text).toContain(text);
    }
    expect(paid.text).toContain('Voltap Charging &lt;GmbH&gt;');
    const german = await page(REFERENCE, '', { 'accept-language': 'de-CH,de;q=0.9,en;q=0.5' });
    expect(german.text).toMatch(/<html lang="de">[\s\S]*Mit Karte bezahlt[\s\S]*7,44/);
    expect((await page(REFERENCE, '?lang=de')).text).toContain('<html lang="de">');
    expect((await page(REFERENCE, '?lang=de&lang=en')).status).toBe(200);
  });

  it('are JSON at .json or for who asks, the same for driver and operator', async () => {
    const { body: operators } = await bench.operator<Receipt>('GET', `/api/v1/receipts/${REFERENCE}`);
    expect(operators).toMatchObject({
      number: 'DEVLT-00000001',
      status: 'PAID',
      seller: SELLER,
      energyKwh: '12.5',
      totals: { beforeTaxes: '6.25', taxes: [{ name: 'VAT', percentage: '19', amount: '1.19' }], afterTaxes: '7.44' },
      captured: '7.44',
      cardLines: ['CARD ************1234', 'AUTH 123456'],
    });
    expect(new URL(operators.url ?? '').pathname).toBe(`${secretPath}/${REFERENCE}`);
    const asked = await page(`${REFERENCE}.json`);
    expect([asked.headers.get('content-type'), asked.body]).toEqual([
      expect.stringContaining('application/json'),
      operators,
    ]);
    expect((await page(REFERENCE, '', { accept: 'application/json' })).body).toEqual(operators);
  });

  it('come as a PDF with the same text, and as a code to scan before there is one', async () => {
    const pdf = await bench.bytes(`${secretPath}/${REFERENCE}.pdf?lang=fr`);
    expect([pdf.status, pdf.type]).toEqual([200, 'application/pdf']);
    expect(pdf.content.subarray(0, 5).toString()).toBe('%PDF-');
    const text = await textOfPdf(pdf.content);
    for (const part of ['DEVLT-00000001', '7,44', '12,5 kWh', 'Payé par carte', 'CARD ************1234', REFERENCE]) {
      expect(text).toContain(part);
    }
    expect((await page(`${REFERENCE}.pdf`.replace('7f', '00'))).status).toBe(404);
    const code = await bench.bytes(`${secretPath}/not-yet-charged.qr.png`);
    expect([code.status, code.type, code.content.subarray(1, 4).toString()]).toEqual([200, 'image/png', 'PNG']);
    expect((await bench.bytes('/receipts/AAAAAAAAAAAAAAAAAAAAAAAA/x.qr.png')).status).toBe(404);
  });

  it('are invoices for whom the operator names, where the amount asks for it, once', async () => {
    const reference = '3c8f0d6e-2a51-4b97-8e3d-invoice00001';
    const cdr = aCdr({ id: 'C-DEAR', authorization_reference: reference, total_cost: { before_taxes: 260 } });
    await billed(reference, { cdr, lines: [], totalWithTaxes: '260' });
    expect((await page(reference)).text).toContain('asks for an invoice that names you');
    const buyer = { name: 'Łódź & Söhne', address: 'Ulica 1\n90-001 Łódź' };
    const name = (body: object) => bench.operator<Receipt>('PUT', `/api/v1/receipts/${reference}/buyer`, body);
    expect((await name(buyer)).body).toMatchObject({ kind: 'FULL', buyer });
    expect((await name(buyer)).status).toBe(200);
    expect((await name({ ...buyer, name: 'Somebody else' })).status).toBe(409);
    expect((await bench.operator('PUT', '/api/v1/receipts/NOTHING/buyer', buyer)).status).toBe(404);
    const invoice = await page(reference);
    expect(invoice.text).toMatch(/<h1>Invoice<\/h1>[\s\S]*Łódź &amp; Söhne/);
    expect(await textOfPdf((await bench.bytes(`${secretPath}/${reference}.pdf`)).content)).toContain('Łódź & Söhne');
    await bench.operator('PUT', '/api/v1/legal-entities/DE/VLT', { ...SELLER, name: 'Renamed later' });
    expect((await page(reference)).text).not.toContain('Renamed later');
    await bench.operator('PUT', '/api/v1/legal-entities/DE/VLT', SELLER);
  });

  it('show a credit with its own number of the series, and what of the money is to be given back', async () => {
    const reference = '6b1e9c40-83d7-4f25-b0aa-credited0001';
    await billed(reference);
    await bench.confirm({ id: 'F-CREDIT', authorization_reference: reference });
    const before = (await bench.operator<Receipt>('GET', `/api/v1/receipts/${reference}`)).body;
    const credit = aCdr({
      id: 'C-CREDIT',
      authorization_reference: reference,
      credit: true,
      credit_reference_id: before.cdrId,
      total_cost: { before_taxes: -6.25, taxes: [{ name: 'VAT', percentage: 19, amount: -1.19 }] },
    });
    const events = chargeEvents(reference, { cdr: credit, lines: [], totalWithTaxes: '-7.44' });
    await bench.platform.publish({ ...events.cdr, key: 'DE*VLT*C-CREDIT' });
    const credited = await bench.settled(reference, ({ cdrTotal }) => cdrTotal === '0');
    expect(credited).toMatchObject({
      state: 'DIFFERENT',
      differences: [{ code: 'credited_not_refunded', amount: '7.44' }],
    });
    const { body } = await bench.operator<Receipt>('GET', `/api/v1/receipts/${reference}`);
    expect(body.number).toBe(before.number);
    const next = `DEVLT-${String(Number(before.number.slice(6)) + 1).padStart(8, '0')}`;
    expect(body.creditNotes).toEqual([
      expect.objectContaining({ number: next, of: before.cdrId, cdrId: 'C-CREDIT', total: '-7.44' }),
    ]);
    expect((await page(reference)).text).toContain(`Credit note ${next}`);
  });

  it('are of charges whose CDR counts as accepted only when that is the one in the books', async () => {
    const reference = '6b1e9c40-83d7-4f25-b0aa-corrected001';
    await billed(reference);
    const events = chargeEvents(reference);
    await bench.platform.publish(events.cdrAccepted);
    const before = await bench.settled(reference, ({ cdrAcceptedAt }) => cdrAcceptedAt !== null);
    const corrected = aCdr({ id: 'C-RIGHT', authorization_reference: reference });
    const right = chargeEvents(reference, { cdr: corrected, totalWithTaxes: '5.95' });
    await bench.platform.publish({ ...right.cdr, key: 'DE*VLT*C-RIGHT' });
    const open = await bench.settled(reference, ({ cdrTotal }) => cdrTotal === '5.95');
    expect(open).toMatchObject({ state: 'CDR_SENT', cdrId: 'C-RIGHT', cdrAcceptedAt: null });
    const { payload, ...accepted } = events.cdrAccepted;
    const acceptedAt = '2026-03-04T08:00:00.000Z';
    await bench.platform.publish({
      ...accepted,
      key: 'DE*VLT*C-RIGHT',
      payload: { ...(payload as object), cdrId: 'c-right', acceptedAt },
    });
    const settled = await bench.settled(reference, ({ state }) => state === 'CDR_ACCEPTED');
    expect([before.cdrAcceptedAt, settled.cdrAcceptedAt]).toEqual(['2026-03-02T11:00:05.000Z', acceptedAt]);
  });

  it('hold the signed meter values for whom wants to verify them', async () => {
    const reference = '9a7d2f18-64be-4c03-a5f1-signed000001';
    const signed_data = {
      encoding_method: 'OCMF',
      public_key: '3059301306',
      url: 'https://verify.example/?a=1&b=2',
      signed_values: [
        { nature: 'Start', plain_data: '12345.6 kWh', signed_data: 'OCMF|{"FV":"1.0"}|a' },
        { nature: 'End', plain_data: '12358.1 kWh', signed_data: 'OCMF|{"FV":"1.0"}|b' },
      ],
    };
    await billed(reference, { cdr: aCdr({ id: 'C-SIGNED', authorization_reference: reference, signed_data }) });
    const { text } = await page(reference);
    for (const part of [
      'Signed meter values',
      '12345.6 kWh',
      'OCMF|{&quot;FV&quot;:&quot;1.0&quot;}|b',
      '3059301306',
    ]) {
      expect(text).toContain(part);
    }
    expect(text).toContain('href="https://verify.example/?a=1&amp;b=2"');
    const { body } = await page(`${reference}.json`);
    expect(body.signedData?.values[1]?.signed).toBe('OCMF|{"FV":"1.0"}|b');
    const document = await bench.bytes(`${secretPath}/${reference}.pdf`);
    expect(await textOfPdf(document.content)).toContain('12358.1 kWh');
  });

  it('show text of others as text', async () => {
    const hostile = `"><script>alert('x')</script>&amp;`;
    const reference = '0d4c1b7a-9e83-4f52-a6d1-hostile00001';
    const { cdr_location, ...rest } = aCdr({ id: 'C-HOSTILE', authorization_reference: reference, meter_id: hostile });
    await billed(reference, {
      cdr: { ...rest, cdr_location: { ...cdr_location, name: hostile } },
      lines: [
        {
          dimension: hostile,
          quantity: '1',
          unit: hostile,
          price: hostile,
          vat: null,
          beforeTaxes: '1',
          afterTaxes: '1',
        },
        {
          dimension: 'constructor',
          quantity: '1',
          unit: 'kWh',
          price: '1',
          vat: null,
          beforeTaxes: '1',
          afterTaxes: '1',
        },
      ],
    });
    await bench.confirm({ id: 'F-HOSTILE', authorization_reference: reference, eft_data: [hostile] });
    const { status, text } = await page(reference);
    expect(status).toBe(200);
    expect(text).not.toContain('<script');
    expect(text).not.toContain('native code');
    expect(text).toContain('&quot;&gt;&lt;script&gt;');
    expect(text).toContain('<td>constructor<small>');
    const unknown = await page(encodeURIComponent(hostile));
    expect([unknown.status, unknown.text.includes('<script')]).toEqual([404, false]);
  });

  it('ask for the last digits of the card where a reference can be guessed', async () => {
    await billed('4711');
    await bench.confirm({ id: 'F-4711', authorization_reference: '4711' });
    const asked = await page('4711');
    expect(asked.status).toBe(403);
    expect(asked.text).toContain('name="card"');
    for (const secret of ['1234', 'AUTH', '7.44', 'DEVLT-']) expect(asked.text).not.toContain(secret);
    const wrong = await page('4711', '?card=9999');
    expect([wrong.status, wrong.text.includes('not the digits')]).toEqual([403, true]);
    expect((await page('4711.json', '?card=9999')).body).not.toHaveProperty('cardLines');
    expect((await page('4711', '?card=1234&card=9999')).status).toBe(403);
    expect((await page('4711', '?card=1234')).text).toContain('CARD ************1234');
  });

  it('are for nobody who does not know the terminal, and look the same when unknown', async () => {
    const unknownReference = await page('5e2f8c1d-77aa-4c0b-8d3e-ffffffffffff');
    const unknownSecret = await bench.anybody('GET', `/receipts/AAAAAAAAAAAAAAAAAAAAAAAA/${REFERENCE}`);
    expect([unknownReference.status, unknownSecret.status]).toEqual([404, 404]);
    expect(unknownSecret.text).toBe(unknownReference.text);
    await bench.stranger('POST', '/ocpi/cpo/2.3.0/payments/terminals', aTerminal());
    const foreign = new URL((await bench.terminal('PT-1', 'partner-2')).invoiceBaseUrl).pathname;
    expect((await bench.anybody('GET', `${foreign}/${REFERENCE}`)).status).toBe(404);
  });

  it('say that a charge which did not take place costs nothing', async () => {
    const { accepted, completed } = chargeEvents('1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed');
    const failed = { ...completed, payload: { ...(completed.payload as object), result: { result: 'EVSE_OCCUPIED' } } };
    await bench.platform.publish(failed, accepted);
    await waitUntil(
      async () => (await page('1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed')).text.includes('did not take place'),
      {
        describe: 'the failed start',
      },
    );
  });
});
