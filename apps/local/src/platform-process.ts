import {
  BUS_DATABASE,
  databaseOf,
  EmbeddedPostgresError,
  type PostgresServer,
  startPostgresServer,
} from '@voltap/platform/embedded';
import { type HealthListener, startHealthListener } from './health-listener.js';
import { LocalError } from './local-error.js';
import { startInNineProcesses } from './nine-processes.js';
import { startInOneProcess } from './one-process.js';
import type { LocalOptions } from './options.js';
import { freePorts } from './ports.js';
import type { Runtime } from './runtime.js';
import { SERVICES } from './services.js';
import type { DataDirectory } from './voltap-directory.js';

export interface LocalPlatform {
  stop(): Promise<void>;
}

export interface LocalPlatformInputs {
  readonly options: LocalOptions;
  readonly directory: DataDirectory;
  readonly environment: Readonly<Record<string, string | undefined>>;
  progress(message: string): void;
  /** The platform cannot go on (its database ended). */
  failed(message: string): void;
}

/** Database, nine services, health: up and ready when it resolves; nothing is left behind when it rejects. */
export async function startLocalPlatform(inputs: LocalPlatformInputs): Promise<LocalPlatform> {
  const { options, directory, progress } = inputs;
  const postgres = await startPostgres(inputs);
  let runtime: Runtime | undefined;
  let health: HealthListener | undefined;
  const stop = async () => {
    await health?.close();
    await runtime?.stop();
    await postgres.stop();
  };
  try {
    await Promise.all(
      [BUS_DATABASE, ...SERVICES.map(({ name }) => databaseOf(name))].map((name) => postgres.ensureDatabase(name)),
    );
    const ports = await freePorts(SERVICES.length);
    const addresses = Object.fromEntries(SERVICES.map(({ name }, index) => [name, `http://127.0.0.1:${ports[index]}`]));
    progress(options.processes ? 'Starting nine services, each in a process of its own …' : 'Starting nine services …');
    const runtimeInputs = { options, directory, postgres, addresses };
    runtime = options.processes
      ? await startInNineProcesses(runtimeInputs, inputs.environment)
      : await startInOneProcess(runtimeInputs, inputs.environment);
    health = await startHealthListener(options.healthPort, addresses);
    await untilReady(options.healthPort);
  } catch (error) {
    await stop();
    throw error;
  }
  return { stop };
}

async function startPostgres({ directory, progress, failed }: LocalPlatformInputs): Promise<PostgresServer> {
  try {
    return await startPostgresServer({ directory: directory.postgres, onProgress: progress, onUnexpectedExit: failed });
  } catch (error) {
    if (error instanceof EmbeddedPostgresError) throw new LocalError(error.message);
    throw error;
  }
}

const READY_WITHIN_MS = 60_000;

async function untilReady(healthPort: number): Promise<void> {
  const end = Date.now() + READY_WITHIN_MS;
  for (;;) {
    const response = await fetch(`http://127.0.0.1:${healthPort}/ready`);
    if (response.ok) return;
    if (Date.now() > end) throw new LocalError(`The services are not ready: ${await response.text()}`);
    await response.arrayBuffer();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
