import { Controller, Get, Headers, Param, Query, Res } from '@nestjs/common';
import type { Receipt } from '@voltap/contracts/back-office';
import type { FastifyReply } from 'fastify';
import { toBuffer } from 'qrcode';
import { ReadReceipt } from '../application/read-receipt.js';
import { canBeGuessed, lastFourDigits } from '../domain/receipt-access.js';
import { receiptContent } from './receipt-content.js';
import { receiptDocument } from './receipt-document.js';
import { cardQuestionPage, messagePage, receiptPage } from './receipt-page.js';
import { receiptLanguage } from './receipt-texts.js';

type Form = 'page' | 'json' | 'pdf' | 'qr';

const QR_WIDTH_PIXELS = 400;

/**
 * A driver's receipt at `/receipts/{secret of the terminal}/{authorization_reference}`, as a page; as JSON where the address
 * ends in `.json` or the caller asks for it; as a PDF at `.pdf`. `.qr.png` is the address itself, for the terminal to show,
 * also before there is a receipt. What is unknown looks the same, whichever part of it is.
 */
@Controller('receipts')
export class ReceiptsController {
  constructor(private readonly readReceipt: ReadReceipt) {}

  @Get(':secret/:reference')
  async read(
    @Param('secret') secret: string,
    @Param('reference') asked: string,
    @Query() parameters: Record<string, string | string[] | undefined>,
    @Headers() headers: Record<string, string | undefined>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const query = { lang: single(parameters.lang), card: single(parameters.card) };
    const language = receiptLanguage(query.lang, headers['accept-language']);
    const { reference, form } = formOf(asked, headers.accept);
    const json = form === 'json';
    reply.header('cache-control', 'private, no-store').header('x-content-type-options', 'nosniff');
    if (form === 'qr') return this.sendQr(secret, reference, reply);
    const found = await this.readReceipt.bySecret(secret, reference);
    if (found === null)
      return answer(reply, 404, json, { error: 'there is no such receipt' }, messagePage(language, 'unknown'));
    if (found.receipt === null) {
      const message = found.charge?.state === 'NOT_STARTED' ? 'notStarted' : 'charging';
      return answer(reply, 200, json, { status: message }, messagePage(language, message));
    }
    const { receipt } = found;
    if (!mayRead(receipt, reference, query.card)) {
      const failed = query.card !== undefined;
      return answer(reply, 403, json, { error: 'card digits needed: ?card=1234' }, cardQuestionPage(language, failed));
    }
    if (json) return answer(reply, 200, true, receipt, '');
    const content = receiptContent(receipt, language);
    if (form === 'page') {
      const pdf = new URLSearchParams({ lang: language, ...(query.card === undefined ? {} : { card: query.card }) });
      return answer(reply, 200, false, receipt, receiptPage(content, `${encodeURIComponent(reference)}.pdf?${pdf}`));
    }
    const file = await receiptDocument(content, receipt.url === null ? null : await qrCode(receipt.url));
    reply.header('content-disposition', `inline; filename="${receipt.number}.pdf"`).type('application/pdf').send(file);
  }

  private async sendQr(secret: string, reference: string, reply: FastifyReply): Promise<void> {
    const url = await this.readReceipt.addressOf(secret, reference);
    if (url === null) return answer(reply, 404, true, { error: 'there is no such receipt' }, '');
    reply.type('image/png').send(await qrCode(url));
  }
}

function qrCode(url: string): Promise<Buffer> {
  return toBuffer(url, { width: QR_WIDTH_PIXELS, margin: 2, errorCorrectionLevel: 'M' });
}

/** A reference may hold a dot itself; only the endings that are ours are taken off. */
function formOf(asked: string, accept = ''): { readonly reference: string; readonly form: Form } {
  for (const [ending, form] of [
    ['.json', 'json'],
    ['.pdf', 'pdf'],
    ['.qr.png', 'qr'],
  ] as const) {
    if (asked.endsWith(ending)) return { reference: asked.slice(0, -ending.length), form };
  }
  return { reference: asked, form: accept.startsWith('application/json') ? 'json' : 'page' };
}

/** A parameter that is there twice says nothing. */
function single(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** Card data are only behind an address that cannot be guessed, or behind the card's last digits. */
function mayRead(receipt: Receipt, reference: string, card: string | undefined): boolean {
  if (!canBeGuessed(reference) || receipt.cardLines.length === 0) return true;
  const digits = lastFourDigits(receipt.cardLines);
  return digits.length === 0 || (card !== undefined && digits.includes(card));
}

function answer(reply: FastifyReply, status: number, json: boolean, value: object, html: string): void {
  reply.status(status);
  if (json) reply.type('application/json').send(JSON.stringify(value));
  else {
    reply
      .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'")
      .type('text/html; charset=utf-8')
      .send(html);
  }
}
