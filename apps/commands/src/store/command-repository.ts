import { Injectable } from '@nestjs/common';
import type { Party } from '@voltap/kernel';
import type { CommandResult, Tariff, Token } from '@voltap/ocpi/model';
import { Database, type Transaction } from '@voltap/platform/persistence';
import type { Command, CommandKind, CommandOrigin, Decider, Orphan, OrphanPolicy } from '../domain/command.js';

interface CommandRow {
  id: string;
  kind: CommandKind;
  origin: CommandOrigin;
  partner_id: string;
  country_code: string;
  party_id: string;
  subject: string;
  id_tag: string;
  authorization_reference: string | null;
  token: Token | null;
  location_id: string;
  evse_uid: string | null;
  connector_id: string | null;
  session_id: string | null;
  tariff: { revision: number; tariff: Tariff } | null;
  accepted_at: Date;
  deadline: Date;
  timeout_seconds: number;
  revision: string;
  result: CommandResult | null;
  decided_by: Decider | null;
  completed_at: Date | null;
  late_answer: CommandResult | null;
  handed_out: boolean;
  orphans: OrphanPolicy | null;
  orphan: Orphan | null;
  reservation: number | null;
  expiry: Date | null;
  awaited: boolean;
}

export interface CommandListQuery {
  readonly limit: number;
  readonly before?: { readonly acceptedAt: string; readonly id: string };
  readonly status?: 'ACCEPTED' | 'COMPLETED';
  readonly orphans?: boolean;
  readonly evseUid?: string;
}

/** Commands as rows: what was promised is never only in memory. */
@Injectable()
export class CommandRepository {
  constructor(private readonly database: Database) {}

