import { ProjectionTable } from '@voltap/platform/persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class GatewayDirectory1764000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of ProjectionTable.ddl('partner_directory')) await runner.query(statement);
    await runner.query(
      `create index partner_directory_token on partner_directory using gin ((content -> 'inboundTokens') jsonb_path_ops)`,
    );
    await runner.query(`create table callback (
      correlation_id text primary key,
      partner_id text not null,
      response_url text not null,
      opened_at timestamptz not null default clock_timestamp(),
      claimed_by text
    )`);
    await runner.query('create index callback_age on callback (opened_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table callback');
    await runner.query('drop table partner_directory');
  }
}

/** Whoever looks for a charge finds its callback; how long it is kept is decided when it is opened. */
export class GatewayCallbackTerms1764000000003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table callback
      add column command text not null default '',
      add column authorization_reference text,
      add column expires_at timestamptz not null default now() + interval '72 hours'`);
    await runner.query('alter table callback alter column command drop default, alter column expires_at drop default');
    await runner.query('drop index callback_age');
    await runner.query('create index callback_end on callback (expires_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index callback_end');
    await runner.query('create index callback_age on callback (opened_at)');
    await runner.query(
      'alter table callback drop column command, drop column authorization_reference, drop column expires_at',
    );
  }
}

/** A reservation's callback is used a second time, when the reservation is cancelled. */
export class GatewayCancellations1764300000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table callback add column cancellation_claimed_by text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table callback drop column cancellation_claimed_by');
  }
}

/** Tariffs are for partners that are named, or for all. */
export class GatewayTariffAudiences1764400000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of ProjectionTable.ddl('tariff_audience')) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table tariff_audience');
  }
}
