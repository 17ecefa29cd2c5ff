import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePorts } from '@voltap/platform/embedded';
import { dropTopics, queryDatabase } from '@voltap/platform/testing';
import type { StackEnvironment } from './named-stack.js';

export const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
export const LOCAL_MAIN = join(ROOT, 'apps/local/dist/main.js');

/** A platform that serves: one started for a test, or one whose addresses the environment gave. */
export interface RunningPlatform {
  readonly gatewayUrl: string;
  readonly backOfficeUrl: string;
  readonly apiKey: string;
  /** Where `/ready` is; null when only the other addresses are known. */
  readonly healthUrl: string | null;
  /** Its data directory; null when it was there already. */
  readonly directory: string | null;
  /** What it stores in; null when it was there already. */
  readonly stores: PlatformStores | null;
  stop(): Promise<void>;
}

/** The databases and the log of a platform, for who looks on. */
export interface PlatformStores {
  /** Of the nine, `cdrs`, …, or the embedded log's, `bus`. */
  databaseUrl(service: string): Promise<string>;
  /** Null: the log lies in the database `bus`. */
  readonly kafka: { readonly brokers: string; readonly prefix: string } | null;
}

export interface PlatformWishes {
  /** Nine processes instead of one. */
  readonly processes?: boolean;
  /** How many processes of a service, one by default; with `processes`. */
  readonly replicas?: Readonly<Record<string, number>>;
  /** On real parts, which others may use too: names are unique. Processes, with two replicas of gateway and commands. */
  readonly stack?: StackEnvironment;
  /** Settings, by variable. A platform with wishes is always started for the test. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Where it lives: kept when it stops, so that it can be started again. */
  readonly home?: PlatformHome;
  /** Least level that is logged; info by default. */
  readonly logLevel?: string;
}

/** Folder, names on a stack, and ports of a platform that is started more than once. */
export interface PlatformHome {
  readonly parent: string;
  /** Before the names of its databases, topics, groups and keys. */
  readonly name: string;
  readonly ports: readonly [gateway: number, backOffice: number, health: number];
}

/** A home for a platform; `removeHome` takes it away. */
export async function makeHome(): Promise<PlatformHome> {
  const [gateway = 0, backOffice = 0, health = 0] = await freePorts(3);
  const parent = await mkdtemp(join(tmpdir(), 'voltap-e2e-'));
  return { parent, name: `e2e_${randomBytes(4).toString('hex')}_`, ports: [gateway, backOffice, health] };
}

export async function removeHome({ parent, name }: PlatformHome, stack: StackEnvironment): Promise<void> {
  await shareOf(stack, name).remove();
  await rm(parent, { recursive: true, force: true });
}

/**
 * An empty platform on free ports. Without wishes, `VOLTAP_E2E_GATEWAY_URL`, `VOLTAP_E2E_BACK_OFFICE_URL` and
 * `VOLTAP_E2E_API_KEY` name one that serves already (an empty one, since flows count).
 */
