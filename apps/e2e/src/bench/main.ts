import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startMeasuredPlatform } from './measured-platform.js';
import { residentMegabytes } from './resident-memory.js';

const HELP =
  'npm run bench: start-up time to ready (cold, warm) and resident memory (one process, nine), bare platform.\n';

function row(what: string, measured: string, goal: string, met: boolean | null): void {
  const verdict = met === null ? '' : met ? 'met' : 'not met';
  process.stdout.write(`${what.padEnd(36)} ${measured.padStart(9)}  ${goal.padEnd(9)} ${verdict}\n`);
}

async function measure(): Promise<void> {
  const parent = await mkdtemp(join(tmpdir(), 'voltap-bench-'));
  const directory = join(parent, 'data');
  const start = async (name: string, processes: boolean, goalSeconds: number | null, memory: string | null) => {
    const platform = await startMeasuredPlatform(directory, processes);
    try {
      const { startSeconds } = platform;
      const goal = goalSeconds === null ? '' : `<= ${goalSeconds} s`;
      row(name, `${startSeconds.toFixed(1)} s`, goal, goalSeconds === null ? null : startSeconds <= goalSeconds);
      if (memory === null) return;
      const megabytes = await residentMegabytes(platform.pid, directory);
      row(memory, `${megabytes.toFixed(0)} MB`, '< 900 MB', megabytes < 900);
    } finally {
      await platform.stop();
    }
  };
  try {
    await start('start-up, cold, one process', false, null, null);
    await start('start-up, warm, one process', false, 6, 'memory when ready, one process');
    await start('start-up, warm, nine processes', true, 6, 'memory when ready, nine processes');
  } finally {
    await rm(parent, { recursive: true, force: true });
  }
}

if (process.argv.includes('--help')) process.stdout.write(HELP);
else await measure();
