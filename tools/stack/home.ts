/** The folder of one stack, and the list of its processes by which a later start removes what this one may leave. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { chmod, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endProcess, isRunning, startOf } from '@voltap/platform/embedded';
import { childrenOf, signal } from './processes.ts';

const PREFIX = 'voltap-stack-';
const LEDGER = 'processes.json';
/** A folder without a ledger is one that is being made. */
const MAKING_MS = 60_000;

interface Entry {
  readonly pid: number;
  /** Process ids are reused, pairs of both are not. */
  readonly startedAt: string;
}

interface Ledger {
  readonly supervisor: Entry;
  readonly parts: Readonly<Record<string, Entry>>;
}

export interface StackHome {
  readonly directory: string;
  /** Remembers the process for whoever must clear up after us; also for ourselves, should this process end unprepared. */
  record(part: string, pid: number): Promise<void>;
  remove(): Promise<void>;
}

/** Also clears away what stacks left whose process is dead. */
export async function makeHome(): Promise<StackHome> {
  await sweep();
  const directory = await mkdtemp(join(tmpdir(), PREFIX));
  // Postgres, which does not run as root, must be able to pass.
  await chmod(directory, 0o755);
  let ledger: Ledger = { supervisor: await entryOf(process.pid), parts: {} };
  const write = (): void => writeFileSync(join(directory, LEDGER), JSON.stringify(ledger), { mode: 0o600 });
  write();
  const clearUp = (): void => {
    for (const { pid } of Object.values(ledger.parts)) {
      for (const member of [pid, ...childrenOf(pid)]) signal(member, 'SIGKILL');
    }
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  };
  process.on('exit', clearUp);
  return {
    directory,
    async record(part, pid) {
      const entry = await entryOf(pid);
      ledger = { ...ledger, parts: { ...ledger.parts, [part]: entry } };
      write();
    },
    async remove() {
      process.off('exit', clearUp);
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function sweep(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(PREFIX)) continue;
    const directory = join(tmpdir(), name);
    const ledger = readLedger(directory);
    if (ledger === undefined) {
      const made = await stat(directory).catch((error: NodeJS.ErrnoException) => {
        // Another start has swept it meanwhile.
        if (error.code === 'ENOENT') return undefined;
        throw error;
      });
      if (made === undefined || Date.now() - made.mtimeMs < MAKING_MS) continue;
    } else {
      if (await isAlive(ledger.supervisor)) continue;
      for (const part of Object.values(ledger.parts)) if (await isAlive(part)) await endWithChildren(part.pid);
    }
    // Somebody else's folder, which only they can remove, is no reason not to start.
    await rm(directory, { recursive: true, force: true }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EACCES' && error.code !== 'EPERM' && error.code !== 'ENOTEMPTY') throw error;
    });
  }
}

async function endWithChildren(pid: number): Promise<void> {
  const members = [pid, ...childrenOf(pid)];
  await Promise.all(members.map((member) => endProcess(member, [['SIGKILL', 5_000]])));
}

function readLedger(directory: string): Ledger | undefined {
  try {
    return JSON.parse(readFileSync(join(directory, LEDGER), 'utf8')) as Ledger;
  } catch {
    return undefined;
  }
}

async function entryOf(pid: number): Promise<Entry> {
  return { pid, startedAt: await startOf(pid) };
}

async function isAlive({ pid, startedAt }: Entry): Promise<boolean> {
  return isRunning(pid) && (await startOf(pid)) === startedAt;
}
