/** Jaeger as a trace store of this machine, built once from its Go module. Without its page: that is not in the module. */
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePorts } from '@voltap/platform/embedded';
import { replaced } from '../stack/cache.ts';

const run = promisify(execFile);
const SOURCE = join(import.meta.dirname, 'jaeger');
const PROGRAM = 'github.com/jaegertracing/jaeger/cmd/all-in-one';
const READY_WITHIN_MS = 60_000;
const LONGEST_OUTPUT = 64 * 1024 * 1024;

/** Something of the machine is missing; the message says what to install. */
export class JaegerError extends Error {
  override readonly name = 'JaegerError';
}

export interface Jaeger {
  /** Base URL that takes traces by OTLP/HTTP. */
  readonly otlpUrl: string;
  /** Base URL of its API: `/api/services`, `/api/traces`. */
  readonly queryUrl: string;
  stop(): Promise<void>;
}

/** @throws JaegerError */
export async function startJaeger(cache: string, progress: (line: string) => void): Promise<Jaeger> {
  const program = await built(cache, progress);
  const ports = await freePorts(7);
  const flags = ['collector.otlp.http', 'query.http-server', 'collector.otlp.grpc', 'query.grpc-server'].concat([
    'collector.http-server',
    'collector.grpc-server',
    'admin.http',
  ]);
  const child = spawn(
    program,
    flags.map((flag, index) => `--${flag}.host-port=127.0.0.1:${ports[index]}`),
    { stdio: 'ignore', env: { ...process.env, JAEGER_DISABLED: 'true' } },
  );
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await ended;
  };
  const queryUrl = `http://127.0.0.1:${ports[1]}`;
  const end = Date.now() + READY_WITHIN_MS;
  for (;;) {
    let failure: unknown;
    try {
      const answer = await fetch(`${queryUrl}/api/services`);
      if (answer.ok) return { otlpUrl: `http://127.0.0.1:${ports[0]}`, queryUrl, stop };
      failure = new Error(`${queryUrl} answered ${answer.status}`);
    } catch (error) {
      failure = error;
    }
    if (child.exitCode !== null || Date.now() > end) {
      await stop();
      throw new JaegerError(`Jaeger did not start (${child.exitCode ?? 'no answer'})`, { cause: failure });
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function built(cache: string, progress: (line: string) => void): Promise<string> {
  const source = readFileSync(join(SOURCE, 'go.mod'));
  const folder = join(cache, `jaeger-${createHash('sha256').update(source).digest('hex').slice(0, 12)}`);
  if (!existsSync(folder)) {
    progress('Building Jaeger, once; this takes minutes');
    await replaced(cache, folder, build);
  }
  return join(folder, 'jaeger');
}

async function build(fresh: string): Promise<void> {
  // What Go writes into the module's files while it builds is not to change ours.
  const workshop = await mkdtemp(join(tmpdir(), 'voltap-jaeger-'));
  try {
    cpSync(SOURCE, workshop, { recursive: true });
    const environment = { ...process.env, GOFLAGS: '-mod=mod', GOTOOLCHAIN: 'local', CGO_ENABLED: '0' };
    await run('go', ['build', '-trimpath', '-ldflags=-s -w', '-o', join(fresh, 'jaeger'), PROGRAM], {
      cwd: workshop,
      env: environment,
      maxBuffer: LONGEST_OUTPUT,
    });
  } catch (error) {
    const { code, stderr = '' } = error as NodeJS.ErrnoException & { readonly stderr?: string };
    if (code === 'ENOENT')
      throw new JaegerError('Jaeger is built with Go (https://go.dev), 1.26 or newer, which is not on the PATH');
    throw new JaegerError(`Jaeger cannot be built: ${stderr.trim().slice(-2000)}`, { cause: error });
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
}
