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
