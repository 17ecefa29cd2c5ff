import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { waitUntil } from '@voltap/platform/testing';
import type { RunningPlatform } from './running-platform.js';

/** Process id of each replica that the supervisor runs, by name: `gateway`, `gateway-2`, … */
export async function processesOf(platform: RunningPlatform): Promise<Record<string, number>> {
  return JSON.parse(await readFile(join(String(platform.directory), 'processes.json'), 'utf8'));
}

/**
 * Kills as a power cut would, and waits until each victim runs again, under another id: nothing is proven by a kill that
 * nobody recovered from.
 */
export async function killUntilRestarted(platform: RunningPlatform, victims: readonly string[]): Promise<void> {
  const before = await processesOf(platform);
  for (const name of victims) process.kill(Number(before[name]), 'SIGKILL');
  await waitUntil(
    async () => {
      const now = await processesOf(platform);
      return victims.every((name) => now[name] !== before[name]);
    },
    { describe: `${victims.join(', ')} to be started again` },
  );
}

/** What is not ready yet answers honestly that it is away. */
export function untilWhole(platform: RunningPlatform): Promise<boolean> {
  return waitUntil(async () => (await fetch(`${platform.healthUrl}/ready`)).ok, {
    describe: 'every replica of all nine services to be ready',
  });
}
