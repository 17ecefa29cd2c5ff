import type { Receipt } from '@voltap/contracts/back-office';
import { RECEIPT_TEXTS, type ReceiptLanguage } from './receipt-texts.js';

type Texts = (typeof RECEIPT_TEXTS)[ReceiptLanguage];

/** A page that a driver can read on a phone and print; no scripts, nothing from elsewhere. */
export function receiptPage(receipt: Receipt, language: ReceiptLanguage): string {
  const texts = RECEIPT_TEXTS[language];
  const money = new Intl.NumberFormat(language, { style: 'currency', currency: receipt.currency });
  const instant = new Intl.DateTimeFormat(language, {
    dateStyle: 'medium',
    timeStyle: 'short',
    timeZone: receipt.timeZone,
  });
  const quantity = new Intl.NumberFormat(language, { maximumFractionDigits: 3 });
  const amount = (text: string): string => escapeHtml(money.format(Number(text)));
  const at = (text: string): string => escapeHtml(instant.format(new Date(text)));
  const status = receipt.status.toLowerCase().replace('_', '-');
  const sections = [
    `<header><h1>${texts.title}</h1><p class="status ${status}">${texts[receipt.status]}</p></header>`,
    `<p class="total">${amount(receipt.totals.afterTaxes)}</p>`,
    receipt.status === 'SETTLING' ? `<p class="note">${texts.settling}</p>` : '',
    list([
      [texts.place, escapeHtml([receipt.place.name, receipt.place.address].filter(Boolean).join(', '))],
      [texts.chargePoint, escapeHtml(receipt.place.evseId)],
      [texts.period, `${at(receipt.startedAt)} – ${at(receipt.endedAt)}`],
      [texts.energy, `${escapeHtml(quantity.format(Number(receipt.energyKwh)))} kWh`],
      ...(receipt.meterId === null ? [] : [[texts.meter, escapeHtml(receipt.meterId)] as const]),
    ]),
    lines(receipt, texts, amount, quantity),
    receipt.cardLines.length === 0
      ? ''
      : `<h2>${texts.card}</h2><pre>${receipt.cardLines.map(escapeHtml).join('\n')}</pre>`,
    list([
      [texts.number, escapeHtml(receipt.number)],
      [texts.issued, at(receipt.issuedAt)],
      [texts.reference, escapeHtml(receipt.authorization_reference)],
      ...(receipt.sessionId === null ? [] : [[texts.session, escapeHtml(receipt.sessionId)] as const]),
    ]),
    seller(receipt, texts),
  ];
  return page(language, texts.title, sections.join('\n'));
}

/** A page with one message, for what has no receipt (yet). */
export function messagePage(language: ReceiptLanguage, message: keyof Texts): string {
  const texts = RECEIPT_TEXTS[language];
  return page(language, texts.title, `<header><h1>${texts.title}</h1></header><p class="note">${texts[message]}</p>`);
}

/** Asks for the last four digits of the card before a receipt whose address could be guessed is shown. */
export function cardQuestionPage(language: ReceiptLanguage, failed: boolean): string {
  const texts = RECEIPT_TEXTS[language];
  return page(
    language,
    texts.title,
    `<header><h1>${texts.title}</h1></header>
<form method="get"><p class="note">${failed ? `${texts.wrongCard} ` : ''}${texts.askCard}</p>
<input name="card" inputmode="numeric" pattern="[0-9]{4}" maxlength="4" required autocomplete="off" aria-label="${texts.askCard}">
<button>${texts.show}</button></form>`,
  );
}

function lines(receipt: Receipt, texts: Texts, amount: (text: string) => string, quantity: Intl.NumberFormat): string {
  const rows = receipt.lines.map((line) => {
    const name = Object.hasOwn(texts, line.dimension)
      ? texts[line.dimension as keyof Texts]
      : escapeHtml(line.dimension);
    const unit = line.unit === 'once' ? '' : ` ${escapeHtml(line.unit)}`;
    const detail =
      line.unit === '' ? '' : `${escapeHtml(quantity.format(Number(line.quantity)))}${unit} × ${amountOf(line.price)}`;
    return `<tr><td>${name}<small>${detail}</small></td><td>${amount(line.afterTaxes)}</td></tr>`;
  });
  const taxes = receipt.totals.taxes.map((tax) => {
    const rate = tax.percentage === null ? '' : ` ${escapeHtml(tax.percentage)} %`;
    return `<tr><td>${escapeHtml(tax.name)}${rate}</td><td>${amount(tax.amount)}</td></tr>`;
  });
  const captured =
    receipt.captured === null ? '' : `<tr><td>${texts.captured}</td><td>${amount(receipt.captured)}</td></tr>`;
  return `<table>${rows.join('')}</table>
<table class="sum"><tr><td>${texts.net}</td><td>${amount(receipt.totals.beforeTaxes)}</td></tr>${taxes.join('')}
<tr class="gross"><td>${texts.gross}</td><td>${amount(receipt.totals.afterTaxes)}</td></tr>${captured}</table>`;
}

/** A unit price keeps its decimals: 0.4567 EUR/kWh is not 0.46. */
function amountOf(price: string): string {
  return escapeHtml(price);
}

function seller({ seller }: Receipt, texts: Texts): string {
  if (seller === null) return '';
  const contact = [seller.phone, seller.email].filter((text) => text !== undefined).map(escapeHtml);
  return `<footer><strong>${escapeHtml(seller.name)}</strong><br>${escapeHtml(seller.address).replaceAll('\n', '<br>')}<br>
${texts.vatId} ${escapeHtml(seller.vatId)}${contact.length === 0 ? '' : `<br>${texts.help} ${contact.join(' · ')}`}</footer>`;
}

function list(entries: readonly (readonly [string, string])[]): string {
  return `<dl>${entries.map(([term, value]) => `<dt>${term}</dt><dd>${value}</dd>`).join('')}</dl>`;
}

const STYLE = `:root{color-scheme:light dark}*{box-sizing:border-box}
body{margin:0 auto;max-width:30rem;padding:1.25rem;font:1rem/1.5 system-ui,sans-serif}
header{display:flex;justify-content:space-between;align-items:center;gap:1rem;flex-wrap:wrap}h1{font-size:1.25rem;margin:0}
h2{font-size:1rem;margin:1.5rem 0 .25rem}.status{margin:0;padding:.15rem .6rem;border-radius:1rem;font-size:.85rem;background:#8883}
.status.paid{background:#1a7f3733;color:light-dark(#12612a,#7ee2a0)}.status.not-paid{background:#c5221f33}
.total{font-size:2.25rem;font-weight:650;margin:1rem 0}.note{background:#8882;border-radius:.5rem;padding:.75rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem;margin:1rem 0}dt{opacity:.7}dd{margin:0;overflow-wrap:anywhere}
table{width:100%;border-collapse:collapse;margin:.75rem 0}td{padding:.35rem 0;border-bottom:1px solid #8884;vertical-align:top}
td:last-child{text-align:right;white-space:nowrap}td small{display:block;opacity:.7}.gross td{font-weight:650}
pre{background:#8882;border-radius:.5rem;padding:.75rem;overflow-x:auto;white-space:pre-wrap;font-size:.85rem}
footer{margin-top:1.5rem;font-size:.85rem;opacity:.85}input,button{font:inherit;padding:.5rem;border-radius:.5rem;border:1px solid #8888}
@media print{body{max-width:none}}`;

function page(language: ReceiptLanguage, title: string, body: string): string {
  return `<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><title>${title}</title><style>${STYLE}</style></head>
<body><main>${body}</main></body></html>
`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
