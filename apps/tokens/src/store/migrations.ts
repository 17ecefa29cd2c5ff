import { DocumentTable, ProjectionTable } from '@voltap/platform/persistence';
import { PullSchedule, Sightings } from '@voltap/platform/pulling';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Tokens1764000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of DocumentTable.ddl('token')) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table token');
  }
}

/** Partners' lists of tokens are pulled, and tokens known by when their partner named them last. */
export class TokensPulls1764000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const statements = [...PullSchedule.ddl, ...Sightings.ddl, ...ProjectionTable.ddl('partner_projection')];
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['partner_projection', 'sighting', 'source_pull']) await runner.query(`drop table ${table}`);
  }
}
