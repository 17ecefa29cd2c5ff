import { Injectable } from '@nestjs/common';
import type { PriceLineRecord } from '@voltap/contracts/events';
import type { PartyKey } from '@voltap/kernel';
import type { Cdr } from '@voltap/ocpi/model';
import { Database, type Transaction } from '@voltap/platform/persistence';

/** What a receipt is made of, frozen with its number when the CDR came. */
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
}

/** Receipts under one gapless number series for each party. */
@Injectable()
export class ReceiptRepository {
  constructor(private readonly database: Database) {}

  /** Issues the receipt of a charge, once; the series row is locked until the commit, so a rollback leaves no gap. */
  async issue(transaction: Transaction, receipt: Omit<ReceiptRow, 'number'>): Promise<void> {
    const existing: unknown[] = await transaction.query(
      'select 1 from receipt where partner_id = $1 and authorization_reference = $2',
      [receipt.partnerId, receipt.authorization_reference.toUpperCase()],
    );
    if (existing.length > 0) return;
    const [series]: { last: string }[] = await transaction.query(
      `insert into receipt_series as s (party, last) values ($1, 1)
       on conflict (party) do update set last = s.last + 1 returning last`,
      [receipt.party],
    );
    const number = `${receipt.party.replace('*', '')}-${String(series?.last ?? 1).padStart(8, '0')}`;
    await transaction.query(
      `insert into receipt (partner_id, authorization_reference, party, number, issued_at, cdr, lines, total, time_zone)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [
        receipt.partnerId,
        receipt.authorization_reference.toUpperCase(),
        receipt.party,
        number,
        receipt.issuedAt,
        JSON.stringify(receipt.cdr),
        JSON.stringify(receipt.lines),
        receipt.total,
        receipt.timeZone,
      ],
    );
  }

  async find(reference: string, partnerId?: string): Promise<ReceiptRow | null> {
    const rows: Row[] = await this.database.reader.query(
      `select * from receipt where authorization_reference = $1 and ($2::text is null or partner_id = $2)
       order by issued_at desc limit 1`,
      [reference.toUpperCase(), partnerId ?? null],
    );
    const row = rows[0];
    if (row === undefined) return null;
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
    };
  }
}
