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
