import { type ChildProcess, spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LocalOptions } from './options.js';
import type { DataDirectory } from './voltap-directory.js';

export interface SimulatorProcess {
  /** Exit code of the simulator, when it ends by itself or is stopped. */
  readonly ended: Promise<number>;
  stop(): Promise<void>;
}

const STOP_PATIENCE_MS = 8_000;

/** The simulated city: always a process of its own, speaking public interfaces only. Its story goes to our terminal. */
export function startSimulator(
  options: LocalOptions,
  directory: DataDirectory,
  environment: Readonly<Record<string, string | undefined>>,
): SimulatorProcess {
  const main = join(dirname(fileURLToPath(import.meta.resolve('@voltap/simulator'))), 'main.js');
  const args = [
    main,
    '--public-url',
    options.publicUrl,
    '--back-office-url',
    `http://127.0.0.1:${options.backOfficePort}`,
    '--api-key-file',
    directory.apiKeyFile,
    '--state-directory',
    directory.simulator,
    '--port',
    String(options.simulatorPort),
    '--ocpi-version',
    options.ocpiVersion,
    ...(options.once ? ['--once'] : []),
  ];
  const child = spawn(process.execPath, ['--enable-source-maps', ...args], {
    // A group of its own: Ctrl-C reaches only us, and we stop the city before the platform.
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: environment,
  });
  const ended = new Promise<number>((resolve) => {
    child.once('exit', (code) => resolve(code ?? 1));
    child.once('error', () => resolve(1));
  });
  return { ended, stop: () => stop(child, ended) };
}

async function stop(child: ChildProcess, ended: Promise<number>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const patience = setTimeout(() => child.kill('SIGKILL'), STOP_PATIENCE_MS);
  await ended;
  clearTimeout(patience);
}
