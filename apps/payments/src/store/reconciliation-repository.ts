import { Injectable } from '@nestjs/common';
import { VoltapError } from '@voltap/kernel';
import { Database, type Transaction } from '@voltap/platform/persistence';
import type { Difference } from '../domain/differences.js';
import { type Facts, NO_FACTS } from '../domain/facts.js';
import type { Figures } from '../domain/figures.js';
import type { ReconciliationState } from '../domain/reconciliation.js';
import { type ChargeSearch, conditionsOf } from './charge-search.js';

export interface ReconciliationRow {
  readonly partnerId: string;
  readonly authorization_reference: string;
  readonly revision: number;
  readonly facts: Facts;
  readonly state: ReconciliationState;
  readonly differences: readonly Difference[];
  readonly dueAt: Date | null;
  readonly updatedAt: Date;
}

interface Row {
  partner_id: string;
  authorization_reference: string;
  reference_as_sent: string | null;
  revision: string;
  facts: Partial<Facts>;
  state: ReconciliationState;
  differences: Difference[];
  due_at: Date | null;
  updated_at: Date;
}

export interface ReconciliationListQuery extends ChargeSearch {
  readonly limit: number;
  readonly before?: { readonly updatedAt: string; readonly partnerId: string; readonly reference: string };
}

export interface ReconciliationSummary {
  readonly currency: string | null;
  readonly state: ReconciliationState;
  readonly cause: string | null;
  readonly age: 'not_due' | 'day' | 'week' | 'month' | 'older';
  readonly charges: number;
  readonly open: string;
}

/** One row for each charge paid by card: what is known of it and whether the money agrees. References compare without case. */
@Injectable()
export class ReconciliationRepository {
  constructor(private readonly database: Database) {}

