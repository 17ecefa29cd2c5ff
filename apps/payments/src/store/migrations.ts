import { DocumentTable, ProjectionTable } from '@voltap/platform/persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Payments1764000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const table of ['terminal', 'confirmation']) {
      for (const statement of DocumentTable.ddl(table)) await runner.query(statement);
    }
    await runner.query(`create unique index terminal_receipt_secret on terminal ((content ->> 'receiptSecret'))`);
    await runner.query(
      `create index confirmation_reference on confirmation (scope, upper(content ->> 'authorization_reference'))`,
    );
    await runner.query(`create table confirmation_history (
      partner_id text not null,
      id text not null,
      revision bigint not null,
      content jsonb not null,
      received_at timestamptz(3) not null,
      primary key (partner_id, id, revision)
    )`);
    await runner.query(`create table reconciliation (
      partner_id text not null,
      authorization_reference text not null,
      revision bigint not null,
      facts jsonb not null,
      state text not null,
      differences jsonb not null,
      updated_at timestamptz(3) not null,
      primary key (partner_id, authorization_reference)
    )`);
    await runner.query('create index reconciliation_state on reconciliation (state, updated_at)');
    await runner.query(
      'create index reconciliation_updated on reconciliation (updated_at, partner_id, authorization_reference)',
    );
    await runner.query(`create table receipt (
      partner_id text not null,
      authorization_reference text not null,
      party text not null,
      number text not null,
      issued_at timestamptz(3) not null,
      cdr jsonb not null,
      lines jsonb not null,
      total text not null,
      time_zone text not null,
      primary key (partner_id, authorization_reference),
      unique (party, number)
    )`);
    await runner.query('create table receipt_series (party text primary key, last bigint not null)');
    await runner.query(
      'create table legal_entity (party text primary key, content jsonb not null, updated_at timestamptz(3) not null)',
    );
    await runner.query('create table partner_pull (partner_id text primary key, due_at timestamptz(3) not null)');
    for (const table of ['partner_projection', 'location_projection']) {
      for (const statement of ProjectionTable.ddl(table)) await runner.query(statement);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of [
      'location_projection',
      'partner_projection',
      'partner_pull',
      'legal_entity',
      'receipt_series',
      'receipt',
      'reconciliation',
      'confirmation_history',
      'confirmation',
      'terminal',
    ]) {
      await runner.query(`drop table ${table}`);
    }
  }
}

/** The key of a charge is its reference without case; people search for it as the partner spelled it. */
export class PaymentsReferenceAsSent1764000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table reconciliation add column reference_as_sent text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table reconciliation drop column reference_as_sent');
  }
}
