import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type MeasuredPlatform, startMeasuredPlatform } from './measured-platform.js';
import { measureRequests } from './requests.js';
import { residentMegabytes } from './resident-memory.js';

const HELP = `npm run bench

Measures on this machine, in one run: requests at the gateway as ratios to bare Fastify, status report to push latency,
start-up time to ready, resident memory. About a minute; docs/benchmarks.md says how to read it.
`;

function row(what: string, measured: string, goal: string, met: boolean | null): void {
  const verdict = met === null ? '' : met ? 'met' : 'not met';
  process.stdout.write(`${what.padEnd(58)} ${measured.padStart(9)}  ${goal.padEnd(9)} ${verdict}\n`);
}

async function requests(platform: MeasuredPlatform, parent: string, directory: string): Promise<void> {
  const { ratios, push } = await measureRequests(platform, parent);
  for (const { what, ratio, ours, theirs } of ratios) {
    row(`${what}, ${ours.toFixed(0)} : ${theirs.toFixed(0)} /s`, ratio.toFixed(2), '>= 0.5', ratio >= 0.5);
  }
  const pace = `${push.rate.toFixed(0)} changes/s, ${push.pushed} pushes`;
  row(`status to push p50, ${pace}`, `${push.p50.toFixed(0)} ms`, '', null);
  row('status to push p99', `${push.p99.toFixed(0)} ms`, '<= 100 ms', push.p99 <= 100);
  const megabytes = await residentMegabytes(platform.pid, directory);
  row('memory after that load, one process', `${megabytes.toFixed(0)} MB`, '< 900 MB', megabytes < 900);
}

async function measure(): Promise<void> {
  const parent = await mkdtemp(join(tmpdir(), 'voltap-bench-'));
  const directory = join(parent, 'data');
  const start = async (name: string, processes: boolean, goalSeconds: number | null, memory: string | null) => {
    const platform = await startMeasuredPlatform(directory, processes, process.env);
    try {
      const { startSeconds } = platform;
      const goal = goalSeconds === null ? '' : `<= ${goalSeconds} s`;
      row(name, `${startSeconds.toFixed(1)} s`, goal, goalSeconds === null ? null : startSeconds <= goalSeconds);
      if (memory === null) return;
      const megabytes = await residentMegabytes(platform.pid, directory);
      row(memory, `${megabytes.toFixed(0)} MB`, '< 900 MB', megabytes < 900);
      if (!processes) await requests(platform, parent, directory);
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

process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));

if (process.argv.includes('--help')) process.stdout.write(HELP);
else await measure();
