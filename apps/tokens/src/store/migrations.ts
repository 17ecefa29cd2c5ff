import { DocumentTable } from '@voltap/platform/persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Tokens1764000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of DocumentTable.ddl('token')) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table token');
  }
}
