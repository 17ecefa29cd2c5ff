import type { Receipt } from '@voltap/contracts/back-office';
import { RECEIPT_TEXTS, type ReceiptLanguage } from './receipt-texts.js';

type Texts = (typeof RECEIPT_TEXTS)[ReceiptLanguage];
export type Pair = readonly [name: string, value: string];

/** A receipt in the driver's language and notation, plain text, as page and PDF lay it out. */
export interface ReceiptContent {
  readonly language: ReceiptLanguage;
  readonly title: string;
  /** Name of the state, for its colour. */
  readonly state: string;
  readonly stateText: string;
  readonly total: string;
  readonly notes: readonly string[];
  readonly details: readonly Pair[];
  readonly lines: readonly { readonly name: string; readonly detail: string; readonly amount: string }[];
  readonly sums: readonly { readonly name: string; readonly amount: string; readonly strong: boolean }[];
  readonly card: { readonly title: string; readonly lines: readonly string[] } | null;
  readonly references: readonly Pair[];
  readonly buyer: { readonly title: string; readonly lines: readonly string[] } | null;
  readonly seller: { readonly name: string; readonly lines: readonly string[] } | null;
  readonly signed: {
    readonly title: string;
    readonly hint: string;
    readonly items: readonly Pair[];
    readonly verifyAt: string | null;
  } | null;
}

export function receiptContent(receipt: Receipt, language: ReceiptLanguage): ReceiptContent {
  const texts = RECEIPT_TEXTS[language];
  const money = new Intl.NumberFormat(language, { style: 'currency', currency: receipt.currency });
  const instant = new Intl.DateTimeFormat(language, {
    dateStyle: 'medium',
    timeStyle: 'short',
    timeZone: receipt.timeZone,
  });
  const quantity = new Intl.NumberFormat(language, { maximumFractionDigits: 3 });
  const amount = (text: string): string => money.format(text as Intl.StringNumericLiteral);
  const at = (text: string): string => instant.format(new Date(text));
  // A unit price keeps its decimals: 0.4567 EUR/kWh is not 0.46.
  const unitMoney = new Intl.NumberFormat(language, {
    style: 'currency',
    currency: receipt.currency,
    maximumFractionDigits: 6,
  });
  const number = (text: string): string => numeric(quantity, text);
  const price = (text: string): string => numeric(unitMoney, text);
  return {
    language,
    title: receipt.kind === 'FULL' ? texts.invoice : texts.title,
    state: receipt.status.toLowerCase().replace('_', '-'),
    stateText: texts[receipt.status],
    total: amount(receipt.totals.afterTaxes),
    notes: [
      ...(receipt.status === 'SETTLING' ? [texts.settling] : []),
      ...(receipt.kind === 'BUYER_NEEDED' ? [texts.fullInvoice] : []),
    ],
    details: [
      [texts.place, [receipt.place.name, receipt.place.address].filter(Boolean).join(', ')],
      [texts.chargePoint, `${receipt.place.evseId} · ${receipt.place.connector_id}`],
      [texts.period, `${at(receipt.startedAt)} – ${at(receipt.endedAt)} (${duration(receipt)})`],
      [texts.energy, `${number(receipt.energyKwh)} kWh`],
      ...optional(texts.meter, receipt.meterId),
    ],
    lines: receipt.lines.map((line) => lineOf(line, texts, { amount, number, price })),
    sums: sumsOf(receipt, texts, amount),
    card: receipt.cardLines.length === 0 ? null : { title: texts.card, lines: receipt.cardLines },
    references: [
      [texts.number, receipt.number],
      [texts.issued, at(receipt.issuedAt)],
      [texts.reference, receipt.authorization_reference],
      ...optional(texts.session, receipt.sessionId),
    ],
    buyer: receipt.buyer === null ? null : { title: texts.buyer, lines: partyLines(receipt.buyer, texts) },
    seller: sellerOf(receipt, texts),
    signed: signedOf(receipt, texts),
  };
}

/** Hours and minutes, as elapsed. */
function duration({ startedAt, endedAt }: Receipt): string {
  const minutes = Math.round((Date.parse(endedAt) - Date.parse(startedAt)) / 60_000);
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')} h`;
}

function optional(name: string, value: string | null): readonly Pair[] {
  return value === null ? [] : [[name, value]];
}

function numeric(format: Intl.NumberFormat, text: string): string {
  return Number.isFinite(Number(text)) ? format.format(text as Intl.StringNumericLiteral) : text;
}

type Notation = Readonly<Record<'amount' | 'number' | 'price', (text: string) => string>>;

function lineOf(line: Receipt['lines'][number], texts: Texts, { amount, number, price }: Notation) {
  const name = Object.hasOwn(texts, line.dimension) ? texts[line.dimension as keyof Texts] : line.dimension;
  const unit = line.unit === 'once' ? '' : ` ${line.unit}`;
  const detail = line.unit === '' ? '' : `${number(line.quantity)}${unit} × ${price(line.price)}`;
  const vat = line.vat === null ? '' : ` · ${number(line.vat)} %`;
  return { name, detail: `${detail}${vat}`, amount: amount(line.afterTaxes) };
}

function sumsOf(receipt: Receipt, texts: Texts, amount: (text: string) => string): ReceiptContent['sums'] {
  const sum = (name: string, value: string, strong = false) => ({ name, amount: amount(value), strong });
  return [
    sum(texts.net, receipt.totals.beforeTaxes),
    ...receipt.totals.taxes.map((tax) =>
      sum(`${tax.name}${tax.percentage === null ? '' : ` ${tax.percentage} %`}`, tax.amount),
    ),
    sum(texts.gross, receipt.totals.afterTaxes, true),
    ...receipt.creditNotes.map((note) => sum(`${texts.creditNote} ${note.number}`, note.total)),
    ...(receipt.captured === null ? [] : [sum(texts.captured, receipt.captured)]),
  ];
}

function partyLines(
  { name, address, vatId }: { readonly name: string; readonly address: string; readonly vatId?: string | undefined },
  texts: Texts,
): string[] {
  return [name, ...address.split('\n'), ...(vatId === undefined ? [] : [`${texts.vatId} ${vatId}`])];
}

function sellerOf({ seller }: Receipt, texts: Texts): ReceiptContent['seller'] {
  if (seller === null) return null;
  const contact = [seller.phone, seller.email].filter((text) => text !== undefined).join(' · ');
  const [name = '', ...lines] = partyLines(seller, texts);
  return { name, lines: [...lines, ...(contact === '' ? [] : [`${texts.help} ${contact}`])] };
}

function signedOf({ signedData }: Receipt, texts: Texts): ReceiptContent['signed'] {
  if (signedData === null) return null;
  const { encodingMethod, publicKey, url, values } = signedData;
  return {
    title: texts.signed,
    hint: texts.signedHint,
    items: [
      [texts.method, encodingMethod],
      ...optional(texts.publicKey, publicKey),
      ...values.flatMap(({ nature, plain, signed }): Pair[] => [
        [nature, plain],
        ['', signed],
      ]),
    ],
    verifyAt: url !== null && /^https?:\/\//i.test(url) ? url : null,
  };
}
