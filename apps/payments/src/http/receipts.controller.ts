import { Controller, Get, Headers, Param, Query, Res } from '@nestjs/common';
import type { Receipt } from '@voltap/contracts/back-office';
import type { FastifyReply } from 'fastify';
import { ReadReceipt } from '../application/read-receipt.js';
import { canBeGuessed, lastFourDigits } from '../domain/receipt-access.js';
import { cardQuestionPage, messagePage, receiptPage } from './receipt-page.js';
import { receiptLanguage } from './receipt-texts.js';

/**
 * A driver's receipt at `/receipts/{secret of the terminal}/{authorization_reference}`, as a page, or as JSON where the
 * address ends in `.json` or the caller asks for it. What is unknown looks the same, whichever part of it is.
 */
@Controller('receipts')
export class ReceiptsController {
  constructor(private readonly readReceipt: ReadReceipt) {}

  @Get(':secret/:reference')
  async read(
    @Param('secret') secret: string,
    @Param('reference') reference: string,
    @Query() parameters: Record<string, string | string[] | undefined>,
    @Headers() headers: Record<string, string | undefined>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const json = reference.endsWith('.json') || (headers.accept ?? '').startsWith('application/json');
    const query = { lang: single(parameters.lang), card: single(parameters.card) };
    const bare = reference.replace(/\.json$/, '');
    const language = receiptLanguage(query.lang, headers['accept-language']);
    const found = await this.readReceipt.bySecret(secret, bare);
    reply.header('cache-control', 'private, no-store').header('x-content-type-options', 'nosniff');
    if (found === null)
      return answer(reply, 404, json, { error: 'there is no such receipt' }, messagePage(language, 'unknown'));
    if (found.receipt === null) {
      const message = found.charge?.state === 'NOT_STARTED' ? 'notStarted' : 'charging';
      return answer(reply, 200, json, { status: message }, messagePage(language, message));
    }
    const { receipt } = found;
    if (!mayRead(receipt, bare, query.card)) {
      const failed = query.card !== undefined;
      return answer(reply, 403, json, { error: 'card digits needed: ?card=1234' }, cardQuestionPage(language, failed));
    }
    return answer(reply, 200, json, receipt, receiptPage(receipt, language));
  }
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
