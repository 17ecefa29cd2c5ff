import { Injectable } from '@nestjs/common';
import type { CdrCreated } from '@voltap/contracts/events';
import { Clock, partyKey } from '@voltap/kernel';
import type { Transaction } from '@voltap/platform/persistence';
import { ReceiptRepository } from '../store/receipt-repository.js';

/** Gives a CDR its receipt, or a credit CDR its credit note, with the next number of the party's series, once. */
@Injectable()
export class IssueReceipt {
  constructor(
    private readonly receipts: ReceiptRepository,
    private readonly clock: Clock,
  ) {}

  async execute(
    transaction: Transaction,
    charge: Pick<CdrCreated, 'cdr' | 'lines' | 'totalWithTaxes' | 'timeZone'> & {
      readonly partnerId: string;
      readonly authorization_reference: string;
    },
  ): Promise<void> {
    await this.receipts.issue(transaction, {
      partnerId: charge.partnerId,
      authorization_reference: charge.authorization_reference,
      party: partyKey(charge.cdr),
      issuedAt: this.clock.now(),
      cdr: charge.cdr,
      lines: charge.lines,
      total: charge.totalWithTaxes,
      timeZone: charge.timeZone,
      creditOf: charge.cdr.credit === true ? (charge.cdr.credit_reference_id ?? '') : null,
    });
  }
}