  /** Serialises requests about the same subject, so that two at once are one command. Ends with the transaction. */
  async lockSubject(transaction: Transaction, partnerId: string, kind: CommandKind, subject: string): Promise<void> {
    await transaction.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [
      `command ${partnerId} ${kind} ${subject}`,
    ]);
  }

  async latestOf(
    transaction: Transaction,
    partnerId: string,
    kind: CommandKind,
    subject: string,
  ): Promise<Command | null> {
    return one(
      await transaction.query(
        `select * from command where partner_id = $1 and kind = $2 and subject = $3 order by accepted_at desc limit 1 for update`,
        [partnerId, kind, subject],
      ),
    );
  }

  /** All starts of a partner under a reference, newest first, locked. */
  async startsOf(transaction: Transaction, partnerId: string, reference: string): Promise<Command[]> {
    const rows: CommandRow[] = await transaction.query(
      `select * from command where kind = 'START_SESSION' and partner_id = $1 and upper(authorization_reference) = $2
       order by accepted_at desc, id for update`,
      [partnerId, reference.toUpperCase()],
    );
    return rows.map(commandOf);
  }

  /** Whether a later start has the reference of this one. */
  async wasTriedAgain(transaction: Transaction, start: Command): Promise<boolean> {
    const rows: unknown[] = await transaction.query(
      `select 1 from command where kind = 'START_SESSION' and partner_id = $1 and upper(authorization_reference) = upper($2)
         and id <> $3 and accepted_at > $4 limit 1`,
      [start.partnerId, start.authorization_reference, start.id, start.acceptedAt],
    );
    return rows.length > 0;
  }

  async lock(transaction: Transaction, id: string): Promise<Command | null> {
    return one(await transaction.query('select * from command where id = $1 for update', [id]));
  }

  async find(id: string): Promise<Command | null> {
    return one(await this.database.reader.query('select * from command where id = $1', [id]));
  }

  async insert(transaction: Transaction, command: Command, correlationId: string | null): Promise<void> {
    await transaction.query(
      `insert into command (id, kind, partner_id, country_code, party_id, subject, id_tag, authorization_reference, token,
         location_id, evse_uid, connector_id, session_id, tariff, accepted_at, deadline, timeout_seconds, revision,
         origin, reservation, expiry)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)`,
      [
        command.id,
        command.kind,
        command.partnerId,
        command.country_code,
        command.party_id,
        command.subject,
        command.idTag,
        command.authorization_reference,
        command.token,
        command.location_id,
        command.evse_uid,
        command.connector_id,
        command.session_id,
        command.tariff,
        command.acceptedAt,
        command.deadline,
        command.timeoutSeconds,
        command.revision,
        command.origin,
        command.reservation,
        command.expiry,
      ],
    );
    if (correlationId !== null) await this.addCallback(transaction, command.id, correlationId);
  }

  async addCallback(transaction: Transaction, commandId: string, correlationId: string): Promise<void> {
    await transaction.query(
      'insert into command_callback (command_id, correlation_id) values ($1, $2) on conflict do nothing',
      [commandId, correlationId],
    );
  }

  /** Of a locked command, that somebody waits for its outcome. */
  async await(transaction: Transaction, commandId: string): Promise<void> {
    await transaction.query('update command set awaited = true where id = $1', [commandId]);
  }

  /** Open stops of a session, whoever wants them, locked. */
  async openStops(transaction: Transaction, party: Party, sessionId: string): Promise<Command[]> {
    const rows: CommandRow[] = await transaction.query(
      `select * from command where kind = 'STOP_SESSION' and completed_at is null and country_code = $1 and party_id = $2
         and upper(session_id) = upper($3) order by accepted_at, id for update`,
      [party.country_code, party.party_id, sessionId],
    );
    return rows.map(commandOf);
  }

  /** Whether a RESERVE_NOW of that reservation, other than this one, has no outcome yet. */
  async isRequested(transaction: Transaction, reservation: number, exceptId: string): Promise<boolean> {
    const rows: unknown[] = await transaction.query(
      `select 1 from command where reservation = $1 and kind = 'RESERVE_NOW' and completed_at is null and id <> $2 limit 1`,
      [reservation, exceptId],
    );
    return rows.length > 0;
  }

  /**
   * The last stop of each session that we stop ourselves and that still runs `patienceMs` after that stop was answered;
   * after `often` stops only every `restMs`.
   */
  async unheededStops(
    limit: number,
    { patienceMs, often, restMs }: { readonly patienceMs: number; readonly often: number; readonly restMs: number },
  ): Promise<{ stop: Command; startId: string | null }[]> {
    const rows: (CommandRow & { start_id: string | null })[] = await this.database.reader.query(
      `select last.*, running.content ->> 'commandId' as start_id
       from session_projection running
       cross join lateral (
         select count(*) filter (where origin = 'PLATFORM') as stops from command
         where kind = 'STOP_SESSION' and subject = running.key) counted
       cross join lateral (
         select * from command where kind = 'STOP_SESSION' and subject = running.key order by accepted_at desc limit 1) last
       where not running.removed and running.content ->> 'status' not in ('COMPLETED', 'INVALID') and counted.stops > 0
         and last.completed_at < clock_timestamp() - (case when counted.stops < $2::int then $3::int else $4::int end) * interval '1 millisecond'
       order by last.completed_at limit $1`,
      [limit, often, patienceMs, restMs],
    );
    return rows.map(({ start_id, ...row }) => ({ stop: commandOf(row), startId: start_id }));
  }

  async callbacks(transaction: Transaction, commandId: string): Promise<string[]> {
    const rows: { correlation_id: string }[] = await transaction.query(
      'select correlation_id from command_callback where command_id = $1 order by correlation_id',
      [commandId],
    );
    return rows.map(({ correlation_id }) => correlation_id);
  }

  /** Writes what may change of a locked command: outcome, late answer, orphan, with the next revision. */
  async update(transaction: Transaction, command: Command): Promise<void> {
    await transaction.query(
      `update command set revision = $2, result = $3, decided_by = $4, completed_at = $5, late_answer = $6, orphans = $7,
         orphan = $8 where id = $1`,
      [
        command.id,
        command.revision,
        command.outcome?.result ?? null,
        command.outcome?.decidedBy ?? null,
        command.outcome?.completedAt ?? null,
        command.lateAnswer,
        command.outcome?.orphans ?? null,
        command.orphan,
      ],
    );
  }

  /** Open commands that no one holds, now held for `holdMs`: handed out again when they are not answered by then. */
  async handOut(limit: number, holdMs: number): Promise<Command[]> {
    return (await this.take(limit, holdMs)).map(({ command }) => command);
  }

  /** As `handOut`, with whether the back-end may have got it before. */
  async take(limit: number, holdMs: number): Promise<{ command: Command; before: boolean }[]> {
    const [rows]: [(CommandRow & { before: boolean })[], number] = await this.database.reader.query(
      `with free as materialized (
         select id, handed_out as before from command
         where completed_at is null and deadline > clock_timestamp()
           and (handed_out_until is null or handed_out_until < clock_timestamp())
         order by accepted_at limit $1 for update skip locked)
       update command set handed_out_until = clock_timestamp() + $2 * interval '1 millisecond', handed_out = true
       from free where command.id = free.id
       returning command.*, free.before`,
      [limit, holdMs],
    );
    return rows
      .map((row) => ({ command: commandOf(row), before: row.before }))
      .sort((left, right) => left.command.acceptedAt.getTime() - right.command.acceptedAt.getTime());
  }

  /** The back-end has it: it is not handed out again. */
  async keepHandedOut(id: string): Promise<void> {
    await this.database.reader.query('update command set handed_out_until = deadline where id = $1', [id]);
  }

  /** It may be handed out again after `milliseconds`. `handedOut`: whether the back-end may have got it. */
  async release(id: string, milliseconds: number, handedOut: boolean): Promise<void> {
    await this.database.reader.query(
      `update command set handed_out_until = clock_timestamp() + $2 * interval '1 millisecond', handed_out = $3
       where id = $1`,
      [id, milliseconds, handedOut],
    );
  }

  /** A command that leaves with the transaction that promises it. */
  async handOutWithin(transaction: Transaction, id: string, holdMs: number): Promise<void> {
    await transaction.query(
      `update command set handed_out_until = clock_timestamp() + $2 * interval '1 millisecond', handed_out = true
       where id = $1`,
      [id, holdMs],
    );
  }

  /** The database's time: deadlines are set and judged by this one clock, whatever those of the replicas show. */
  async now(transaction: Transaction): Promise<Date> {
    const [row]: { now: Date }[] = await transaction.query('select clock_timestamp()::timestamptz(3) as now');
    if (row === undefined) throw new Error('a query of the time has one row');
    return row.now;
  }

  /** Outcomes of the starts of the last hours at the EVSEs with the most failed ones. */
  async startsByEvse(
    hours: number,
    most: number,
  ): Promise<{ partnerId: string; locationId: string; evseUid: string; accepted: number; failed: number }[]> {
    return this.database.reader.query(
      `select partner_id as "partnerId", location_id as "locationId", coalesce(evse_uid, '') as "evseUid",
              count(*) filter (where result ->> 'result' = 'ACCEPTED')::int as accepted,
              count(*) filter (where result ->> 'result' <> 'ACCEPTED')::int as failed
       from command
       where kind = 'START_SESSION' and accepted_at > clock_timestamp() - $1 * interval '1 hour' and result is not null
       group by 1, 2, 3 having count(*) filter (where result ->> 'result' <> 'ACCEPTED') > 0
       order by failed desc, accepted, 1, 2, 3 limit $2`,
      [hours, most],
    );
  }

  /** How many EVSEs had at least so many starts, each with a reference of its own, within the last minutes. */
  async evsesWithStarts(starts: number, minutes: number): Promise<number> {
    const [row]: { evses: number }[] = await this.database.reader.query(
      `select count(*)::int as evses from (
         select 1 from command
         where kind = 'START_SESSION' and accepted_at > clock_timestamp() - $2 * interval '1 minute'
         group by country_code, party_id, location_id, evse_uid
         having count(distinct upper(authorization_reference)) >= $1) as busy`,
      [starts, minutes],
    );
    return row?.evses ?? 0;
  }

  /** Ids of open commands whose deadline has passed. */
  async overdue(limit: number): Promise<string[]> {
    const rows: { id: string }[] = await this.database.reader.query(
      'select id from command where completed_at is null and deadline <= clock_timestamp() order by deadline limit $1',
      [limit],
    );
    return rows.map(({ id }) => id);
  }

  /** Newest first. */
  async list({ limit, before, status, orphans, evseUid }: CommandListQuery): Promise<Command[]> {
    const parameters: unknown[] = [limit];
    const conditions = ['true'];
    if (status !== undefined) conditions.push(`completed_at is ${status === 'ACCEPTED' ? '' : 'not '}null`);
    if (orphans === true) conditions.push('orphan is not null');
    if (evseUid !== undefined) conditions.push(`upper(evse_uid) = upper($${parameters.push(evseUid)})`);
    if (before !== undefined) {
      const [at, id] = [parameters.push(before.acceptedAt), parameters.push(before.id)];
      conditions.push(`(accepted_at, id) < ($${at}::timestamptz, $${id}::uuid)`);
    }
    const rows: CommandRow[] = await this.database.reader.query(
      `select * from command where ${conditions.join(' and ')} order by accepted_at desc, id desc limit $1`,
      parameters,
    );
    return rows.map(commandOf);
  }
}

function one(rows: CommandRow[]): Command | null {
  return rows[0] === undefined ? null : commandOf(rows[0]);
}

function commandOf(row: CommandRow): Command {
  return {
    id: row.id,
    kind: row.kind,
    origin: row.origin,
    partnerId: row.partner_id,
    country_code: row.country_code,
    party_id: row.party_id,
    subject: row.subject,
    idTag: row.id_tag,
    authorization_reference: row.authorization_reference,
    token: row.token,
    location_id: row.location_id,
    evse_uid: row.evse_uid,
    connector_id: row.connector_id,
    session_id: row.session_id,
    tariff: row.tariff,
    acceptedAt: row.accepted_at,
    deadline: row.deadline,
    timeoutSeconds: row.timeout_seconds,
    revision: Number(row.revision),
    outcome:
      row.result === null || row.decided_by === null || row.completed_at === null
        ? null
        : {
            result: row.result,
            decidedBy: row.decided_by,
            completedAt: row.completed_at,
            orphans: row.orphans,
          },
    lateAnswer: row.late_answer,
    handedOut: row.handed_out,
    orphan: row.orphan,
    reservation: row.reservation,
    expiry: row.expiry,
    awaited: row.awaited,
  };
}
