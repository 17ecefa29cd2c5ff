import { ProjectionTable } from '@voltap/platform/persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Commands1764000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create table command (
      id uuid primary key,
      kind text not null,
      partner_id text not null,
      country_code text not null,
      party_id text not null,
      subject text not null,
      id_tag text not null,
      authorization_reference text,
      token jsonb,
      location_id text not null,
      evse_uid text,
      connector_id text,
      session_id text,
      tariff jsonb,
      accepted_at timestamptz(3) not null,
      deadline timestamptz(3) not null,
      timeout_seconds integer not null,
      revision bigint not null,
      handed_out_until timestamptz(3),
      result jsonb,
      decided_by text,
      completed_at timestamptz(3),
      late_answer jsonb
    )`);
    await runner.query('create index command_subject on command (partner_id, kind, subject, accepted_at)');
    await runner.query('create index command_open on command (accepted_at) where completed_at is null');
    await runner.query(`create table command_callback (
      command_id uuid not null references command (id),
      correlation_id text not null,
      primary key (command_id, correlation_id)
    )`);
    for (const table of ['location_projection', 'tariff_projection', 'session_projection']) {
      for (const statement of ProjectionTable.ddl(table)) await runner.query(statement);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of [
      'session_projection',
      'tariff_projection',
      'location_projection',
      'command_callback',
      'command',
    ]) {
      await runner.query(`drop table ${table}`);
    }
  }
}

/** Who wanted a command, and charges that began although their partner had been told otherwise. */
export class Orphans1764200000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table command add column origin text not null default 'PARTNER'`);
    await runner.query('alter table command add column orphans text');
    await runner.query('alter table command add column orphan jsonb');
    await runner.query('create index command_orphan on command (accepted_at) where orphan is not null');
    await runner.query(`create index command_reference on command (partner_id, upper(authorization_reference))
      where kind = 'START_SESSION'`);
    await runner.query(`create index session_projection_command on session_projection ((content ->> 'commandId'))`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const index of ['session_projection_command', 'command_reference', 'command_orphan']) {
      await runner.query(`drop index ${index}`);
    }
    for (const column of ['orphan', 'orphans', 'origin'])
      await runner.query(`alter table command drop column ${column}`);
  }
}

/** Reservations as rows, and how long each site may take. */
export class Reservations1764300000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create table reservation (
      number integer generated always as identity primary key,
      partner_id text not null,
      country_code text not null,
      party_id text not null,
      reservation_id text not null,
      location_id text not null,
      evse_uid text,
      token jsonb not null,
      authorization_reference text,
      id_tag text not null,
      expires_at timestamptz(3) not null,
      state text not null check (state in ('REQUESTED', 'ACTIVE', 'USED', 'CANCELED', 'EXPIRED', 'FAILED')),
      command_id uuid references command (id),
      created_at timestamptz(3) not null default clock_timestamp(),
      ended_at timestamptz(3),
      reason text
    )`);
    await runner.query(`create unique index reservation_live on reservation
      (partner_id, country_code, party_id, upper(location_id), upper(reservation_id)) where state in ('REQUESTED', 'ACTIVE')`);
    await runner.query(`create index reservation_end on reservation (expires_at) where state = 'ACTIVE'`);
    await runner.query('alter table command add column reservation integer references reservation (number)');
    await runner.query('alter table command add column expiry timestamptz(3)');
    await runner.query(`create table site_timeout (
      country_code text not null,
      party_id text not null,
      location_id text not null,
      seconds jsonb not null,
      primary key (country_code, party_id, location_id)
    )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table site_timeout');
    await runner.query('alter table command drop column reservation, drop column expiry');
    await runner.query('drop table reservation');
  }
}

/** Somebody at the back-office waits for the outcome. */
export class AwaitedCommands1764400000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table command add column awaited boolean not null default false');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table command drop column awaited');
  }
}

/** Whether the back-end may have got a command is one thing, until when it is not handed out again another. */
export class HandedOut1764500000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table command add column handed_out boolean not null default false');
    await runner.query('update command set handed_out = true where handed_out_until is not null');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table command drop column handed_out');
  }
}

/** Stops by the session they stop, running sessions, and requests of a reservation are looked up. */
export class StopsOfSessions1764600000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create index command_stop_subject on command (subject) where kind = 'STOP_SESSION'`);
    await runner.query(`create index session_projection_running on session_projection (key)
      where not removed and content ->> 'status' not in ('COMPLETED', 'INVALID')`);
    await runner.query(`create index command_reservation_open on command (reservation)
      where kind = 'RESERVE_NOW' and completed_at is null`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const index of ['command_reservation_open', 'session_projection_running', 'command_stop_subject']) {
      await runner.query(`drop index ${index}`);
    }
  }
}

/** Tariffs are for partners that are named, or for all. */
export class CommandsTariffAudiences1764700000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of ProjectionTable.ddl('tariff_audience')) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table tariff_audience');
  }
}

/** Recent starts are counted at each scrape. */
export class RecentStarts1764710000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create index command_starts on command (accepted_at) where kind = 'START_SESSION'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index command_starts');
  }
}
