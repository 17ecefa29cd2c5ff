import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

/** A TypeScript program of a test in a process of its own, to be killed. Its lines on stdout are what it tells the test. */
export interface TestProcess {
  readonly pid: number;
  /** Whether it is gone. */
  readonly ended: boolean;
  readonly lines: readonly string[];
  tell(line: string): void;
  /** Kills it as a power cut would (default) and waits until it is gone. */
  end(signal?: NodeJS.Signals): Promise<void>;
}

/**
 * @param script URL of the program, such as `new URL('./fixtures/consumer.ts', import.meta.url)`
 * @param environment is added to that of this process
 * @param wrapper a command that runs the program's command line, such as `['faketime', '-f', '+120s']`
 */
export function startTestProcess(
  script: URL,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  wrapper: readonly string[] = [],
): TestProcess {
  const imports = ['./typescript-loader.mjs', './end-with-parent.mjs'].flatMap((path) => [
    '--import',
    new URL(path, import.meta.url).href,
  ]);
  const [command = process.execPath, ...rest] = [
    ...wrapper,
    process.execPath,
    ...['--conditions=voltap-source', ...imports, fileURLToPath(script), ...args],
  ];
  const child: ChildProcessByStdio<Writable, Readable, null> = spawn(command, rest, {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...environment },
  });
  const exited = once(child, 'exit');
  // Telling a process that was killed is normal in these tests.
  child.stdin.on('error', () => undefined);
  const lines: string[] = [];
  createInterface(child.stdout).on('line', (line) => lines.push(line));
  return {
    pid: child.pid ?? -1,
    get ended() {
      return child.exitCode !== null || child.signalCode !== null;
    },
    lines,
    tell: (line) => void child.stdin.write(`${line}\n`),
    async end(signal = 'SIGKILL') {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      await exited;
    },
  };
}
