import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import PDFDocument from 'pdfkit';
import type { Pair, ReceiptContent } from './receipt-content.js';

// Place and company names come in every script of Europe; the fonts that PDF readers bring do not.
const { resolve } = createRequire(import.meta.url);
const REGULAR = readFileSync(resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf'));
const BOLD = readFileSync(resolve('dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf'));
const FIXED = readFileSync(resolve('dejavu-fonts-ttf/ttf/DejaVuSansMono.ttf'));

const MARGIN = 56;
const NAMES_WIDTH = 130;
const GREY = '#555555';

/** The receipt on A4, the same text as on the page. `qr`: PNG with the address of the page; null when it has none. */
export async function receiptDocument(content: ReceiptContent, qr: Buffer | null): Promise<Buffer> {
  const document = new PDFDocument({
    size: 'A4',
    margin: MARGIN,
    lang: content.language,
    info: { Title: `${content.title} ${content.references[0]?.[1] ?? ''}`, Producer: 'Voltap' },
  });
  document.registerFont('regular', REGULAR).registerFont('bold', BOLD).registerFont('fixed', FIXED);
  const chunks: Buffer[] = [];
  document.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise<void>((resolved, rejected) => document.on('end', resolved).on('error', rejected));
  new Layout(document).receipt(content, qr);
  document.end();
  await ended;
  return Buffer.concat(chunks);
}

class Layout {
  private readonly left = MARGIN;
  private readonly width: number;

  constructor(private readonly document: PDFKit.PDFDocument) {
    this.width = document.page.width - 2 * MARGIN;
  }

  receipt(content: ReceiptContent, qr: Buffer | null): void {
    const { seller, buyer, card, signed } = content;
    const { document } = this;
    if (qr !== null) document.image(qr, this.left + this.width - 72, MARGIN, { width: 72 });
    if (seller !== null) this.block(seller.name, seller.lines, this.width - 90);
    if (buyer !== null) this.block(buyer.title, buyer.lines, this.width - 90);
    document.y = Math.max(document.y + 18, MARGIN + (qr === null ? 0 : 84));
    document.font('bold').fontSize(18).text(`${content.title}  ${content.total}`, this.left, document.y);
    document.font('regular').fontSize(10).fillColor(GREY).text(content.stateText).fillColor('black');
    for (const note of content.notes) document.moveDown(0.5).text(note, { width: this.width });
    this.pairs(content.references);
    this.pairs(content.details);
    this.rule();
    for (const { name, detail, amount } of content.lines) this.row(name, amount, detail);
    this.rule();
    for (const { name, amount, strong } of content.sums) this.row(name, amount, '', strong);
    if (card !== null) this.block(card.title, card.lines, this.width, 'fixed');
    if (signed !== null) this.signed(signed);
  }

  private block(title: string, lines: readonly string[], width: number, font: 'regular' | 'fixed' = 'regular'): void {
    this.document.moveDown(0.7).font('bold').fontSize(10).text(title, this.left, undefined, { width });
    this.document.font(font).fontSize(9);
    for (const line of lines) this.document.text(line, { width });
  }

  private pairs(pairs: readonly Pair[]): void {
    const { document } = this;
    document.moveDown(0.7).fontSize(9);
    for (const [name, value] of pairs) {
      this.roomFor(document.font('regular').heightOfString(value, { width: this.width - NAMES_WIDTH }));
      const top = document.y;
      document
        .fillColor(GREY)
        .text(name, this.left, top, { width: NAMES_WIDTH - 8 })
        .fillColor('black');
      const below = document.y;
      document.text(value, this.left + NAMES_WIDTH, top, { width: this.width - NAMES_WIDTH });
      document.y = Math.max(document.y, below) + 2;
    }
    document.x = this.left;
  }

  private row(name: string, amount: string, detail: string, strong = false): void {
    const { document } = this;
    document.font(strong ? 'bold' : 'regular').fontSize(10);
    this.roomFor(30);
    const top = document.y;
    document.text(amount, this.left, top, { width: this.width, align: 'right' });
    document.text(name, this.left, top, { width: this.width - 110 });
    if (detail !== '')
      document
        .fontSize(8)
        .fillColor(GREY)
        .text(detail, { width: this.width - 110 })
        .fillColor('black');
    document.y += 3;
  }

  private rule(): void {
    const { document } = this;
    const y = document.y + 6;
    document
      .moveTo(this.left, y)
      .lineTo(this.left + this.width, y)
      .lineWidth(0.5)
      .strokeColor('#999999')
      .stroke();
    document.y = y + 8;
  }

  private signed({ title, hint, items, verifyAt }: NonNullable<ReceiptContent['signed']>): void {
    const { document } = this;
    this.block(title, [hint, ...(verifyAt === null ? [] : [verifyAt])], this.width);
    for (const [name, value] of items) {
      document.moveDown(0.4);
      if (name !== '')
        document.font('regular').fontSize(8).fillColor(GREY).text(name, { width: this.width }).fillColor('black');
      document.font('fixed').fontSize(6.5).text(value, { width: this.width });
    }
  }

  private roomFor(height: number): void {
    if (this.document.y + height > this.document.page.height - MARGIN) this.document.addPage();
  }
}
