/** Children that end with us, and what is below them. */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { StackError } from './stack-error.ts';

const run = promisify(execFile);
const LOG_TAIL_LINES = 12;

export interface Child {
  readonly pid: number;
  /** How it ended, once it has: `code 1`, `SIGKILL`. */
  readonly ended: Promise<string>;
  /** The same, undefined while it runs. */
  end(): string | undefined;
}

/**
 * Starts a program in a process group of its own, since Ctrl-C in a terminal must reach only us, who stop it in order. On
 * Linux it is killed when this process ends, however that ends.
 * @param log file that takes what it writes
 */
export async function startChild(program: string, parameters: readonly string[], log: string): Promise<Child> {
  const output = await open(log, 'a');
  const [file, ...rest] = [...(await endingWithUs()), program, ...parameters];
  let child: ChildProcess;
  try {
    child = spawn(file ?? program, rest, { detached: true, stdio: ['ignore', output.fd, output.fd] });
  } finally {
    await output.close();
  }
  let how: string | undefined;
  const ended = new Promise<string>((resolve) => {
    const settle = (text: string): void => {
      how ??= text;
      resolve(how);
    };
    child.once('error', (error) => settle(error.message));
    child.once('exit', (code, signal) => settle(signal ?? `code ${code}`));
  });
  if (child.pid === undefined) throw new StackError(`${program} cannot be started: ${await ended}`);
  return { pid: child.pid, ended, end: () => how };
}

let prefix: Promise<readonly string[]> | undefined;

function endingWithUs(): Promise<readonly string[]> {
  const command = ['setpriv', '--pdeathsig', 'KILL', '--'];
  prefix ??= run('setpriv', ['--pdeathsig', 'KILL', '--', 'true']).then(
    () => command,
    // Elsewhere than on Linux there is none: what is left then, the next start sweeps.
    () => [],
  );
  return prefix;
}

/** The last lines of a log, for the message that tells why its writer ended. */
export async function tailOf(log: string): Promise<string> {
  const text = await readFile(log, 'utf8');
  return text.trim().split('\n').slice(-LOG_TAIL_LINES).join('\n');
}

/** Sends a signal; a process that is gone already needs none. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Process ids of the children. Synchronous, for a process that is about to end. */
export function childrenOf(parent: number): number[] {
  return allProcesses()
    .filter((one) => one.parent === parent)
    .map(({ pid }) => pid);
}

function allProcesses(): { pid: number; parent: number }[] {
  if (process.platform !== 'linux') {
    return execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/\s+/).map(Number))
      .map(([pid = 0, parent = 0]) => ({ pid, parent }));
  }
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const status = readFileSync(`/proc/${name}/stat`, 'utf8');
        return [{ pid: Number(name), parent: Number(status.slice(status.lastIndexOf(')') + 4).split(' ')[0]) }];
      } catch {
        // It ended while we looked.
        return [];
      }
    });
}
