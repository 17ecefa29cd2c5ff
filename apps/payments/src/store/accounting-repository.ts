import { Injectable } from '@nestjs/common';
import type { PartyKey } from '@voltap/kernel';
import { Database, type Transaction } from '@voltap/platform/persistence';
import type { ReconciliationState } from '../domain/reconciliation.js';

export interface Period {
  readonly party: PartyKey;
  readonly number: number;
  readonly endsAt: Date;
  readonly closedAt: Date;
  readonly closedBy: string;
}

/** Sums of one currency under one state and cause; decimal texts. */
export interface Subtotal {
  readonly currency: string;
  readonly state: ReconciliationState;
  readonly cause: string | null;
  readonly charges: number;
  readonly corrections: number;
  readonly billed: string;
  readonly captured: string;
  readonly writtenOff: string;
  readonly paidOut: string;
  readonly fees: string;
}

export interface Entry extends Omit<Subtotal, 'charges' | 'corrections'> {
  readonly partnerId: string;
  readonly authorization_reference: string;
  /** It changes what an earlier period said of the charge. */
  readonly correction: boolean;
}

interface PeriodRow {
  party: PartyKey;
  number: number;
  ends_at: Date;
  closed_at: Date;
  closed_by: string;
}

const FIGURES = ['billed', 'captured', 'written_off', 'paid_out', 'fees'] as const;
const each = (text: (figure: string) => string, separator = ', '): string => FIGURES.map(text).join(separator);

/**
 * What the charges of party $1 billed before $2 amount to now, less what the closed periods have said of them. So the
 * sum over all periods is always what is known, and a closed period never changes. A charge that was reported stays in the
 * books, also when it is billed after $2.
 */
const CHANGES = `
  with reported as (
    select partner_id, authorization_reference, currency, ${each((figure) => `sum(${figure}) as ${figure}`)}
    from accounting_entry where party = $1 group by 1, 2, 3
  ), known as (
    select f.* from reconciliation_figure f
    join reconciliation r using (partner_id, authorization_reference)
    where r.party = $1 and (
      coalesce(r.billed_at, r.updated_at) < $2
      or exists (select 1 from reported e where (e.partner_id, e.authorization_reference) = (f.partner_id, f.authorization_reference))
    )
  )
  select partner_id, authorization_reference, currency,
    ${each((figure) => `coalesce(known.${figure}, 0) - coalesce(reported.${figure}, 0) as ${figure}`)},
    r.state, r.cause, reported.currency is not null as correction
  from known full join reported using (partner_id, authorization_reference, currency)
  join reconciliation r using (partner_id, authorization_reference)
  where reported.currency is null
    or ${each((figure) => `coalesce(known.${figure}, 0) <> reported.${figure}`, ' or ')}`;

const SUBTOTALS = `
  select currency, state, cause, count(*)::int as charges, (count(*) filter (where correction))::int as corrections,
    ${each((figure) => `sum(${figure})::text as ${figure}`)}
  from entry group by currency, state, cause order by currency, state, cause nulls first`;

type SubtotalRow = Omit<Subtotal, 'writtenOff' | 'paidOut'> & {
  readonly written_off: string;
  readonly paid_out: string;
};

/** The books of each party: closed periods and what each says of every charge. Entries are only ever added. */
@Injectable()
export class AccountingRepository {
  constructor(private readonly database: Database) {}

  /** Two that close at once do it one after the other. */
  async lock(transaction: Transaction, party: PartyKey): Promise<void> {
    await transaction.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`accounting ${party}`]);
  }

  async last(transaction: Transaction, party: PartyKey): Promise<Period | null> {
    const rows: PeriodRow[] = await transaction.query(
      'select * from accounting_period where party = $1 order by number desc limit 1',
      [party],
    );
    return rows[0] === undefined ? null : periodOf(rows[0]);
  }

  async close(transaction: Transaction, period: Period): Promise<void> {
    const { party, number, endsAt, closedAt, closedBy } = period;
    await transaction.query(
      'insert into accounting_period (party, number, ends_at, closed_at, closed_by) values ($1, $2, $3, $4, $5)',
      [party, number, endsAt, closedAt, closedBy],
    );
    await transaction.query(
      `insert into accounting_entry (party, number, partner_id, authorization_reference, currency, ${each((figure) => figure)}, state, cause, correction)
       select $1, $3::int, changes.* from (${CHANGES}) as changes`,
      [party, endsAt, number],
    );
  }

  async find(party: PartyKey, number: number): Promise<Period | null> {
    const rows: PeriodRow[] = await this.database.reader.query(
      'select * from accounting_period where party = $1 and number = $2',
      [party, number],
    );
    return rows[0] === undefined ? null : periodOf(rows[0]);
  }

  /** Newest first, those with a number below `below`. */
  async list(party: PartyKey, limit: number, below?: number): Promise<Period[]> {
    const rows: PeriodRow[] = await this.database.reader.query(
      `select * from accounting_period where party = $1 and ($3::int is null or number < $3)
       order by number desc limit $2`,
      [party, limit, below ?? null],
    );
    return rows.map(periodOf);
  }

  /** What a period would say that ended at `endsAt`. */
  async open(party: PartyKey, endsAt: Date): Promise<Subtotal[]> {
    const rows: SubtotalRow[] = await this.database.reader.query(`with entry as (${CHANGES}) ${SUBTOTALS}`, [
      party,
      endsAt,
    ]);
    return rows.map(subtotalOf);
  }

  async subtotals(party: PartyKey, number: number): Promise<Subtotal[]> {
    const rows: SubtotalRow[] = await this.database.reader.query(
      `with entry as (select * from accounting_entry where party = $1 and number = $2) ${SUBTOTALS}`,
      [party, number],
    );
    return rows.map(subtotalOf);
  }

  /** In the order of their keys, behind `after`. */
  async entries(
    party: PartyKey,
    number: number,
    limit: number,
    after: readonly [partnerId: string, reference: string, currency: string] | undefined,
  ): Promise<Entry[]> {
    const rows: (SubtotalRow & { partner_id: string; reference: string; correction: boolean })[] =
      await this.database.reader.query(
        `select e.*, coalesce(r.reference_as_sent, e.authorization_reference) as reference
         from accounting_entry e left join reconciliation r using (partner_id, authorization_reference)
         where e.party = $1 and e.number = $2
           and (partner_id, authorization_reference, currency) > ($4, $5, $6)
         order by partner_id, authorization_reference, currency limit $3`,
        [party, number, limit, ...(after ?? ['', '', ''])],
      );
    return rows.map((row) => {
      const { charges: _, corrections: __, ...figures } = subtotalOf(row);
      const { partner_id: partnerId, reference: authorization_reference, correction } = row;
      return { partnerId, authorization_reference, correction, ...figures };
    });
  }

  /** Money that no party can be named for: references that no charge of ours has. */
  async unassigned(): Promise<number> {
    const rows: { count: number }[] = await this.database.reader.query(
      'select count(*)::int as count from reconciliation where party is null',
    );
    return rows[0]?.count ?? 0;
  }
}

function periodOf(row: PeriodRow): Period {
  const { party, number, ends_at: endsAt, closed_at: closedAt, closed_by: closedBy } = row;
  return { party, number, endsAt, closedAt, closedBy };
}

function subtotalOf(row: SubtotalRow): Subtotal {
  return {
    currency: row.currency,
    state: row.state,
    cause: row.cause,
    charges: row.charges,
    corrections: row.corrections,
    billed: row.billed,
    captured: row.captured,
    writtenOff: row.written_off,
    paidOut: row.paid_out,
    fees: row.fees,
  };
}
