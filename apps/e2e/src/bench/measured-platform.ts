import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

const LOCAL_MAIN = fileURLToPath(new URL('../../../local/dist/main.js', import.meta.url));

export interface MeasuredPlatform {
  readonly pid: number;
  /** From starting the process until it printed that it is ready. */
  readonly startSeconds: number;
  stop(): Promise<void>;
}

/** Starts the bare platform on free ports, on a data directory that may be kept from before. */
export async function startMeasuredPlatform(directory: string, processes: boolean): Promise<MeasuredPlatform> {
  const [gateway, backOffice, health] = await freePorts(3);
  const begin = performance.now();
  const child = spawn(
    process.execPath,
    [
      ...['--enable-source-maps', LOCAL_MAIN, '--bare', '--data-directory', directory],
      ...(processes ? ['--processes'] : []),
      ...['--public-port', `${gateway}`, '--back-office-port', `${backOffice}`, '--health-port', `${health}`],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const exited = once(child, 'exit');
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
  return { pid: child.pid ?? 0, startSeconds, stop };
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('a server without a port');
    return address.port;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
