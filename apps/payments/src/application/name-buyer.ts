import { Injectable } from '@nestjs/common';
import type { Buyer, Receipt } from '@voltap/contracts/back-office';
import { sameJson, VoltapError } from '@voltap/kernel';
import { ReceiptRepository } from '../store/receipt-repository.js';
import { ReadReceipt } from './read-receipt.js';

/** Makes a receipt a full invoice. What was issued is not changed: a buyer is named once. */
@Injectable()
export class NameBuyer {
  constructor(
    private readonly receipts: ReceiptRepository,
    private readonly readReceipt: ReadReceipt,
  ) {}

  /** @throws VoltapError not_found; conflict when another buyer is named already. */
  async execute(reference: string, buyer: Buyer): Promise<Receipt> {
    const found = await this.receipts.find(reference);
    if (found !== null) await this.receipts.nameBuyer(found.receipt.number, found.receipt.party, buyer);
    const receipt = await this.readReceipt.byReference(reference);
    if (receipt === null) throw new VoltapError('not_found', `There is no receipt for ${reference} (yet).`);
    if (!sameJson(receipt.buyer, buyer)) {
      throw new VoltapError(
        'conflict',
        `Receipt ${receipt.number} names ${receipt.buyer?.name} already; credit the CDR to change it.`,
      );
    }
    return receipt;
  }
}
