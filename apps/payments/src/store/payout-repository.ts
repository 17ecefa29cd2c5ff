import { Injectable } from '@nestjs/common';
import type { PayoutMapping } from '@voltap/contracts/back-office';
import { Clock } from '@voltap/kernel';
import { Database, type Transaction } from '@voltap/platform/persistence';
import type { PayoutLine } from '../application/payout-file.js';

export type PayoutState = 'NEW' | 'MATCHED' | 'AMBIGUOUS' | 'UNMATCHED' | 'DISMISSED';

export interface Payout extends Omit<PayoutLine, 'transactionId'> {
  readonly id: string;
  readonly importId: string;
  readonly state: PayoutState;
  readonly partnerId: string | null;
  readonly matchedReference: string | null;
  readonly candidates: readonly string[];
  readonly note: string | null;
}

export interface PayoutImport {
  readonly id: string;
  readonly mapping: string;
  readonly fileName: string;
  readonly importedAt: Date;
  readonly importedBy: string;
}

interface Row {
  id: string;
  import_id: string;
  line: number;
  authorization_reference: string | null;
  card_last_four: string | null;
  amount: string;
  fee: string;
  currency: string;
  transacted_at: Date | null;
  paid_at: Date;
  state: PayoutState;
  partner_id: string | null;
  matched_reference: string | null;
  candidates: string[];
  note: string | null;
}

export interface Candidate {
  readonly partnerId: string;
  readonly authorization_reference: string;
}

/** The lines of acquirers' files, each once, and which charge each belongs to. */
@Injectable()
export class PayoutRepository {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  async mapping(name: string): Promise<PayoutMapping | null> {
    const rows: { content: PayoutMapping }[] = await this.database.reader.query(
      'select content from payout_mapping where name = $1',
      [name],
    );
    return rows[0]?.content ?? null;
  }

  async mappings(): Promise<{ name: string; mapping: PayoutMapping }[]> {
    return this.database.reader.query('select name, content as mapping from payout_mapping order by name');
  }

  async putMapping(name: string, mapping: PayoutMapping): Promise<void> {
    await this.database.reader.query(
      `insert into payout_mapping (name, content, updated_at) values ($1, $2, $3)
       on conflict (name) do update set content = excluded.content, updated_at = excluded.updated_at`,
      [name, JSON.stringify(mapping), this.clock.now()],
    );
  }

  async beginImport(
    transaction: Transaction,
    { id, mapping, fileName, importedAt, importedBy }: PayoutImport,
  ): Promise<void> {
    await transaction.query(
      `insert into payout_import (id, mapping, file_name, digest, imported_at, imported_by) values ($1::uuid, $2, $3, $1::uuid::text, $4, $5)`,
      [id, mapping, fileName, importedAt, importedBy],
    );
  }

