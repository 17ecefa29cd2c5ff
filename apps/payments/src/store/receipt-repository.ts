import { Injectable } from '@nestjs/common';
import type { Buyer, LegalEntity } from '@voltap/contracts/back-office';
import type { PriceLineRecord } from '@voltap/contracts/events';
import type { PartyKey } from '@voltap/kernel';
import type { Cdr } from '@voltap/ocpi/model';
import { Database, type Transaction } from '@voltap/platform/persistence';

/** What a receipt or a credit note is made of, frozen with its number when its CDR came. */
export interface ReceiptRow {
  readonly partnerId: string;
  readonly authorization_reference: string;
  readonly party: PartyKey;
  readonly number: string;
  readonly issuedAt: Date;
  readonly cdr: Cdr;
  readonly lines: readonly PriceLineRecord[];
  /** Taxes included, decimal text. */
  readonly total: string;
  readonly timeZone: string;
  /** The CDR that it takes back; null for a receipt. */
  readonly creditOf: string | null;
  /** null: nobody was set for the party then. */
  readonly seller: LegalEntity | null;
  readonly buyer: Buyer | null;
}

interface Row {
  partner_id: string;
  authorization_reference: string;
  party: PartyKey;
  number: string;
  issued_at: Date;
  cdr: Cdr;
  lines: PriceLineRecord[];
  total: string;
  time_zone: string;
  credit_of: string | null;
  seller: LegalEntity | null;
  buyer: Buyer | null;
}

/** Receipts and credit notes under one gapless number series for each party. */
@Injectable()
export class ReceiptRepository {
  constructor(private readonly database: Database) {}

  /** Issues the receipt of a CDR, once; the series row is locked until the commit, so a rollback leaves no gap. */
  async issue(transaction: Transaction, receipt: Omit<ReceiptRow, 'number' | 'seller' | 'buyer'>): Promise<void> {
    const key = [receipt.partnerId, receipt.authorization_reference.toUpperCase(), receipt.cdr.id];
    const existing: unknown[] = await transaction.query(
      `select 1 from receipt where partner_id = $1 and authorization_reference = $2 and cdr ->> 'id' = $3`,
      key,
    );
    if (existing.length > 0) return;
    const [series]: { last: string }[] = await transaction.query(
      `insert into receipt_series as s (party, last) values ($1, 1)
       on conflict (party) do update set last = s.last + 1 returning last`,
      [receipt.party],
    );
    const number = `${receipt.party.replace('*', '')}-${String(series?.last ?? 1).padStart(8, '0')}`;
    await transaction.query(
      `insert into receipt (partner_id, authorization_reference, cdr_id, party, number, issued_at, cdr, lines, total, time_zone, credit_of, seller)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, (select content from legal_entity where party = $4))`,
      [
        ...key,
        receipt.party,
        number,
        receipt.issuedAt,
        JSON.stringify(receipt.cdr),
        JSON.stringify(receipt.lines),
        receipt.total,
        receipt.timeZone,
        receipt.creditOf,
      ],
    );
  }

  /** The latest receipt under a reference, with the credit notes under it, oldest first. */
  async find(
    reference: string,
    partnerId?: string,
  ): Promise<{ receipt: ReceiptRow; creditNotes: ReceiptRow[] } | null> {
    const rows: Row[] = await this.database.reader.query(
      `select * from receipt where authorization_reference = $1 and ($2::text is null or partner_id = $2)
       order by issued_at desc, number desc`,
      [reference.toUpperCase(), partnerId ?? null],
    );
    const latest = rows.find(({ credit_of }) => credit_of === null);
    if (latest === undefined) return null;
    const own = rows.filter(({ partner_id, credit_of }) => partner_id === latest.partner_id && credit_of !== null);
    return { receipt: receiptOf(latest), creditNotes: own.toReversed().map(receiptOf) };
  }

  /** @returns false when somebody is named already. */
  async nameBuyer(number: string, party: PartyKey, buyer: Buyer): Promise<boolean> {
    const [, count]: [unknown, number] = await this.database.reader.query(
      'update receipt set buyer = $3 where party = $1 and number = $2 and buyer is null',
      [party, number, JSON.stringify(buyer)],
    );
    return count === 1;
  }
}

function receiptOf(row: Row): ReceiptRow {
  return {
    partnerId: row.partner_id,
    authorization_reference: row.authorization_reference,
    party: row.party,
    number: row.number,
    issuedAt: row.issued_at,
    cdr: row.cdr,
    lines: row.lines,
    total: row.total,
    timeZone: row.time_zone,
    creditOf: row.credit_of,
    seller: row.seller,
    buyer: row.buyer,
  };
}
