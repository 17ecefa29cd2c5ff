import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { TEST_DATABASE_PREFIX } from './test-database-name.js';

export interface TestDatabase {
  /** Connection string of an empty database that nobody else uses. */
  readonly url: string;
  /** Ends its sessions and removes it. */
  drop(): Promise<void>;
}

/** Starts the run's server when it is the first to ask (see `jest/global-setup.mjs`). */
export async function createTestDatabase(): Promise<TestDatabase> {
  const admin = await administratorUrl();
  const name = `${TEST_DATABASE_PREFIX}${randomBytes(8).toString('hex')}`;
  await administer(admin, `create database ${name}`);
  const url = new URL(admin);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => administer(admin, `drop database if exists ${name} with (force)`) };
}

async function administratorUrl(): Promise<string> {
  const broker = process.env.VOLTAP_TEST_POSTGRES_BROKER;
  if (broker === undefined) {
    throw new Error('No Postgres for tests is offered: run jest with the configuration of the repository.');
  }
  // It is asked seldom: a connection that was kept since the last time would be one that the broker just ends.
  const response = await fetch(broker, { headers: { connection: 'close' } });
  const body = await response.text();
  if (!response.ok) throw new Error(`The Postgres for tests cannot start: ${body}`);
  return body;
}

async function administer(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