export async function startPlatform(wishes: PlatformWishes = {}): Promise<RunningPlatform> {
  const { VOLTAP_E2E_GATEWAY_URL: gatewayUrl, VOLTAP_E2E_BACK_OFFICE_URL: backOfficeUrl } = process.env;
  if (gatewayUrl && backOfficeUrl && Object.keys(wishes).length === 0) {
    const apiKey = process.env.VOLTAP_E2E_API_KEY ?? '';
    return {
      ...{ gatewayUrl, backOfficeUrl, apiKey, healthUrl: null, directory: null, stores: null },
      stop: async () => undefined,
    };
  }
  await buildOnce();
  const home = wishes.home ?? (await makeHome());
  const share = wishes.stack === undefined ? undefined : shareOf(wishes.stack, home.name);
  const { parent } = home;
  const directory = join(parent, 'data');
  const [gateway, backOffice, health] = home.ports;
  const child = spawn(
    process.execPath,
    [
      ...[
        '--enable-source-maps',
        '--import',
        new URL('./end-with-test.mjs', import.meta.url).href,
        LOCAL_MAIN,
        '--bare',
      ],
      ...(wishes.processes ? ['--processes'] : []),
      ...(share === undefined ? [] : ['--stack']),
      ...(wishes.replicas === undefined ? [] : ['--replicas', replicasFlag(wishes.replicas)]),
      ...['--data-directory', directory, '--log-level', wishes.logLevel ?? 'info'],
      ...['--public-port', `${gateway}`, '--back-office-port', `${backOffice}`, '--health-port', `${health}`],
    ],
    {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, NODE_OPTIONS: '', ...share?.environment, ...wishes.environment },
    },
  );
  const exited = once(child, 'exit');
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await exited;
    if (wishes.home !== undefined) return;
    await share?.remove();
    await rm(parent, { recursive: true, force: true });
  };
  try {
    await untilReady(child);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    gatewayUrl: `http://127.0.0.1:${gateway}`,
    backOfficeUrl: `http://127.0.0.1:${backOffice}`,
    healthUrl: `http://127.0.0.1:${health}`,
    apiKey: (await readFile(join(directory, 'api-key'), 'utf8')).trim(),
    directory,
    stores: share?.stores ?? embeddedStores(directory),
    stop,
  };
}

function embeddedStores(directory: string): PlatformStores {
  return {
    kafka: null,
    databaseUrl: async (service) => {
      const postgres = join(directory, 'postgres');
      const [password, state] = await Promise.all([
        readFile(join(postgres, 'password'), 'utf8'),
        readFile(join(postgres, 'cluster', 'postmaster.pid'), 'utf8'),
      ]);
      // The fourth line is the port.
      return `postgres://voltap:${password.trim()}@127.0.0.1:${state.split('\n')[3]}/voltap_${service}`;
    },
  };
}

/** Topics, groups, keys and databases of one platform on a stack that others use too. */
function shareOf(stack: StackEnvironment, name: string) {
  const prefixes = { VOLTAP_KAFKA_PREFIX: name, VOLTAP_REDIS_KEY_PREFIX: name, VOLTAP_DATABASE_PREFIX: name };
  return {
    environment: { ...stack, ...prefixes },
    stores: {
      kafka: { brokers: stack.VOLTAP_KAFKA_BROKERS, prefix: name },
      databaseUrl: async (service: string) => {
        const url = new URL(stack.VOLTAP_POSTGRES_URL);
        url.pathname = `/${name}voltap_${service}`;
        return url.href;
      },
    } satisfies PlatformStores,
    remove: async () => {
      await removeDatabases(stack.VOLTAP_POSTGRES_URL, name);
      await dropTopics({ brokers: stack.VOLTAP_KAFKA_BROKERS.split(','), prefix: name });
    },
  };
}

async function removeDatabases(server: string, prefix: string): Promise<void> {
  const found = await queryDatabase<{ datname: string }>(
    server,
    'select datname from pg_database where starts_with(datname, $1)',
    [prefix],
  );
  for (const { datname } of found) await queryDatabase(server, `drop database if exists ${datname} with (force)`);
}

function replicasFlag(replicas: Readonly<Record<string, number>>): string {
  return Object.entries(replicas)
    .map(([service, count]) => `${service}=${count}`)
    .join(',');
}

/** Resolves at the line `Voltap is ready`; rejects with all that was said when it ends before. */
function untilReady(child: ChildProcess): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (/^Voltap is ready$/m.test(said)) resolve();
    });
  child.once('exit', (code, signal) => reject(new Error(`the platform ended (${signal ?? code}):\n${said}`)));
  child.once('error', reject);
  return promise;
}

let built: Promise<unknown> | undefined;

/** What runs is compiled code: `npm test` compiles it before, a single spec run by itself here. */
export function buildOnce(): Promise<unknown> {
  built ??= promisify(execFile)(process.execPath, [join(ROOT, 'tools/build.mjs')], { cwd: ROOT });
  return built;
}
