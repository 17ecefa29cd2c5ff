import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SERVICE_NODE_OPTIONS } from '@voltap/platform/bootstrap';
import {
  BUS_DATABASE,
  databaseOf,
  EmbeddedEventBus,
  freePorts,
  type PostgresServer,
  startPostgresServer,
} from '@voltap/platform/embedded';
import type { EventBus } from '@voltap/platform/messaging';
import { Sealer } from '@voltap/platform/security';
import { createLogger } from '@voltap/platform/telemetry';

const MAIN = fileURLToPath(new URL('../../../../gateway/dist/main.js', import.meta.url));
/** What grows with a backlog does not fit into it. */
export const HEAP_MEGABYTES = 160;
const READY_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 100;

/** A gateway in a process of its own, on a PostgreSQL and a log that nobody else uses. */
export interface MeasuredGateway {
  readonly pid: number;
  readonly bus: EventBus;
  readonly databaseUrl: string;
  /** Calls the back-office API. @throws Error for a status that is no success. */
  api(method: string, path: string, body?: unknown): Promise<unknown>;
  seal(token: string): string;
  stop(): Promise<void>;
}

export async function startMeasuredGateway(directory: string): Promise<MeasuredGateway> {
  const postgres = await startPostgresServer({ directory: join(directory, 'postgres') });
  try {
    return await startOn(postgres);
  } catch (error) {
    await postgres.stop();
    throw error;
  }
}

async function startOn(postgres: PostgresServer): Promise<MeasuredGateway> {
  for (const name of [BUS_DATABASE, databaseOf('gateway')]) await postgres.ensureDatabase(name);
  const [publicPort = 0, backOfficePort = 0, port = 0] = await freePorts(3);
  const [caller, sealing, apiKey] = [secret(), secret(), secret()];
  const child: ChildProcess = spawn(
    process.execPath,
    [...SERVICE_NODE_OPTIONS, `--max-old-space-size=${HEAP_MEGABYTES}`, MAIN],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        ...process.env,
        VOLTAP_PLATFORM: 'embedded',
        VOLTAP_POSTGRES_URL: postgres.url('').replace(/\/$/, ''),
        VOLTAP_PORT: String(port),
        VOLTAP_LOG_LEVEL: 'silent',
        VOLTAP_CALLER_SECRET: caller,
        VOLTAP_SEALING_SECRET: sealing,
        VOLTAP_SERVICE_ADDRESSES: JSON.stringify({ gateway: `http://127.0.0.1:${port}` }),
        VOLTAP_PUBLIC_URL: `http://127.0.0.1:${publicPort}`,
        VOLTAP_GATEWAY_PUBLIC_PORT: String(publicPort),
        VOLTAP_GATEWAY_BACK_OFFICE_PORT: String(backOfficePort),
        VOLTAP_API_KEYS: `${apiKey}:read+operate`,
        VOLTAP_EGRESS_ALLOW_INSECURE: 'true',
      },
    },
  );
  const exited = once(child, 'exit');
  const bus = new EmbeddedEventBus({
    url: postgres.url(BUS_DATABASE),
    logger: createLogger({ level: 'silent', service: 'bench' }),
  });
  const api = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`http://127.0.0.1:${backOfficePort}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}: ${text.slice(0, 300)}`);
    return JSON.parse(text) as unknown;
  };
  const stop = async () => {
    await bus.close();
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await exited;
    await postgres.stop();
  };
  for (const end = performance.now() + READY_WITHIN_MS; ; ) {
    if (await api('GET', '/delivery-queues').then(Boolean, () => false)) break;
    if (child.exitCode !== null || performance.now() > end) {
      await stop();
      throw new Error('the gateway did not start');
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  const sealer = new Sealer(sealing);
  return {
    pid: child.pid ?? 0,
    bus,
    databaseUrl: postgres.url(databaseOf('gateway')),
    api,
    seal: (token) => sealer.seal(token),
    stop,
  };
}

function secret(): string {
  return randomBytes(24).toString('hex');
}
