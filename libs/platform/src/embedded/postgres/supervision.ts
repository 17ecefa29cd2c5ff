import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';

const run = promisify(execFile);

export interface Supervision {
  release(): Promise<void>;
}

interface Supervisor {
  readonly pid: number;
  readonly startedAt: string;
}

/**
 * Marks the directory as ours while we live. A process that died without cleaning up does not hold it.
 * @throws EmbeddedPostgresError when a living process holds it
 */
export async function superviseDirectory(directory: string): Promise<Supervision> {
  const file = join(directory, 'supervisor.json');
  const own: Supervisor = { pid: process.pid, startedAt: await startOf(process.pid) };
  for (;;) {
    try {
      await writeFile(file, JSON.stringify(own), { flag: 'wx' });
      return { release: () => rm(file, { force: true }) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = await readSupervisor(file);
    if (holder !== null && (await isAlive(holder))) {
      throw new EmbeddedPostgresError(
        `The data directory ${directory} is in use by process ${holder.pid}; stop that one or choose another directory.`,
        'in_use',
      );
    }
    await rm(file, { force: true });
  }
}

/** Stops a server that outlived its supervisor on the same cluster. The caller holds the directory. */
export async function stopOrphan(cluster: string): Promise<void> {
  const text = await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '');
  const [pidLine, pathLine] = text.split('\n');
  const pid = Number(pidLine);
  // A reused process id must not be killed: it has to be a Postgres, and of this cluster.
  if (!Number.isInteger(pid) || pid <= 1 || pathLine === undefined || !(await isPostgres(pid))) return;
  await endProcess(pid, [
    ['SIGINT', 10_000],
    ['SIGQUIT', 3_000],
    ['SIGKILL', 2_000],
  ]);
}

/** Sends each signal in turn until the process is gone; the numbers are milliseconds to wait after it. */
export async function endProcess(pid: number, steps: readonly (readonly [NodeJS.Signals, number])[]): Promise<void> {
  for (const [signal, patienceMs] of steps) {
    try {
      process.kill(pid, signal);
    } catch {
      return;
    }
    for (const until = Date.now() + patienceMs; Date.now() < until; ) {
      if (!isRunning(pid)) return;
      await delay(10);
    }
  }
}

async function readSupervisor(file: string): Promise<Supervisor | null> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Supervisor;
  } catch {
    return null;
  }
}

async function isAlive(supervisor: Supervisor): Promise<boolean> {
  return isRunning(supervisor.pid) && (await startOf(supervisor.pid)) === supervisor.startedAt;
}

/** False for a zombie too. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux' || !isZombie(pid);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Dead, but not yet collected by its parent; some containers never collect orphans. */
function isZombie(pid: number): boolean {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return status.charAt(status.lastIndexOf(')') + 2) === 'Z';
  } catch {
    return true;
  }
}

/** When a process started, in the system's own words: process ids are reused, pairs of both are not. */
export async function startOf(pid: number): Promise<string> {
  if (process.platform === 'linux') {
    const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    return status.slice(status.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  }
  if (process.platform === 'win32') return '';
  return run('ps', ['-o', 'lstart=', '-p', String(pid)]).then(
    ({ stdout }) => stdout.trim(),
    () => '',
  );
}

async function isPostgres(pid: number): Promise<boolean> {
  if (process.platform === 'win32') return isRunning(pid);
  const command =
    process.platform === 'linux'
      ? await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
      : await run('ps', ['-o', 'command=', '-p', String(pid)]).then(
          ({ stdout }) => stdout,
          () => '',
        );
  return command.includes('postgres');
}
