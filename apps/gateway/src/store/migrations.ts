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
