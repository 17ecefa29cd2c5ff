import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Partners1764000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create table partner (
      id text primary key,
      revision bigint not null,
      name text not null,
      status text not null,
      profile text not null,
      settings jsonb not null,
      parties jsonb not null,
      customer_references jsonb not null,
      versions jsonb not null,
      version text,
      versions_url text,
      roles jsonb not null,
      endpoints jsonb not null,
      token_hash text unique,
      token_scope text,
      token_sealed text,
      outbound_token text,
      created_at timestamptz(3) not null,
      updated_at timestamptz(3) not null,
      check ((token_hash is null) = (token_scope is null) and (token_hash is null) = (token_sealed is null))
    )`);
    // A party of the outside world speaks through one partner only.
    await runner.query(`create table partner_party (
      party text primary key,
      partner_id text not null references partner (id)
    )`);
    await runner.query('create index partner_party_partner on partner_party (partner_id)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table partner_party');
    await runner.query('drop table partner');
  }
}

/** A partner may have several tokens for a while, exchanges of ours outlive their process, and what happened is kept. */
export class PartnerExchanges1764000000010 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table partner
      add column environment text not null default 'live',
      add column partner_parties jsonb not null default '[]',
      add column required_endpoints jsonb,
      add column allowed_hosts jsonb not null default '[]',
      add column exchange jsonb`);
    await runner.query(`create table partner_token (
      hash text primary key,
      partner_id text not null references partner (id),
      use text not null,
      sealed text not null,
      issued_at timestamptz(3) not null,
      expires_at timestamptz(3)
    )`);
    await runner.query('create index partner_token_partner on partner_token (partner_id)');
    await runner.query(`insert into partner_token (hash, partner_id, use, sealed, issued_at)
      select token_hash, id, case token_scope when 'full' then 'current' else 'registration' end, token_sealed, updated_at
      from partner where token_hash is not null`);
    await runner.query('alter table partner drop column token_hash, drop column token_scope, drop column token_sealed');
    await runner.query(`create table partner_event (
      id text primary key,
      partner_id text not null references partner (id),
      at timestamptz(3) not null,
      action text not null,
      cause jsonb not null,
      outcome text not null,
      code text,
      message text not null,
      version text,
      calls jsonb not null
    )`);
    await runner.query('create index partner_event_order on partner_event (partner_id, id desc)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table partner_event');
    await runner.query(`alter table partner
      add column token_hash text unique, add column token_scope text, add column token_sealed text`);
    await runner.query(`update partner set token_hash = hash, token_sealed = sealed,
        token_scope = case use when 'current' then 'full' else 'registration' end
      from partner_token where partner_id = partner.id and use in ('current', 'registration')`);
    await runner.query('drop table partner_token');
    await runner.query(`alter table partner drop column environment, drop column partner_parties,
      drop column required_endpoints, drop column allowed_hosts, drop column exchange`);
  }
}
