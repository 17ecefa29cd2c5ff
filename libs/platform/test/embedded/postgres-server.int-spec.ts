import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { EmbeddedPostgresError, type PostgresServer, startPostgresServer } from '@voltap/platform/embedded';
import { startTestProcess, waitUntil } from '@voltap/platform/testing';
import { Client } from 'pg';

describe('The embedded Postgres', () => {
  let closed: string;
  let directory: string;
  const running: PostgresServer[] = [];

  beforeEach(async () => {
    // Only we may enter it: what a project in the home of root looks like to the account that the server runs as.
    closed = await mkdtemp(join(tmpdir(), 'voltap-server-'));
    await chmod(closed, 0o700);
    directory = join(closed, '.voltap', 'postgres');
  });

  afterEach(async () => {
    await Promise.all(running.splice(0).map((server) => server.stop()));
    await rm(closed, { recursive: true, force: true });
  });

  async function start(options: { directory?: string; port?: number } = {}): Promise<PostgresServer> {
    const server = await startPostgresServer({ directory, durable: false, ...options });
    running.push(server);
    return server;
  }

  async function ask(url: string, sql: string): Promise<unknown[]> {
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      const { rows } = await client.query<Record<string, unknown>>(sql);
      return rows.map((row) => Object.values(row)[0]);
    } finally {
      await client.end();
    }
  }

  async function refusal(work: Promise<unknown>): Promise<string> {
    const error = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(EmbeddedPostgresError);
    const { message } = error as Error;
    expect(message).not.toContain('\n');
    return message;
  }

  it('keeps its data over a stop and over a kill of the server', async () => {
    const first = await start();
    await Promise.all([first.ensureDatabase('orders'), first.ensureDatabase('orders')]);
    await ask(first.url('orders'), `create table kept as select 'Straße' as word`);
    await first.stop();

    const second = await start();
    await ask(second.url('orders'), `insert into kept values ('and more')`);
    process.kill(second.pid, 'SIGKILL');

    await second.stop();

    const third = await start();
    expect(await ask(third.url('orders'), 'select word from kept order by word')).toEqual(['Straße', 'and more']);
  });

  it('lets nobody in without the password, and keeps that to the user', async () => {
    const server = await start();
    expect((await stat(join(directory, 'password'))).mode & 0o777).toBe(0o600);
    const guess = server.url('postgres').replace(/:[^:@]*@/, ':guess@');
    await expect(ask(guess, 'select 1')).rejects.toThrow('password authentication failed');
  });

  it('ends with a process that was killed, and starts again in its place', async () => {
    const holder = startTestProcess(new URL('./programs/hold-postgres.ts', import.meta.url), [directory]);
    const url = await waitUntil(() => holder.lines[0], {
      describe: 'the server of the other process',
    });
    expect(await ask(url, 'select 1')).toEqual([1]);
    expect(await refusal(start())).toMatch(/is in use by process \d+; stop that one/);

    await holder.end('SIGKILL');
    const server = await start();
    expect(await ask(server.url('postgres'), 'select 1')).toEqual([1]);
    await expect(ask(url, 'select 1')).rejects.toThrow('ECONNREFUSED');
  });

  it('says which port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await waitUntil(() => other.listening, { describe: 'a listener' });
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    expect(await refusal(start({ port }))).toBe(
      `Port ${port} on 127.0.0.1 is taken; free it or choose another port for Postgres.`,
    );
    other.close();
    expect((await start({ port })).port).toBe(port);
  });

  it('leaves a directory alone that holds something else', async () => {
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, 'thesis.txt'), 'precious');
    expect(await refusal(start())).toMatch(/holds other files \(thesis\.txt\); choose an empty or a new directory/);
    expect(await readFile(join(directory, 'thesis.txt'), 'utf8')).toBe('precious');
  });

  it('says that a directory cannot be written', async () => {
    await writeFile(join(closed, 'file'), '');
    expect(await refusal(start({ directory: join(closed, 'file', 'postgres') }))).toMatch(
      /cannot be written \(\w+\); make it writable/,
    );
  });

  it('says when the data are of another major version or broken', async () => {
    await (await start()).stop();
    const version = join(directory, 'cluster', 'PG_VERSION');
    const own = await readFile(version, 'utf8');
    await writeFile(version, '14\n');
    expect(await refusal(start())).toMatch(/was made by Postgres 14, this is Postgres \d+; use the Voltap release/);
    await writeFile(version, own);
    await rm(join(directory, 'cluster', 'global', 'pg_control'));
    expect(await refusal(start())).toMatch(
      /^Postgres cannot start on .*could not find the database system.*restore the directory, or remove it/,
    );
    await rm(version);
    expect(await refusal(start())).toMatch(/is broken \(PG_VERSION is missing\); restore it or remove/);
  });
});
