/** A program that runs beside the suite until it is ended, or until the suite's process dies. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const PATIENCE_MS = 10_000;
const SHOWN_LINES = 15;

export interface Daemon {
  readonly name: string;
  /** Undefined while it runs. */
  ended(): string | undefined;
  stop(): Promise<void>;
}

/** Its output goes to `<folder>/<name>.log`. */
export function startDaemon(folder: string, name: string, file: string, parameters: readonly string[]): Daemon {
  const path = join(folder, `${name}.log`);
  const log = openSync(path, 'a');
  // A group of its own: Ctrl-C reaches the suite alone, which then ends everything in order.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', file, ...parameters], {
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const exited = once(child, 'exit');
  const isOver = (one: ChildProcess): boolean => one.exitCode !== null || one.signalCode !== null;
  return {
    name,
    ended() {
      if (!isOver(child)) return undefined;
      const lines = readFileSync(path, 'utf8').trim().split('\n').slice(-SHOWN_LINES).join('\n');
      return `${name} ended with ${child.signalCode ?? child.exitCode}:\n${lines}`;
    },
    async stop() {
      if (isOver(child)) return;
      child.kill('SIGTERM');
      const impatience = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
      await exited;
      clearTimeout(impatience);
    },
  };
}
