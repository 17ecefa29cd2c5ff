import { DocumentTable, ProjectionTable } from '@voltap/platform/persistence';
import { PullSchedule, Sightings } from '@voltap/platform/pulling';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { SilentTerminals } from './silent-terminals.js';

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

/** What the finance desk searches by, closes periods by and imports: derived from the facts, which stay the truth. */
export class PaymentsBooks1764000001000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table reconciliation
      add column party text,
      add column cause text,
      add column started_at timestamptz(3),
      add column billed_at timestamptz(3),
      add column due_at timestamptz(3),
      add column location_id text,
      add column evse_uid text,
      add column card_last_four text[] not null default '{}'`);
    await runner.query(`update reconciliation set
      party = coalesce((facts #>> '{cdr,country_code}') || '*' || (facts #>> '{cdr,party_id}'), party),
      started_at = (facts #>> '{session,startedAt}')::timestamptz,
      billed_at = (facts #>> '{cdr,createdAt}')::timestamptz,
      cause = differences -> 0 ->> 'code'`);
    await runner.query('create index reconciliation_due on reconciliation (due_at) where due_at is not null');
    await runner.query('create index reconciliation_started on reconciliation (started_at)');
    await runner.query('create index reconciliation_billed on reconciliation (party, billed_at)');
    await runner.query('create index reconciliation_card on reconciliation using gin (card_last_four)');
    await runner.query(`create table reconciliation_figure (
      partner_id text not null,
      authorization_reference text not null,
      currency text not null,
      billed numeric not null,
      captured numeric not null,
      written_off numeric not null,
      paid_out numeric not null,
      fees numeric not null,
      primary key (partner_id, authorization_reference, currency)
    )`);
    await runner.query(`insert into reconciliation_figure
      select partner_id, authorization_reference, currency, sum(billed), sum(captured), 0, 0, 0 from (
        select partner_id, authorization_reference, facts #>> '{cdr,currency}' as currency, (facts #>> '{cdr,total}')::numeric as billed, 0 as captured
          from reconciliation where facts #>> '{cdr,currency}' is not null
        union all
        select partner_id, authorization_reference, facts #>> '{confirmation,currency}', 0, (facts #>> '{confirmation,captured}')::numeric
          from reconciliation where facts #>> '{confirmation,status}' <> 'FAILED'
      ) as known group by 1, 2, 3`);
    await runner.query(`create table accounting_period (
      party text not null,
      number integer not null,
      ends_at timestamptz(3) not null,
      closed_at timestamptz(3) not null,
      closed_by text not null,
      primary key (party, number)
    )`);
    await runner.query(`create table accounting_entry (
      party text not null,
      number integer not null,
      partner_id text not null,
      authorization_reference text not null,
      currency text not null,
      billed numeric not null,
      captured numeric not null,
      written_off numeric not null,
      paid_out numeric not null,
      fees numeric not null,
      state text not null,
      cause text,
      correction boolean not null,
      primary key (party, number, partner_id, authorization_reference, currency),
      foreign key (party, number) references accounting_period
    )`);
    await runner.query(
      'create index accounting_entry_charge on accounting_entry (partner_id, authorization_reference, currency)',
    );
    await runner.query(
      'create table payout_mapping (name text primary key, content jsonb not null, updated_at timestamptz(3) not null)',
    );
    await runner.query(`create table payout_import (
      id uuid primary key,
      mapping text not null,
      file_name text not null,
      digest text not null unique,
      imported_at timestamptz(3) not null,
      imported_by text not null
    )`);
    await runner.query(`create table payout (
      id text primary key,
      import_id uuid not null references payout_import,
      line integer not null,
      authorization_reference text,
      card_last_four text,
      amount numeric not null,
      fee numeric not null,
      currency text not null,
      transacted_at timestamptz(3),
      paid_at timestamptz(3) not null,
      state text not null,
      partner_id text,
      matched_reference text,
      note text,
      next_attempt_at timestamptz(3),
      candidates text[] not null default '{}',
      unique (import_id, line)
    )`);
    await runner.query(`create index payout_due on payout (next_attempt_at) where next_attempt_at is not null`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of [
      'payout',
      'payout_import',
      'payout_mapping',
      'accounting_entry',
      'accounting_period',
      'reconciliation_figure',
    ]) {
      await runner.query(`drop table ${table}`);
    }
    await runner.query(`alter table reconciliation
      drop column party, drop column cause, drop column started_at, drop column billed_at, drop column due_at,
      drop column location_id, drop column evse_uid, drop column card_last_four`);
  }
}

/** Pulls are remembered with what became of them, and terminals with when their provider named them last. */
export class PaymentsPulls1764000002000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...PullSchedule.ddl, ...Sightings.ddl]) await runner.query(statement);
    await runner.query('insert into source_pull (source, due_at) select partner_id, due_at from partner_pull');
    // A replica of the version before still uses partner_pull; a later version drops it.
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table sighting');
    await runner.query('drop table source_pull');
  }
}

/** A charge may have a receipt for each of its CDRs, and credit notes, all under the party's one series; what stands on them is frozen. */
export class PaymentsCreditNotes1764000003000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table receipt
      add column cdr_id text,
      add column credit_of text,
      add column seller jsonb,
      add column buyer jsonb`);
    await runner.query(`update receipt set cdr_id = cdr ->> 'id'`);
    await runner.query(`update receipt r set seller = e.content from legal_entity e where e.party = r.party`);
    // A replica of the version before inserts without the column.
    await runner.query(`alter table receipt alter column cdr_id set default ''`);
    await runner.query('alter table receipt alter column cdr_id set not null');
    await runner.query('alter table receipt drop constraint receipt_pkey');
    await runner.query('alter table receipt add primary key (partner_id, authorization_reference, cdr_id)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('delete from receipt where credit_of is not null');
    await runner.query('alter table receipt drop constraint receipt_pkey');
    await runner.query('alter table receipt add primary key (partner_id, authorization_reference)');
    await runner.query(`alter table receipt
      drop column cdr_id, drop column credit_of, drop column seller, drop column buyer`);
  }
}

/** Whether a driver could start at a terminal depends on the tariffs of its connectors. */
export class PaymentsTariffProjection1764000004000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of ProjectionTable.ddl('tariff_projection')) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table tariff_projection');
  }
}

/** Terminals that are built into stations are ordered by their reference, before the PTP has told of them. */
export class PaymentsActivations1764000005000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of DocumentTable.ddl('terminal_activation')) await runner.query(statement);
    await runner.query(
      `create index terminal_reference on terminal (scope, upper(content #>> '{terminal,reference}'))`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index terminal_reference');
    await runner.query('drop table terminal_activation');
  }
}

/** Tariffs are for partners that are named, or for all. */
export class PaymentsTariffAudiences1764000006000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of ProjectionTable.ddl('tariff_audience')) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table tariff_audience');
  }
}

/** A terminal that is silent is found by the charges at its EVSEs. */
export class PaymentsSilentTerminals1764000007000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of SilentTerminals.ddl) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table evse_charges');
  }
}
