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
