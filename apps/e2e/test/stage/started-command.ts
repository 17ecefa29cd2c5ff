import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { freePorts } from '@voltap/platform/embedded';
import { waitUntil } from '@voltap/platform/testing';
import { ROOT } from './running-platform.js';

/** `npm start` as somebody types it, seen through what it prints. */
export interface StartedCommand {
  /** All that was printed so far. */
  readonly output: string;
  /** Exit code, once it ended. */
  readonly ended: Promise<number | null>;
  until(text: RegExp): Promise<RegExpExecArray>;
  signal(name: NodeJS.Signals): void;
}

export interface Ports {
  readonly gateway: number;
  readonly backOffice: number;
  readonly health: number;
  /** Of the simulator: the first of two. */
  readonly simulator: number;
}

export async function choosePorts(): Promise<Ports> {
  const [gateway = 0, backOffice = 0, health = 0, simulator = 0] = await freePorts(4);
  return { gateway, backOffice, health, simulator };
}

export function flagsOf(ports: Ports, directory: string): string[] {
  return [
    ...[
      '--data-directory',
      directory,
      '--public-port',
      `${ports.gateway}`,
      '--back-office-port',
      `${ports.backOffice}`,
    ],
    ...['--health-port', `${ports.health}`, '--simulator-port', `${ports.simulator}`],
  ];
}

export function npmStart(...flags: string[]): StartedCommand {
  const child = spawn('npm', ['start', '--silent', '--', ...flags], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '' },
    // A group of its own, as a terminal gives it: its Ctrl-C reaches the whole group.
    detached: true,
  });
  let output = '';
  let over = false;
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  const ended = once(child, 'close').then(([code]) => {
    over = true;
    return code as number | null;
  });
  return {
    get output() {
      return output;
    },
    ended,
    until: async (text) => {
      const found = await waitUntil(() => text.exec(output) ?? (over && 'ended'), {
        describe: `${text} to be printed`,
      });
      if (found === 'ended') throw new Error(`it ended before it printed ${text}:\n${output}`);
      return found;
    },
    signal: (name) => {
      if (!over && child.pid !== undefined) process.kill(-child.pid, name);
    },
  };
}
