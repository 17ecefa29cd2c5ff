import type { MigrationInterface, QueryRunner } from 'typeorm';
import { INBOX_DDL } from '../messaging/inbox-tables.js';
import { OUTBOX_DDL } from '../messaging/outbox-tables.js';
import { Leases } from './leases.js';

/** The tables that every service's database has: outbox, inbox, parked events, leases. */
export class PlatformTables1700000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...OUTBOX_DDL, ...INBOX_DDL, ...Leases.ddl]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['outbox', 'inbox', 'parked_event', 'lease']) await runner.query(`drop table ${table}`);
  }
}
