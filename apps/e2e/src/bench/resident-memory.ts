import { readdir, readFile } from 'node:fs/promises';

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly commandLine: string;
}

/**
 * Memory in MB (10^6 bytes) of a process, of all that name its data directory, and of their descendants. Proportional
 * set size: what processes share, as PostgreSQL's buffers, is counted once. Linux only.
 */
export async function residentMegabytes(pid: number, directory: string): Promise<number> {
  const processes = await listProcesses();
  const counted = new Set(
    processes.filter((one) => one.pid === pid || one.commandLine.includes(directory)).map((one) => one.pid),
  );
  for (let before = -1; before !== counted.size; ) {
    before = counted.size;
    for (const one of processes) if (counted.has(one.parent)) counted.add(one.pid);
  }
  const sizes = await Promise.all([...counted].map((one) => readProcess(one, 'smaps_rollup')));
  return sizes.reduce((sum, text) => sum + Number(/^Pss:\s+(\d+) kB/m.exec(text ?? '')?.[1] ?? 0) * 1_024, 0) / 1e6;
}

/** A process and its resident set size in MB (10^6 bytes). Linux only. */
export interface ResidentProcess {
  readonly commandLine: string;
  /** With the pages of Node.js itself, which all processes on a machine share. */
  readonly residentMegabytes: number;
  /** Without what is read from files. */
  readonly ownMegabytes: number;
}

/** The children of a process, in the order of their command lines. */
export async function processesBelow(pid: number): Promise<ResidentProcess[]> {
  const children = (await listProcesses()).filter(({ parent }) => parent === pid);
  const read = await Promise.all(
    children.map(async (one) => {
      const status = (await readProcess(one.pid, 'status')) ?? '';
      const megabytes = (field: RegExp) => (Number(field.exec(status)?.[1] ?? 0) * 1_024) / 1e6;
      return {
        commandLine: one.commandLine,
        residentMegabytes: megabytes(/^VmRSS:\s+(\d+) kB/m),
        ownMegabytes: megabytes(/^RssAnon:\s+(\d+) kB/m),
      };
    }),
  );
  return read.sort((left, right) => left.commandLine.localeCompare(right.commandLine));
}

async function listProcesses(): Promise<Process[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const read = await Promise.all(
    pids.map(async (pid) => {
      const status = await readProcess(pid, 'status');
      const commandLine = await readProcess(pid, 'cmdline');
      if (status === null || commandLine === null) return [];
      return [{ pid, parent: Number(/^PPid:\s+(\d+)/m.exec(status)?.[1] ?? 0), commandLine }];
    }),
  );
  return read.flat();
}

/** null when the process ended meanwhile. */
async function readProcess(pid: number, file: string): Promise<string | null> {
  try {
    return await readFile(`/proc/${pid}/${file}`, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH')) return null;
    throw error;
  }
}
