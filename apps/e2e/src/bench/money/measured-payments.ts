import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
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
import { CALLER_HEADER, CallerSignature } from '@voltap/platform/security';
import { createLogger } from '@voltap/platform/telemetry';

const MAIN = fileURLToPath(new URL('../../../../payments/dist/main.js', import.meta.url));
/** What grows with the number of charges does not fit into it. */
export const HEAP_MEGABYTES = 160;
const READY_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 100;
export type SentBody = NonNullable<RequestInit['body']>;

const PUBLIC_URL = 'https://cpo.example';

const OPERATOR = { kind: 'operator', keyId: 'bench', scopes: ['read', 'operate', 'back-end'], publicUrl: PUBLIC_URL };
const PARTNER = {
  ...{ kind: 'partner', partnerId: 'partner-1', version: '2.3.0', profile: 'payter', quirks: {}, scope: 'full' },
  ...{ roles: [{ role: 'PTP', country_code: 'NL', party_id: 'PTP' }], parties: ['DE*VLT'], publicUrl: PUBLIC_URL },
};

/** The payments service in a process of its own, on a PostgreSQL and a log that nobody else uses. */
export interface MeasuredPayments {
  readonly bus: EventBus;
  readonly databaseUrl: string;
  /** Calls it as the gateway would. @throws Error for a status that is no success. */
  call(method: string, path: string, sent?: { readonly body: SentBody; readonly type: string }): Promise<Buffer>;
  /** The most resident memory it ever had, in MB (10^6 bytes). Linux only. */
  mostMegabytes(): Promise<number>;
  stop(): Promise<void>;
}

export async function startMeasuredPayments(directory: string): Promise<MeasuredPayments> {
  const postgres = await startPostgresServer({ directory: join(directory, 'postgres') });
  try {
    return await startOn(postgres);
  } catch (error) {
    await postgres.stop();
    throw error;
  }
}

async function startOn(postgres: PostgresServer): Promise<MeasuredPayments> {
  for (const name of [BUS_DATABASE, databaseOf('payments')]) await postgres.ensureDatabase(name);
  const [port = 0] = await freePorts(1);
  const secret = randomBytes(24).toString('hex');
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
        VOLTAP_CALLER_SECRET: secret,
        VOLTAP_SEALING_SECRET: randomBytes(24).toString('hex'),
        VOLTAP_SERVICE_ADDRESSES: JSON.stringify({ payments: `http://127.0.0.1:${port}` }),
        VOLTAP_PUBLIC_URL: PUBLIC_URL,
      },
    },
  );
  const exited = once(child, 'exit');
  const bus = new EmbeddedEventBus({
    url: postgres.url(BUS_DATABASE),
    logger: createLogger({ level: 'silent', service: 'bench' }),
  });
  const signature = new CallerSignature(secret);
  const call: MeasuredPayments['call'] = async (method, path, sent) => {
    const caller = path.startsWith('/ocpi/') ? PARTNER : OPERATOR;
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: {
        [CALLER_HEADER]: signature.sign(caller),
        ...(sent === undefined ? {} : { 'content-type': sent.type }),
      },
      ...(sent === undefined ? {} : { body: sent.body, duplex: 'half' }),
    } as RequestInit);
    const content = Buffer.from(await response.arrayBuffer());
    if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}: ${content.subarray(0, 300)}`);
    return content;
  };
  const stop = async () => {
    await bus.close();
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await exited;
    await postgres.stop();
  };
  for (const end = performance.now() + READY_WITHIN_MS; ; ) {
    if (await call('GET', '/api/v1/reconciliation-summary').then(Boolean, () => false)) break;
    if (child.exitCode !== null || performance.now() > end) {
      await stop();
      throw new Error('the payments service did not start');
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  return {
    bus,
    databaseUrl: postgres.url(databaseOf('payments')),
    call,
    mostMegabytes: async () => {
      const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
      return (Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1_024) / 1e6;
    },
    stop,
  };
}
