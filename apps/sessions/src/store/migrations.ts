import { DocumentTable, ProjectionTable } from '@voltap/platform/persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Sessions1764000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of DocumentTable.ddl('session')) await runner.query(statement);
    await runner.query(`create table unbound_report (
      scope text not null,
      id text not null,
      command_id text,
      id_tag text,
      report jsonb not null,
      reported_at timestamptz(3) not null,
      primary key (scope, id)
    )`);
    for (const table of ['start_command', 'location_projection', 'tariff_projection']) {
      for (const statement of ProjectionTable.ddl(table)) await runner.query(statement);
    }
    await runner.query(`create index start_command_id_tag on start_command ((content ->> 'idTag'))`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['tariff_projection', 'location_projection', 'start_command', 'unbound_report', 'session']) {
      await runner.query(`drop table ${table}`);
    }
  }
}

/** Kept reports are found by their id in capitals, as sessions are, and become sessions under the id that was reported. */
export class UnboundSessionIds1764100000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table unbound_report add column session_id text`);
    // Of ids that differ in case alone, the newest report stays.
    await runner.query(`delete from unbound_report older using unbound_report newer
      where older.scope = newer.scope and upper(older.id) = upper(newer.id) and older.id <> newer.id
        and (older.reported_at, older.id) < (newer.reported_at, newer.id)`);
    await runner.query(`update unbound_report set session_id = id, id = upper(id)`);
    await runner.query(`alter table unbound_report alter column session_id set not null`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`update unbound_report set id = session_id`);
    await runner.query(`alter table unbound_report drop column session_id`);
  }
}

/** A start has one session; what it was told of decides whether a charge is billed. */
export class OneSessionPerStart1764200000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create table start_binding (
      command_id text primary key,
      scope text not null,
      session_id text not null,
      bound_at timestamptz(3) not null default clock_timestamp()
    )`);
    // Where several sessions claimed a start before, the first that was made has it.
    await runner.query(`insert into start_binding (command_id, scope, session_id)
      select content ->> 'commandId', scope, content -> 'session' ->> 'id' from session
      where content ->> 'commandId' is not null order by place on conflict do nothing`);
    for (const statement of ProjectionTable.ddl('start_outcome')) await runner.query(statement);
    await runner.query(
      `create index start_command_reference on start_command (upper(content ->> 'authorization_reference'))`,
    );
    await runner.query(
      `alter table unbound_report add column kept_since timestamptz(3) not null default clock_timestamp()`,
    );
    await runner.query(`alter table unbound_report add column contested_by text`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table unbound_report drop column contested_by`);
    await runner.query(`alter table unbound_report drop column kept_since`);
    await runner.query(`drop index start_command_reference`);
    for (const table of ['start_outcome', 'start_binding']) await runner.query(`drop table ${table}`);
  }
}

/** Kept reports are looked up by what they claim, at each command that becomes known. */
export class UnboundClaims1764300000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create index unbound_report_command on unbound_report (command_id)');
    await runner.query('create index unbound_report_id_tag on unbound_report (id_tag)');
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const index of ['unbound_report_id_tag', 'unbound_report_command']) await runner.query(`drop index ${index}`);
  }
}

/** Tariffs are for partners that are named, or for all. */
export class SessionsTariffAudiences1764400000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of ProjectionTable.ddl('tariff_audience')) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table tariff_audience');
  }
}
