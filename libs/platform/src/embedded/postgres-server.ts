import type { ChildProcess } from 'node:child_process';
import { copyFile, open, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { freePorts } from './free-ports.js';
import { locateBinaries } from './postgres/binaries.js';
import { ensureCluster, giveTo, type Home, prepareHome, SUPERUSER } from './postgres/cluster.js';
import { EmbeddedPostgresError } from './postgres/embedded-postgres-error.js';
import { endProcess, stopOrphan, superviseDirectory } from './postgres/supervision.js';

export interface PostgresServerOptions {
  /** Created when missing; everything of the server lies in it. */
  readonly directory: string;
  /** On 127.0.0.1. Default: any free one. */
  readonly port?: number;
  /** False gives up safety against power loss (not against killed processes); for tests. Default true. */
  readonly durable?: boolean;
  /** Then the server takes no connection without TLS, and `url` asks for it and verifies it. */
  readonly tls?: PostgresTls;
  /** More settings for the server, `max_connections=400`; they win over ours. */
  readonly settings?: readonly string[];
  /** What takes a while, as a line for the user. */
  readonly onProgress?: (message: string) => void;
  /** The server ended though nobody stopped it; one line. */
  readonly onUnexpectedExit?: (message: string) => void;
}

/** PEM files; the certificate must be good for localhost. */
export interface PostgresTls {
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly authorityFile: string;
}

export interface PostgresServer {
  readonly port: number;
  readonly pid: number;
  /** Connection string with the password; the database need not exist yet. */
  url(database: string): string;
  /** @param name lower case letters, digits and underscores */
  ensureDatabase(name: string): Promise<void>;
  /** Ends sessions, writes everything down, ends the server. May be called again. */
  stop(): Promise<void>;
}

const START_PATIENCE_MS = 60_000;
const RETRY_FOR_MS = 2_000;
const LOG_LIMIT_BYTES = 10_000_000;
/** The last server on this cluster is not quite gone yet. */
const PASSING_FAILURE = /pre-existing shared memory block|lock file "postmaster\.pid" already exists/;

/**
 * Real Postgres from npm's binaries, as a child of this process, as an ordinary user and as root. On Linux it ends with
 * this process however that ends; elsewhere the next start on the directory stops what was left.
 * @throws EmbeddedPostgresError
 */
export async function startPostgresServer(options: PostgresServerOptions): Promise<PostgresServer> {
  const directory = resolve(options.directory);
  const home = await prepareHome(directory, await locateBinaries());
  const supervision = await superviseDirectory(directory);
  try {
    await stopOrphan(home.cluster);
    const password = await ensureCluster(home, options.onProgress ?? (() => undefined));
    const [free = 0] = await freePorts(1);
    const port = options.port || free;
    await assertPortIsFree(port);
    const security = options.tls === undefined ? [] : await securitySettings(home, options.tls);
    const settings = [...settingsFor(port, options.durable ?? true), ...security, ...(options.settings ?? [])];
    const url = urlsOf(port, password, options.tls);
    const child = await startWithRetry(home, port, url('postgres'), settings);
    return supervisedServer(child, port, url, () => supervision.release(), options);
  } catch (error) {
    await supervision.release();
    throw error;
  }
}

function supervisedServer(
  child: ChildProcess & { readonly pid: number },
  port: number,
  url: (database: string) => string,
  release: () => Promise<void>,
  options: PostgresServerOptions,
): PostgresServer {
  let stopping: Promise<void> | undefined;
  child.once('exit', (code, signal) => {
    if (stopping === undefined) {
      options.onUnexpectedExit?.(
        `The embedded Postgres ended unexpectedly (${signal ?? code}); see ${options.directory}/postgres.log.`,
      );
    }
  });
  return {
    port,
    pid: child.pid,
    url,
    ensureDatabase: (name) => ensureDatabase(url('postgres'), name),
    stop() {
      stopping ??= endProcess(child.pid, [
        ['SIGINT', 10_000],
        ['SIGQUIT', 3_000],
        ['SIGKILL', 2_000],
      ]).then(release);
      return stopping;
    },
  };
}

function urlsOf(port: number, password: string, tls: PostgresTls | undefined): (database: string) => string {
  const parameters =
    tls === undefined ? '' : `?${new URLSearchParams({ sslmode: 'verify-full', sslrootcert: tls.authorityFile })}`;
  return (database) => `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/${database}${parameters}`;
}

async function startWithRetry(
  home: Home,
  port: number,
  url: string,
  settings: readonly string[],
): Promise<ChildProcess & { readonly pid: number }> {
  for (const until = Date.now() + RETRY_FOR_MS; ; ) {
    const outcome = await startOnce(home, url, settings);
    if (typeof outcome !== 'string') return outcome;
    if (!PASSING_FAILURE.test(outcome) || Date.now() > until) throw startFailure(home, port, outcome);
    await delay(100);
  }
}

/** @returns the running server, or what it wrote before it ended */
async function startOnce(
  home: Home,
  url: string,
  settings: readonly string[],
): Promise<(ChildProcess & { readonly pid: number }) | string> {
  if ((await stat(home.log)).size > LOG_LIMIT_BYTES) await truncate(home.log);
  const logged = (await stat(home.log)).size;
  const output = await open(home.log, 'a');
  let ended: string | undefined;
  const child = home.launcher.start(
    home.binaries.postgres,
    ['-D', home.cluster, ...settings.flatMap((setting) => ['-c', setting])],
    output.fd,
  );
  child.once('error', (error) => {
    ended = error.message;
  });
  child.once('exit', (code, signal) => {
    ended ??= `it ended with ${signal ?? code}`;
  });
  await output.close();
  for (const until = Date.now() + START_PATIENCE_MS; Date.now() < until; await delay(20)) {
    if (ended !== undefined) return `${await tail(home.log, logged)}\n${ended}`;
    if (child.pid !== undefined && (await answers(url))) return child as ChildProcess & { pid: number };
  }
  if (child.pid !== undefined) await endProcess(child.pid, [['SIGKILL', 2_000]]);
  return `${await tail(home.log, logged)}\nit did not answer within ${START_PATIENCE_MS / 1000} s`;
}

/** Small and quiet: a laptop's worth of memory, no helpers for parallel queries, and no sockets but loopback. */
function settingsFor(port: number, durable: boolean): string[] {
  return [
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    'unix_socket_directories=',
    'shared_buffers=64MB',
    'max_connections=200',
    'jit=off',
    'io_method=sync',
    'max_parallel_workers_per_gather=0',
    'wal_level=minimal',
    'max_wal_senders=0',
    'max_wal_size=256MB',
    'timezone=UTC',
    'log_timezone=UTC',
    'log_checkpoints=off',
    ...(durable ? [] : ['fsync=off', 'full_page_writes=off']),
  ];
}

/** Copies of the files, since the server reads its key only when it belongs to its own account. */
async function securitySettings(home: Home, tls: PostgresTls): Promise<string[]> {
  const own = (name: string): string => join(home.cluster, name);
  await copyFile(tls.certificateFile, own('server.crt'));
  await writeFile(own('server.key'), await readFile(tls.keyFile), { mode: 0o600 });
  await writeFile(own('hostssl.conf'), 'hostssl all all 127.0.0.1/32 scram-sha-256\n');
  for (const name of ['server.crt', 'server.key', 'hostssl.conf']) await giveTo(own(name), home.launcher.account);
  return [
    'ssl=on',
    `ssl_cert_file=${own('server.crt')}`,
    `ssl_key_file=${own('server.key')}`,
    `hba_file=${own('hostssl.conf')}`,
  ];
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Creates a database of the server unless it exists. `adminUrl`: any database of it. */
export async function ensureDatabase(adminUrl: string, name: string): Promise<void> {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(name)) throw new EmbeddedPostgresError(`"${name}" is no name for a database.`);
  const client = new Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const found = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (found.rowCount === 0) await client.query(`create database ${name}`);
  } catch (error) {
    // Another process created it in the meantime: by name, or while both were writing the catalogue row.
    const code = (error as { code?: string }).code;
    if (code !== '42P04' && code !== '23505') throw error;
  } finally {
    await client.end();
  }
}