  /** @returns the earlier import of the same file, when there is one. */
  async endImport(transaction: Transaction, id: string, digest: string): Promise<PayoutImport | null> {
    // Two of the same file at once: the second waits here for the first.
    await transaction.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`payout file ${digest}`]);
    const rows: { id: string; mapping: string; file_name: string; imported_at: Date; imported_by: string }[] =
      await transaction.query('select * from payout_import where digest = $1', [digest]);
    const [earlier] = rows;
    if (earlier !== undefined) {
      const { mapping, file_name: fileName, imported_at: importedAt, imported_by: importedBy } = earlier;
      return { id: earlier.id, mapping, fileName, importedAt, importedBy };
    }
    await transaction.query('update payout_import set digest = $2 where id = $1', [id, digest]);
    return null;
  }

  /** @returns how many of the lines are new; a transaction that another file told already is not. */
  async add(
    transaction: Transaction,
    importId: string,
    mapping: string,
    lines: readonly PayoutLine[],
  ): Promise<number> {
    const columns = lines.map((line) => ({
      id:
        line.transactionId === null
          ? `${importId}:${line.line}`
          : // A chargeback may come under the id of the payment.
            `${mapping}:${line.transactionId}:${line.amount}`,
      line: line.line,
      authorization_reference: line.authorization_reference?.toUpperCase() ?? null,
      card_last_four: line.cardLastFour,
      amount: line.amount,
      fee: line.fee,
      currency: line.currency,
      transacted_at: line.transactedAt,
      paid_at: line.paidAt,
    }));
    const rows: unknown[] = await transaction.query(
      `insert into payout (id, import_id, line, authorization_reference, card_last_four, amount, fee, currency, transacted_at, paid_at, state, next_attempt_at)
       select id, $1::uuid, line, authorization_reference, card_last_four, amount, fee, currency, transacted_at, paid_at, 'NEW', $3::timestamptz
       from jsonb_to_recordset($2::jsonb) as given(id text, line int, authorization_reference text, card_last_four text,
         amount numeric, fee numeric, currency text, transacted_at timestamptz, paid_at timestamptz)
       on conflict (id) do nothing returning id`,
      [importId, JSON.stringify(columns), this.clock.now()],
    );
    return rows.length;
  }

  async lock(transaction: Transaction, id: string): Promise<Payout | null> {
    const rows: Row[] = await transaction.query('select * from payout where id = $1 for update', [id]);
    return rows[0] === undefined ? null : payoutOf(rows[0]);
  }

  /** Those to be matched (again), oldest first. */
  async due(limit: number, importId?: string): Promise<string[]> {
    const rows: { id: string }[] = await this.database.reader.query(
      `select id from payout where next_attempt_at <= $1 and ($3::uuid is null or import_id = $3)
       order by next_attempt_at, import_id, line limit $2`,
      [this.clock.now(), limit, importId ?? null],
    );
    return rows.map(({ id }) => id);
  }

  async postpone(id: string, until: Date): Promise<void> {
    await this.database.reader.query('update payout set next_attempt_at = $2 where id = $1', [id, until]);
  }

  async settle(
    transaction: Transaction,
    payout: Payout,
    outcome: Pick<Payout, 'state'> &
      Partial<Pick<Payout, 'partnerId' | 'matchedReference' | 'candidates' | 'note'>> & {
        readonly nextAttemptAt?: Date;
      },
  ): Promise<void> {
    await transaction.query(
      `update payout set state = $2, partner_id = $3, matched_reference = $4, candidates = $5, note = $6, next_attempt_at = $7
       where id = $1`,
      [
        payout.id,
        outcome.state,
        outcome.partnerId ?? null,
        outcome.matchedReference ?? null,
        outcome.candidates ?? [],
        outcome.note ?? null,
        outcome.nextAttemptAt ?? null,
      ],
    );
  }

  async byReference(transaction: Transaction, reference: string, partnerId: string | null): Promise<Candidate[]> {
    return transaction.query(
      `select partner_id as "partnerId", coalesce(reference_as_sent, authorization_reference) as authorization_reference
       from reconciliation where authorization_reference = $1 and ($2::text is null or partner_id = $2) order by 1 limit 3`,
      [reference.toUpperCase(), partnerId],
    );
  }

  /** Charges of this card and this captured amount around that time for which nothing was paid out yet. */
  async byCard(
    transaction: Transaction,
    { cardLastFour, amount, currency, transactedAt, paidAt }: Payout,
  ): Promise<Candidate[]> {
    return transaction.query(
      `select r.partner_id as "partnerId", coalesce(r.reference_as_sent, r.authorization_reference) as authorization_reference
       from reconciliation r join reconciliation_figure f using (partner_id, authorization_reference)
       where r.card_last_four @> array[$1]::text[] and f.currency = $3 and f.captured = $2::numeric and f.paid_out = 0
         and $4::timestamptz between r.started_at - interval '1 hour' and coalesce(r.billed_at, r.started_at) + interval '4 days'
       order by r.started_at, r.authorization_reference limit 10`,
      [cardLastFour, amount, currency, transactedAt ?? paidAt],
    );
  }

  /** In the order of files and lines. */
  async list(query: {
    state?: PayoutState;
    importId?: string;
    limit: number;
    after?: { importId: string; line: number };
  }): Promise<Payout[]> {
    const rows: Row[] = await this.database.reader.query(
      `select * from payout where ($2::text is null or state = $2) and ($3::uuid is null or import_id = $3)
         and ($4::uuid is null or (import_id, line) > ($4, $5))
       order by import_id, line limit $1`,
      [query.limit, query.state ?? null, query.importId ?? null, query.after?.importId ?? null, query.after?.line ?? 0],
    );
    return rows.map(payoutOf);
  }

  /** How many lines of an import are in which state. */
  async counts(importId: string): Promise<{ state: PayoutState; count: number }[]> {
    return this.database.reader.query(
      'select state, count(*)::int as count from payout where import_id = $1 group by state',
      [importId],
    );
  }
}

function payoutOf(row: Row): Payout {
  return {
    id: row.id,
    importId: row.import_id,
    line: row.line,
    authorization_reference: row.authorization_reference,
    cardLastFour: row.card_last_four,
    amount: row.amount,
    fee: row.fee,
    currency: row.currency,
    transactedAt: row.transacted_at,
    paidAt: row.paid_at,
    state: row.state,
    partnerId: row.partner_id,
    matchedReference: row.matched_reference,
    candidates: row.candidates,
    note: row.note,
  };
}