  /** The row under a lock; while there is none, the lock is on the reference, so that two facts at once are one row. */
  async lock(transaction: Transaction, partnerId: string, reference: string): Promise<ReconciliationRow | null> {
    await transaction.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [
      `reconciliation ${partnerId} ${reference.toUpperCase()}`,
    ]);
    const rows: Row[] = await transaction.query(
      'select * from reconciliation where partner_id = $1 and authorization_reference = $2',
      [partnerId, reference.toUpperCase()],
    );
    return rows[0] === undefined ? null : rowOf(rows[0]);
  }

  async find(reference: string, partnerId?: string): Promise<ReconciliationRow | null> {
    const rows: Row[] = await this.database.reader.query(
      `select * from reconciliation where authorization_reference = $1 and ($2::text is null or partner_id = $2)
       order by updated_at desc limit 1`,
      [reference.toUpperCase(), partnerId ?? null],
    );
    return rows[0] === undefined ? null : rowOf(rows[0]);
  }

  /** Whose charge it is. @throws VoltapError not_found; conflict when partners share the reference and none is named. */
  async owner(transaction: Transaction, reference: string, partnerId?: string): Promise<string> {
    const rows: { partner_id: string }[] = await transaction.query(
      `select partner_id from reconciliation where authorization_reference = $1 and ($2::text is null or partner_id = $2)
       order by partner_id`,
      [reference.toUpperCase(), partnerId ?? null],
    );
    const [first] = rows;
    if (first === undefined) throw new VoltapError('not_found', `Nothing is known of a charge ${reference}.`);
    if (rows.length === 1) return first.partner_id;
    const partners = rows.map(({ partner_id }) => partner_id).join(', ');
    throw new VoltapError('conflict', `${reference} is a reference of several partners; give partnerId: ${partners}.`);
  }

  async write(transaction: Transaction, row: ReconciliationRow): Promise<void> {
    const { start, session, cdr, confirmation } = row.facts;
    const party = cdr === null ? (session?.party ?? start?.party) : `${cdr.country_code}*${cdr.party_id}`;
    const key = [row.partnerId, row.authorization_reference.toUpperCase()];
    await transaction.query(
      `insert into reconciliation (partner_id, authorization_reference, revision, facts, state, differences, updated_at, reference_as_sent,
         party, cause, started_at, billed_at, due_at, location_id, evse_uid, card_last_four)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
       on conflict (partner_id, authorization_reference) do update
         set revision = excluded.revision, facts = excluded.facts, state = excluded.state,
             differences = excluded.differences, updated_at = excluded.updated_at, party = excluded.party,
             cause = excluded.cause, started_at = excluded.started_at, billed_at = excluded.billed_at,
             due_at = excluded.due_at, location_id = excluded.location_id, evse_uid = excluded.evse_uid,
             card_last_four = excluded.card_last_four`,
      [
        ...key,
        row.revision,
        JSON.stringify(row.facts),
        row.state,
        JSON.stringify(row.differences),
        row.updatedAt,
        row.authorization_reference,
        party ?? null,
        row.differences.find(({ tolerated }) => !tolerated)?.code ?? null,
        session?.startedAt ?? start?.acceptedAt ?? null,
        cdr?.createdAt ?? null,
        row.dueAt,
        session?.location_id ?? null,
        session?.evse_uid ?? null,
        confirmation?.cardLastFour ?? [],
      ],
    );
  }

  /** What the books are made of; replaced whenever it changes. */
  async writeFigures(
    transaction: Transaction,
    { partnerId, authorization_reference }: ReconciliationRow,
    figures: readonly Figures[],
  ): Promise<void> {
    const key = [partnerId, authorization_reference.toUpperCase()];
    await transaction.query(
      'delete from reconciliation_figure where partner_id = $1 and authorization_reference = $2',
      key,
    );
    for (const { currency, billed, captured, writtenOff, paidOut, fees } of figures) {
      await transaction.query(
        `insert into reconciliation_figure
           (partner_id, authorization_reference, currency, billed, captured, written_off, paid_out, fees)
         values ($1, $2, $3, $4, $5, $6, $7, $8)`,
        [...key, currency, billed, captured, writtenOff, paidOut, fees],
      );
    }
  }

  /** Latest change first. */
  async list({ limit, before, ...search }: ReconciliationListQuery): Promise<ReconciliationRow[]> {
    const parameters: unknown[] = [limit];
    const conditions = conditionsOf(search, parameters);
    if (before !== undefined) {
      parameters.push(before.updatedAt, before.partnerId, before.reference.toUpperCase());
      const at = parameters.length;
      conditions.push(
        `(updated_at, partner_id, authorization_reference) < ($${at - 2}::timestamptz, $${at - 1}, $${at})`,
      );
    }
    const rows: Row[] = await this.database.reader.query(
      `select * from reconciliation where ${conditions.join(' and ')}
       order by updated_at desc, partner_id desc, authorization_reference desc limit $1`,
      parameters,
    );
    return rows.map(rowOf);
  }

  /** Money that does not agree yet. */
  async summary(now: Date): Promise<ReconciliationSummary[]> {
    return this.database.reader.query(
      `select f.currency, r.state, r.cause, count(*)::int as charges, coalesce(sum(f.billed - f.captured - f.written_off), 0)::text as open,
         case when r.due_at is null or r.due_at > $1 then 'not_due'
              when r.due_at > $1 - interval '1 day' then 'day'
              when r.due_at > $1 - interval '7 days' then 'week'
              when r.due_at > $1 - interval '30 days' then 'month' else 'older' end as age
       from reconciliation r left join reconciliation_figure f using (partner_id, authorization_reference)
       where r.state not in ('NOT_STARTED', 'PAID_OUT', 'WRITTEN_OFF') and (r.state <> 'MATCHED' or r.due_at is not null)
       group by f.currency, r.state, r.cause, age order by age, r.state, r.cause, f.currency`,
      [now],
    );
  }
}

function rowOf(row: Row): ReconciliationRow {
  return {
    partnerId: row.partner_id,
    // As the partner spelled it first; the key compares without case.
    authorization_reference: row.reference_as_sent ?? row.authorization_reference,
    revision: Number(row.revision),
    facts: completed(row.facts),
    state: row.state,
    differences: row.differences,
    dueAt: row.due_at,
    updatedAt: row.updated_at,
  };
}

/** Rows of an earlier version know less of a charge. */
function completed(stored: Partial<Facts>): Facts {
  const { cdr = null, session = null, confirmation = null } = stored;
  return {
    ...NO_FACTS,
    ...stored,
    cdr: cdr && {
      ...EARLIER_CDR,
      ...cdr,
      beforeTaxes: cdr.beforeTaxes ?? cdr.total,
      roundedByLine: cdr.roundedByLine ?? cdr.total,
    },
    session: session && { ...EARLIER_SESSION, ...session },
    confirmation: confirmation && { ...EARLIER_CONFIRMATION, ...confirmation },
  };
}

const EARLIER_CDR = { limit: null };
const EARLIER_SESSION = { party: null, location_id: null, evse_uid: null, shown: null };
const EARLIER_CONFIRMATION = { cardLastFour: [] };
