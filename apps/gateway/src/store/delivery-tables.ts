import { ProjectionTable } from '@voltap/platform/persistence';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class GatewayDeliveries1764000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create sequence delivery_order');
    await runner.query(`create table delivery (
      id uuid primary key,
      sequence bigint not null default nextval('delivery_order'),
      partner_id text not null,
      kind text not null,
      object_key text not null,
      order_key text not null,
      after_keys text[] not null default '{}',
      exact boolean not null,
      revision bigint not null,
      content jsonb not null,
      method text,
      url text,
      body text,
      state text not null default 'PENDING',
      owner text,
      attempts integer not null default 0,
      next_attempt_at timestamptz(3) not null default clock_timestamp(),
      deadline timestamptz(3),
      correlation_id text not null,
      location text,
      last_reason text,
      created_at timestamptz(3) not null default clock_timestamp(),
      settled_at timestamptz(3)
    )`);
    await runner.query(
      `create index delivery_open on delivery (partner_id, sequence) where state in ('PENDING', 'IN_FLIGHT')`,
    );
    await runner.query(
      `create index delivery_open_order on delivery (partner_id, order_key, sequence) where state in ('PENDING', 'IN_FLIGHT')`,
    );
    await runner.query(
      `create unique index delivery_coalesced on delivery (partner_id, kind, object_key) where state = 'PENDING' and not exact`,
    );
    await runner.query('create index delivery_created on delivery (created_at, id)');
    await runner.query('create index delivery_settled on delivery (settled_at) where settled_at is not null');
    await runner.query(`create table delivery_head (
      partner_id text not null,
      kind text not null,
      object_key text not null,
      revision bigint not null,
      final boolean not null,
      primary key (partner_id, kind, object_key)
    )`);
    await runner.query(`create table acknowledged_session (
      partner_id text not null,
      object_key text not null,
      revision bigint not null,
      content jsonb not null,
      primary key (partner_id, object_key)
    )`);
    await runner.query(`create table delivery_attempt (
      delivery_id uuid not null references delivery (id) on delete cascade,
      number integer not null,
      at timestamptz(3) not null,
      duration_ms integer not null,
      http_status integer,
      status_code integer,
      outcome text not null,
      reason text,
      request_id text,
      primary key (delivery_id, number)
    )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['delivery_attempt', 'acknowledged_session', 'delivery_head', 'delivery'])
      await runner.query(`drop table ${table}`);
    await runner.query('drop sequence delivery_order');
  }
}

/** What a partner holds is in doubt while an answer is outstanding; the newest statuses of a location are found by its key. */
export class GatewayDeliveryDoubts1764000000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table acknowledged_session add column doubtful boolean not null default false');
    await runner.query(
      `create index delivery_status on delivery (partner_id, order_key, revision) where kind = 'evse-status'`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index delivery_status');
    await runner.query('alter table acknowledged_session drop column doubtful');
  }
}

/**
 * Deliveries that catch up and are searched; what is known of a partner's queue by all replicas; what was sent and answered;
 * the newest locations and tariffs, from which a partner is told again.
 */
export class GatewayResync1764000000004 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // A default that is no constant while the column is added would write every row anew, and nothing could be sent meanwhile.
    await runner.query(`alter table delivery
      add column opened_at timestamptz(3) not null default now(),
      add column attempts_before integer not null default 0,
      add column yields boolean not null default false,
      add column resynced boolean not null default false,
      add column authorization_reference text`);
    await runner.query('alter table delivery alter column opened_at set default clock_timestamp()');
    // What is settled gets another time when it is opened again.
    await runner.query(`update delivery set opened_at = created_at where state in ('PENDING', 'IN_FLIGHT')`);
    await runner.query(
      `create index delivery_due on delivery (partner_id, exact, next_attempt_at) where state = 'PENDING'`,
    );
    await runner.query(`create index delivery_in_flight on delivery (partner_id) where state = 'IN_FLIGHT'`);
    await runner.query(
      `create index delivery_open_object on delivery (partner_id, object_key) where state in ('PENDING', 'IN_FLIGHT')`,
    );
    await runner.query('create index delivery_object on delivery (object_key, created_at)');
    await runner.query('create index delivery_order_key on delivery (order_key, created_at)');
    await runner.query('create index delivery_partner on delivery (partner_id, created_at, id)');
    await runner.query(
      `create index delivery_charge on delivery (authorization_reference) where authorization_reference is not null`,
    );
    await runner.query(
      `create index delivery_missed on delivery (partner_id, kind) where state in ('EXHAUSTED', 'REFUSED')`,
    );
    await runner.query(`create table partner_queue (
      partner_id text primary key,
      connection text,
      connection_revision bigint not null default 0,
      modules text[] not null default '{}',
      resync_owed boolean not null default false,
      failures integer not null default 0,
      open_until timestamptz(3),
      rest_until timestamptz(3),
      paused_at timestamptz(3),
      paused_by text,
      pause_reason text
    )`);
    await runner.query(`insert into partner_queue (partner_id, connection, modules)
      select key, case when content ->> 'status' = 'REGISTERED' then '' end,
             array(select e ->> 'identifier' from jsonb_array_elements(content -> 'endpoints') as e)
      from partner_directory where not removed`);
    await runner.query(`create table exchange (
      id bigint generated always as identity primary key,
      at timestamptz(3) not null,
      partner_id text not null,
      delivery_id uuid,
      attempt integer,
      method text not null,
      url text not null,
      request_id text not null,
      correlation_id text not null,
      request_headers jsonb not null,
      request_body text,
      http_status integer,
      response_headers jsonb not null,
      response_body text,
      duration_ms integer not null
    )`);
    await runner.query('create index exchange_age on exchange (at)');
    await runner.query('create index exchange_delivery on exchange (delivery_id, id) where delivery_id is not null');
    for (const table of ['location_state', 'tariff_state'])
      for (const statement of ProjectionTable.ddl(table)) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['tariff_state', 'location_state', 'exchange', 'partner_queue'])
      await runner.query(`drop table ${table}`);
    for (const index of ['missed', 'charge', 'partner', 'order_key', 'object', 'open_object', 'in_flight', 'due'])
      await runner.query(`drop index delivery_${index}`);
    await runner.query(`alter table delivery drop column authorization_reference, drop column resynced,
      drop column yields, drop column attempts_before, drop column opened_at`);
  }
}

/** One index less for each change of a delivery: what is looked for by the line it stands in are statuses of a location. */
export class GatewayDeliverySearch1764000000005 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('drop index delivery_order_key');
    await runner.query('drop index delivery_status');
    await runner.query(
      `create index delivery_status on delivery (order_key, partner_id, revision) where kind = 'evse-status'`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index delivery_status');
    await runner.query(
      `create index delivery_status on delivery (partner_id, order_key, revision) where kind = 'evse-status'`,
    );
    await runner.query('create index delivery_order_key on delivery (order_key, created_at)');
  }
}

/** What is sent is linked to the step that caused it. */
export class GatewayDeliveryTraces1764500000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table delivery add column traceparent text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table delivery drop column traceparent');
  }
}
