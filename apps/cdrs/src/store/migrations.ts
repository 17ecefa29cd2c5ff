import { DocumentTable, ProjectionTable } from '@voltap/platform/persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Cdrs1764000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of DocumentTable.ddl('cdr')) await runner.query(statement);
    await runner.query(`create unique index cdr_session on cdr (scope, upper(content ->> 'session_id'))`);
    await runner.query(`create table cdr_acceptance (
      scope text not null,
      id text not null,
      partner_id text not null,
      location text,
      accepted_at timestamptz(3) not null,
      primary key (scope, id)
    )`);
    for (const statement of ProjectionTable.ddl('partner_projection')) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['partner_projection', 'cdr_acceptance', 'cdr']) await runner.query(`drop table ${table}`);
  }
}

/** A session has one CDR that counts (position 0); those that were credited, and the credits, stand behind it. */
export class CdrsCorrections1764000001000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table cdr add column position integer not null default 0');
    await runner.query(
      `create unique index cdr_session_position on cdr (scope, upper(content ->> 'session_id'), position)`,
    );
    await runner.query('drop index cdr_session');
    await runner.query(`create table cdr_correction (
      scope text not null,
      id text not null,
      credit_id text not null,
      corrected_id text,
      reason text not null,
      decided_by text not null,
      decided_at timestamptz(3) not null,
      primary key (scope, id)
    )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table cdr_correction');
    await runner.query('delete from cdr where position > 0');
    await runner.query(`create unique index cdr_session on cdr (scope, upper(content ->> 'session_id'))`);
    await runner.query('alter table cdr drop column position');
  }
}

/** Back-ends hand in CDRs of their own, which are compared with ours; prices have times of day, so the zone of the place is kept. */
export class CdrsOfBackEnds1764000002000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table cdr add column time_zone text');
    await runner.query(`create table back_end_cdr (
      scope text not null,
      session_id text not null,
      session_as_sent text not null,
      stated jsonb not null,
      received_at timestamptz(3) not null,
      state text not null,
      cdr_id text,
      comparison jsonb,
      problem text,
      primary key (scope, session_id)
    )`);
    await runner.query('create index back_end_cdr_received on back_end_cdr (received_at, scope, session_id)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table back_end_cdr');
    await runner.query('alter table cdr drop column time_zone');
  }
}
