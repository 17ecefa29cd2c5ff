import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from '@voltap/platform/embedded';

const LOCAL_MAIN = fileURLToPath(new URL('../../../local/dist/main.js', import.meta.url));

export interface MeasuredPlatform {
  readonly pid: number;
  /** From starting the process until it printed that it is ready. */
  readonly startSeconds: number;
  readonly gatewayUrl: string;
  readonly backOfficeUrl: string;
  readonly apiKey: string;
  /** URL of a database of the platform's own server, in which the bare server may have a table. */
  databaseUrl(): Promise<string>;
  /** Until nothing is on its way any more: what one round leaves behind is not to be paid for by the next. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

const ON_ITS_WAY = /^voltap_(?:outbox_backlog|consumer_lag|deliveries_open)(?:\{.*\})? (\S+)$/gm;
const LOOK_EVERY_MS = 250;
const SETTLED_WITHIN_MS = 120_000;

/** Starts the bare platform on free ports, on a data directory that may be kept from before, with these flags more. */
export async function startMeasuredPlatform(
  directory: string,
  flags: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<MeasuredPlatform> {
  const [gateway, backOffice, health] = await freePorts(3);
  const begin = performance.now();
  const child = spawn(
    process.execPath,
    [
      ...['--enable-source-maps', LOCAL_MAIN, '--bare', '--data-directory', directory],
      ...flags,
      ...['--public-port', `${gateway}`, '--back-office-port', `${backOffice}`, '--health-port', `${health}`],
    ],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...environment, VOLTAP_GATEWAY_PARTNER_RATE_PER_SECOND: '100000' },
    },
  );
  const exited = once(child, 'exit');
  // Interrupted, the bench leaves nothing behind.
  process.once('exit', () => child.kill('SIGTERM'));
  let said = '';
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (/^Voltap is ready$/m.test(said)) resolve();
      });
    child.once('error', reject);
    child.once('exit', (code, signal) => reject(new Error(`the platform ended (${signal ?? code}):\n${said}`)));
  });
  const startSeconds = (performance.now() - begin) / 1_000;
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await exited;
  };
  return {
    pid: child.pid ?? 0,
    startSeconds,
    gatewayUrl: `http://127.0.0.1:${gateway}`,
    backOfficeUrl: `http://127.0.0.1:${backOffice}`,
    apiKey: (await readFile(join(directory, 'api-key'), 'utf8')).trim(),
    databaseUrl: async () => {
      const password = (await readFile(join(directory, 'postgres', 'password'), 'utf8')).trim();
      const port = (await readFile(join(directory, 'postgres', 'cluster', 'postmaster.pid'), 'utf8')).split('\n')[3];
      return `postgres://voltap:${password}@127.0.0.1:${port}/voltap_tokens`;
    },
    settled: () => settled(`http://127.0.0.1:${health}/metrics`),
    stop,
  };
}

/** @throws Error when something is on its way all the time. */
async function settled(metricsUrl: string): Promise<void> {
  for (const until = performance.now() + SETTLED_WITHIN_MS; performance.now() < until; ) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    const text = await (await fetch(metricsUrl)).text();
    if ([...text.matchAll(ON_ITS_WAY)].every(([, value]) => Number(value) === 0)) return;
  }
  throw new Error(`something was on its way for ${SETTLED_WITHIN_MS / 1_000} s`);
}
