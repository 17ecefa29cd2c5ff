import { Injectable } from '@nestjs/common';
import { type Party, type PartyKey, partyKey, VoltapError } from '@voltap/kernel';
import { Database, type Transaction } from '@voltap/platform/persistence';
import type { CdrComparison, StatedCdr } from '../domain/compare-cdr.js';

/** WAITING: ours is not there yet. UNREADABLE: it contradicts itself, or ours. */
export const BACK_END_CDR_STATES = ['WAITING', 'AGREES', 'DIFFERENT', 'UNREADABLE'] as const;
export type BackEndCdrState = (typeof BACK_END_CDR_STATES)[number];

/** What a back-end said of a session, and how it compares with our CDR. */
export interface StoredBackEndCdr {
  readonly scope: PartyKey;
  /** As the back-end wrote it. */
  readonly sessionId: string;
  readonly state: BackEndCdrState;
  readonly stated: StatedCdr;
  readonly receivedAt: Date;
  /** Ours, that it was compared with; null: none yet, or the charge was credited. */
  readonly cdrId: string | null;
  readonly comparison: CdrComparison | null;
  readonly problem: string | null;
}

/** Where a list goes on: after this one. */
export type BackEndCdrPosition = { readonly receivedAt: string; readonly scope: string; readonly sessionId: string };

export interface BackEndCdrQuery {
  readonly state?: BackEndCdrState | undefined;
  readonly cause?: string | undefined;
  readonly limit: number;
  readonly after?: BackEndCdrPosition | undefined;
}

interface Row {
  scope: PartyKey;
  session_as_sent: string;
  state: BackEndCdrState;
  stated: StatedCdr;
  received_at: Date;
  cdr_id: string | null;
  comparison: CdrComparison | null;
  problem: string | null;
}

/** CDRs of back-ends, the latest of each session. */
@Injectable()
export class BackEndCdrRepository {
  constructor(private readonly database: Database) {}

  async put(
    transaction: Transaction,
    party: Party,
    sessionId: string,
    { stated, receivedAt }: Pick<StoredBackEndCdr, 'stated' | 'receivedAt'>,
  ): Promise<void> {
    await transaction.query(
      `insert into back_end_cdr (scope, session_id, session_as_sent, stated, received_at, state)
       values ($1, $2, $3, $4, $5, 'WAITING')
       on conflict (scope, session_id) do update
         set session_as_sent = excluded.session_as_sent, stated = excluded.stated, received_at = excluded.received_at,
             state = 'WAITING', cdr_id = null, comparison = null, problem = null`,
      [partyKey(party), sessionId.toUpperCase(), sessionId, JSON.stringify(stated), receivedAt],
    );
  }

  async noteComparison(
    transaction: Transaction,
    party: Party,
    sessionId: string,
    { cdrId, comparison, problem }: Pick<StoredBackEndCdr, 'cdrId' | 'comparison' | 'problem'>,
  ): Promise<void> {
    await transaction.query(
      `update back_end_cdr set state = $3, cdr_id = $4, comparison = $5, problem = $6 where scope = $1 and session_id = $2`,
      [
        partyKey(party),
        sessionId.toUpperCase(),
        comparison?.state ?? 'UNREADABLE',
        cdrId,
        comparison === null ? null : JSON.stringify(comparison),
        problem,
      ],
    );
  }

  async find(transaction: Transaction, party: Party, sessionId: string): Promise<StoredBackEndCdr | null> {
    const rows: Row[] = await transaction.query('select * from back_end_cdr where scope = $1 and session_id = $2', [
      partyKey(party),
      sessionId.toUpperCase(),
    ]);
    return rows[0] === undefined ? null : stored(rows[0]);
  }

  /** @throws VoltapError not_found */
  async existing(transaction: Transaction, party: Party, sessionId: string): Promise<StoredBackEndCdr> {
    const found = await this.find(transaction, party, sessionId);
    if (found === null) throw new VoltapError('not_found', `No back-end has handed in a CDR of session ${sessionId}.`);
    return found;
  }

  /** Of sessions, by their keys `country*party*session` in capitals. */
  async ofSessions(
    keys: readonly { readonly scope: string; readonly sessionId: string }[],
  ): Promise<ReadonlyMap<string, StoredBackEndCdr>> {
    const rows: Row[] = await this.database.reader.query(
      `select b.* from back_end_cdr b join unnest($1::text[], $2::text[]) as wanted (scope, session_id)
         on b.scope = wanted.scope and b.session_id = wanted.session_id`,
      [keys.map(({ scope }) => scope), keys.map(({ sessionId }) => sessionId.toUpperCase())],
    );
    return new Map(rows.map((row) => [`${row.scope}*${row.session_as_sent.toUpperCase()}`, stored(row)]));
  }

  /** Newest first. */
  async list({ state, cause, limit, after }: BackEndCdrQuery): Promise<StoredBackEndCdr[]> {
    const rows: Row[] = await this.database.reader.query(
      `select * from back_end_cdr
       where ($1::text is null or state = $1) and ($2::text is null or comparison ->> 'cause' = $2)
         and ($3::timestamptz is null or (received_at, scope, session_id) < ($3::timestamptz, $4, upper($5)))
       order by received_at desc, scope desc, session_id desc limit $6`,
      [state ?? null, cause ?? null, after?.receivedAt ?? null, after?.scope ?? '', after?.sessionId ?? '', limit],
    );
    return rows.map(stored);
  }

  /** How many there are, by state and cause. */
  async counts(): Promise<{ state: BackEndCdrState; cause: string | null; count: number }[]> {
    const rows: { state: BackEndCdrState; cause: string | null; count: string }[] = await this.database.reader.query(
      `select state, comparison ->> 'cause' as cause, count(*) as count from back_end_cdr group by 1, 2`,
    );
    return rows.map(({ state, cause, count }) => ({ state, cause, count: Number(count) }));
  }
}

function stored(row: Row): StoredBackEndCdr {
  return {
    scope: row.scope,
    sessionId: row.session_as_sent,
    state: row.state,
    stated: row.stated,
    receivedAt: row.received_at,
    cdrId: row.cdr_id,
    comparison: row.comparison,
    problem: row.problem,
  };
}
