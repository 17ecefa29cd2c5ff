import { DocumentTable, ProjectionTable } from '@voltap/platform/persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Tariffs1764000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of DocumentTable.ddl('tariff')) await runner.query(statement);
    await runner.query(`create table tariff_revision (
      scope text not null,
      id text not null,
      revision bigint not null,
      content jsonb not null,
      shown_from timestamptz(3) not null,
      primary key (scope, id, revision)
    )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table tariff_revision');
    await runner.query('drop table tariff');
  }
}

/** Tariffs are for partners that are named, or for all. */
export class TariffAudiences1764000001000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table tariff add column partners text[]');
    for (const statement of ProjectionTable.ddl('partner_projection')) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table partner_projection');
    await runner.query('alter table tariff drop column partners');
  }
}
