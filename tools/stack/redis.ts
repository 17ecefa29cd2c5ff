import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import type { Serving } from './part.ts';
import { startChild } from './processes.ts';
import { serves, stopChild } from './serving.ts';
import type { Credentials } from './stack.ts';

const PROBE_PATIENCE_MS = 1_000;

export interface RedisSecurity {
  readonly authorityFile: string;
  readonly certificateFile: string;
  readonly keyFile: string;
  /** May use keys that begin with `prefix`, and no administrative command. */
  readonly user: Credentials & { readonly prefix: string };
  readonly administrator: Credentials;
}

export interface RedisOptions {
  readonly directory: string;
  readonly log: string;
  readonly port: number;
  readonly persistent: boolean;
  /** Then there is no port without TLS and no user but these. */
  readonly security?: RedisSecurity;
}

export async function startRedis(options: RedisOptions, started: (pid: number) => Promise<void>): Promise<Serving> {
  const settings = join(options.directory, 'redis.conf');
  await mkdir(options.directory, { recursive: true });
  await writeFile(settings, redisSettings(options), { mode: 0o600 });
  const child = await startChild('redis-server', [settings], options.log);
  await started(child.pid);
  await serves('Redis', child, options.log, () => answers(options.port, options.security?.authorityFile));
  return { pid: child.pid, ended: child.ended, stop: () => stopChild(child), release: async () => undefined };
}

function redisSettings({ directory, port, persistent, security }: RedisOptions): string {
  const lines = [
    'bind 127.0.0.1',
    `dir "${directory}"`,
    'loglevel warning',
    'save ""',
    'maxmemory-policy noeviction',
    // Every write reaches the file before its answer leaves; only the disk is waited for once a second. A kill loses nothing.
    ...(persistent ? ['appendonly yes', 'appendfsync everysec'] : ['appendonly no']),
  ];
  if (security === undefined) return [...lines, `port ${port}`, ''].join('\n');
  const { user, administrator } = security;
  return [
    ...lines,
    'port 0',
    `tls-port ${port}`,
    `tls-cert-file "${security.certificateFile}"`,
    `tls-key-file "${security.keyFile}"`,
    `tls-ca-cert-file "${security.authorityFile}"`,
    'tls-auth-clients no',
    'user default off',
    `user ${administrator.username} on >${administrator.password} ~* &* +@all`,
    `user ${user.username} on >${user.password} ~${user.prefix}* &${user.prefix}* +@all -@admin -flushall -flushdb -keys`,
    '',
  ].join('\n');
}

/** Any answer to PING but that it is still loading what it stored; one that asks for a login is as good as PONG. */
async function answers(port: number, authorityFile: string | undefined): Promise<boolean> {
  const place = { host: '127.0.0.1', port };
  const socket =
    authorityFile === undefined ? connect(place) : connectTls({ ...place, ca: readFileSync(authorityFile, 'utf8') });
  const signal = AbortSignal.timeout(PROBE_PATIENCE_MS);
  try {
    await once(socket, authorityFile === undefined ? 'connect' : 'secureConnect', { signal });
    socket.write('PING\r\n');
    const [answer] = (await once(socket, 'data', { signal })) as [Buffer];
    return /^(\+PONG|-NOAUTH)/.test(answer.toString());
  } catch {
    // Not there yet; the caller asks again.
    return false;
  } finally {
    socket.on('error', () => undefined).destroy();
  }
}
