import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Client } from 'pg';
import { EmbeddedPostgresError } from '../embedded/postgres/embedded-postgres-error.js';
import { type PostgresServer, startPostgresServer } from '../embedded/postgres-server.js';
import { TEST_DATABASE_PREFIX } from './test-database-name.js';

/** Runs at the same time on one checkout, each with a server of its own. */
const CONCURRENT_RUNS = 32;
const CACHE = resolve(import.meta.dirname, '../../../../node_modules/.cache/voltap');

/** The server of one test run, on a cluster that earlier runs left in the cache: creating one costs seconds. */
export async function startRunPostgres(): Promise<PostgresServer> {
  for (let slot = 0; slot < CONCURRENT_RUNS; slot += 1) {
    const directory = resolve(CACHE, `test-postgres-${slot}`);
    try {
      return await startAfresh(directory);
    } catch (error) {
      if (!(error instanceof EmbeddedPostgresError)) throw error;
      if (error.problem === 'in_use') continue;
      // It was not durable: after a power cut it may be broken, and nothing in it is worth keeping.
      await rm(directory, { recursive: true, force: true });
      return await startAfresh(directory);
    }
  }
  throw new Error(`${CONCURRENT_RUNS} test runs use ${CACHE} at the same time; wait until one has ended.`);
}

async function startAfresh(directory: string): Promise<PostgresServer> {
  const server = await startPostgresServer({ directory, durable: false });
  const client = new Client({ connectionString: server.url('postgres') });
  await client.connect();
  try {
    const left = await client.query<{ datname: string }>('select datname from pg_database where datname like $1', [
      `${TEST_DATABASE_PREFIX}%`,
    ]);
    for (const { datname } of left.rows) await client.query(`drop database ${datname} with (force)`);
  } finally {
    await client.end();
  }
  return server;
}
