import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SERVICE_NODE_OPTIONS } from '@voltap/platform/bootstrap';
import { BUS_DATABASE, databaseOf, EmbeddedEventBus, startPostgresServer } from '@voltap/platform/embedded';
import type { EventBus } from '@voltap/platform/messaging';
import { createLogger } from '@voltap/platform/telemetry';

/** What grows with what a service has to do does not fit into it. */
export const HEAP_MEGABYTES = 160;
const READY_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 100;

/** One service in a process of its own, as it is started in production, on a PostgreSQL and a log that nobody else uses. */
export interface MeasuredService {
  readonly pid: number;
  readonly bus: EventBus;
  readonly databaseUrl: string;
  stop(): Promise<void>;
}

export interface MeasuredServiceOptions {
  readonly name: string;
  readonly directory: string;
  /** Its internal port. */
  readonly port: number;
  /** What it needs beside its stores and its port. */
  readonly environment: Readonly<Record<string, string>>;
  /** Something that succeeds once it serves. */
  probe(): Promise<unknown>;
}

/** @throws Error when it does not serve within a minute. */
export async function startMeasuredService(options: MeasuredServiceOptions): Promise<MeasuredService> {
  const { name, directory, port, environment, probe } = options;
  const postgres = await startPostgresServer({ directory: join(directory, 'postgres') });
  const closers: (() => Promise<unknown>)[] = [() => postgres.stop()];
  const stop = async () => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    for (const database of [BUS_DATABASE, databaseOf(name)]) await postgres.ensureDatabase(database);
    const main = fileURLToPath(new URL(`../../../${name}/dist/main.js`, import.meta.url));
    const child = spawn(process.execPath, [...SERVICE_NODE_OPTIONS, `--max-old-space-size=${HEAP_MEGABYTES}`, main], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        ...process.env,
        VOLTAP_PLATFORM: 'embedded',
        VOLTAP_POSTGRES_URL: postgres.url('').replace(/\/$/, ''),
        VOLTAP_PORT: String(port),
        VOLTAP_LOG_LEVEL: 'silent',
        VOLTAP_SERVICE_ADDRESSES: JSON.stringify({ [name]: `http://127.0.0.1:${port}` }),
        ...environment,
      },
    });
    const exited = once(child, 'exit');
    closers.push(async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      await exited;
    });
    const logger = createLogger({ level: 'silent', service: 'bench' });
    const bus = new EmbeddedEventBus({ url: postgres.url(BUS_DATABASE), logger });
    closers.push(() => bus.close());
    for (const end = performance.now() + READY_WITHIN_MS; ; ) {
      if (
        await probe().then(
          () => true,
          () => false,
        )
      )
        break;
      if (child.exitCode !== null || performance.now() > end) throw new Error(`the service ${name} did not start`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
    return { pid: child.pid ?? 0, bus, databaseUrl: postgres.url(databaseOf(name)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
