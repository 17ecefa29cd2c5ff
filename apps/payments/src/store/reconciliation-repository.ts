import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '@voltap/platform/persistence';
import type { Difference, Facts, ReconciliationState } from '../domain/reconciliation.js';

export interface ReconciliationRow {
  readonly partnerId: string;
  readonly authorization_reference: string;
  readonly revision: number;
  readonly facts: Facts;
  readonly state: ReconciliationState;
  readonly differences: readonly Difference[];
  readonly updatedAt: Date;
}

interface Row {
  partner_id: string;
  authorization_reference: string;
  reference_as_sent: string | null;
  revision: string;
  facts: Facts;
  state: ReconciliationState;
  differences: Difference[];
  updated_at: Date;
}

export interface ReconciliationListQuery {
  readonly limit: number;
  readonly state?: string;
  readonly before?: { readonly updatedAt: string; readonly partnerId: string; readonly reference: string };
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

  async write(transaction: Transaction, row: ReconciliationRow): Promise<void> {
    await transaction.query(
      `insert into reconciliation (partner_id, authorization_reference, revision, facts, state, differences, updated_at, reference_as_sent)
       values ($1, $2, $3, $4, $5, $6, $7, $8)
       on conflict (partner_id, authorization_reference) do update
         set revision = excluded.revision, facts = excluded.facts, state = excluded.state,
             differences = excluded.differences, updated_at = excluded.updated_at`,
      [
        row.partnerId,
        row.authorization_reference.toUpperCase(),
        row.revision,
        JSON.stringify(row.facts),
        row.state,
        JSON.stringify(row.differences),
        row.updatedAt,
        row.authorization_reference,
      ],
    );
  }

  /** Latest change first. */
  async list({ limit, state, before }: ReconciliationListQuery): Promise<ReconciliationRow[]> {
    const parameters: unknown[] = [limit];
    const conditions = ['true'];
    if (state !== undefined) {
      parameters.push(state);
      conditions.push(`state = $${parameters.length}`);
    }
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
}

function rowOf(row: Row): ReconciliationRow {
  return {
    partnerId: row.partner_id,
    // As the partner spelled it first; the key compares without case.
    authorization_reference: row.reference_as_sent ?? row.authorization_reference,
    revision: Number(row.revision),
    facts: row.facts,
    state: row.state,
    differences: row.differences,
    updatedAt: row.updated_at,
  };
}
