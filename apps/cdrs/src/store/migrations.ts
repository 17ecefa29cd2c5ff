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