/** @throws EmbeddedPostgresError when it is taken */
async function assertPortIsFree(port: number): Promise<void> {
  await new Promise<void>((done, refuse) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => refuse(portFailure(port, error.code ?? error.message)));
    probe.listen(port, '127.0.0.1', () => probe.close(() => done()));
  });
}

function portFailure(port: number, code: string): EmbeddedPostgresError {
  const what = code === 'EADDRINUSE' ? 'is taken' : `cannot be used (${code})`;
  return new EmbeddedPostgresError(`Port ${port} on 127.0.0.1 ${what}; free it or choose another port for Postgres.`);
}

function startFailure(home: Home, port: number, outcome: string): EmbeddedPostgresError {
  if (/could not bind|Address already in use/.test(outcome)) return portFailure(port, 'EADDRINUSE');
  const lines = outcome.trim().split('\n');
  const reason =
    lines.find((line) => /FATAL|PANIC/.test(line)) ?? lines.find((line) => !/ LOG: /.test(line)) ?? 'it gave no reason';
  return new EmbeddedPostgresError(
    `Postgres cannot start on ${home.directory}: ${reason.replace(/^.*?(FATAL|PANIC):\s*/, '')}; see ${home.log}, restore the directory, or remove it to start afresh.`,
  );
}

async function tail(path: string, from: number): Promise<string> {
  return (await readFile(path)).subarray(from).toString('utf8');
}
