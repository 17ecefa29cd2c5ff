import type { ReceiptContent } from './receipt-content.js';
import { RECEIPT_TEXTS, type ReceiptLanguage } from './receipt-texts.js';

type Texts = (typeof RECEIPT_TEXTS)[ReceiptLanguage];

/** A page that a driver can read on a phone and print; no scripts, nothing from elsewhere. `pdfPath`: where the PDF is. */
export function receiptPage(content: ReceiptContent, pdfPath: string): string {
  const { language, title, state, stateText, total, notes, card, buyer, seller, signed } = content;
  const sections = [
    `<header><h1>${escapeHtml(title)}</h1><p class="status ${state}">${escapeHtml(stateText)}</p></header>`,
    `<p class="total">${escapeHtml(total)}</p>`,
    ...notes.map((note) => `<p class="note">${escapeHtml(note)}</p>`),
    list(content.details),
    lines(content),
    card === null ? '' : `<h2>${escapeHtml(card.title)}</h2><pre>${card.lines.map(escapeHtml).join('\n')}</pre>`,
    list(content.references),
    buyer === null ? '' : `<h2>${escapeHtml(buyer.title)}</h2><p class="party">${broken(buyer.lines)}</p>`,
    signed === null ? '' : signedValues(signed, language),
    `<p class="pdf"><a href="${escapeHtml(pdfPath)}">${RECEIPT_TEXTS[language].pdf}</a></p>`,
    seller === null ? '' : `<footer><strong>${escapeHtml(seller.name)}</strong><br>${broken(seller.lines)}</footer>`,
  ];
  return page(language, title, sections.filter((section) => section !== '').join('\n'));
}

/** A page with one message, for what has no receipt (yet). */
export function messagePage(language: ReceiptLanguage, message: keyof Texts): string {
  const texts = RECEIPT_TEXTS[language];
  return page(
    language,
    texts.title,
    `<header><h1>${texts.title}</h1></header><p class="note">${escapeHtml(texts[message])}</p>`,
  );
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

function lines({ lines: charged, sums }: ReceiptContent): string {
  const rows = charged.map(
    ({ name, detail, amount }) =>
      `<tr><td>${escapeHtml(name)}<small>${escapeHtml(detail)}</small></td><td>${escapeHtml(amount)}</td></tr>`,
  );
  const totals = sums.map(
    ({ name, amount, strong }) =>
      `<tr${strong ? ' class="gross"' : ''}><td>${escapeHtml(name)}</td><td>${escapeHtml(amount)}</td></tr>`,
  );
  return `<table>${rows.join('')}</table>\n<table class="sum">${totals.join('')}</table>`;
}

function signedValues(
  { title, hint, items, verifyAt }: NonNullable<ReceiptContent['signed']>,
  language: ReceiptLanguage,
): string {
  const rows = items.map(
    ([name, value]) => `${name === '' ? '' : `<dt>${escapeHtml(name)}</dt>`}<dd><code>${escapeHtml(value)}</code></dd>`,
  );
  const link =
    verifyAt === null
      ? ''
      : `<p><a rel="noreferrer" href="${escapeHtml(verifyAt)}">${RECEIPT_TEXTS[language].verify}</a></p>`;
  return `<details><summary>${escapeHtml(title)}</summary><p>${escapeHtml(hint)}</p><dl class="signed">${rows.join('')}</dl>${link}</details>`;
}

function list(entries: readonly (readonly [string, string])[]): string {
  return `<dl>${entries.map(([term, value]) => `<dt>${escapeHtml(term)}</dt><dd>${escapeHtml(value)}</dd>`).join('')}</dl>`;
}

function broken(texts: readonly string[]): string {
  return texts.map(escapeHtml).join('<br>');
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
details{margin:1rem 0}summary{cursor:pointer}.signed{display:block}code{font-size:.8rem;overflow-wrap:anywhere}a{color:inherit}
footer{margin-top:1.5rem;font-size:.85rem;opacity:.85}input,button{font:inherit;padding:.5rem;border-radius:.5rem;border:1px solid #8888}
@media print{body{max-width:none}.pdf{display:none}}`;

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
