import type { MigrationInterface, QueryRunner } from 'typeorm';
import { INBOX_DDL, SET_ASIDE_DDL } from '../messaging/inbox-tables.js';
import { OUTBOX_AGE_DDL, OUTBOX_DDL } from '../messaging/outbox-tables.js';
import { Leases } from './leases.js';
import { PROJECTION_REBUILD_DDL } from './projection-tables.js';

/** The tables that every service's database has: outbox, inbox, parked events, leases. */
export class PlatformTables1700000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...OUTBOX_DDL, ...INBOX_DDL, ...Leases.ddl]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['outbox', 'inbox', 'parked_event', 'lease']) await runner.query(`drop table ${table}`);
  }
}

/** Events that were set aside become one table for both kinds; projections can be rebuilt. */
export class MessagingInOperation1700000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...OUTBOX_AGE_DDL, ...SET_ASIDE_DDL, ...PROJECTION_REBUILD_DDL])
      await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('The table of parked events is gone for good: restore the database from before the upgrade.');
  }
}
