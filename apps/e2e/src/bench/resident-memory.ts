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

/** A process and its resident set size in MB (10^6 bytes): what is shared counts in each. Linux only. */
export interface ResidentProcess {
  readonly commandLine: string;
  readonly residentMegabytes: number;
}

/** The children of a process, in the order of their command lines. */
export async function processesBelow(pid: number): Promise<ResidentProcess[]> {
  const children = (await listProcesses()).filter(({ parent }) => parent === pid);
  const read = await Promise.all(
    children.map(async (one) => {
      const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec((await readProcess(one.pid, 'status')) ?? '')?.[1];
      return { commandLine: one.commandLine, residentMegabytes: (Number(kilobytes ?? 0) * 1_024) / 1e6 };
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
