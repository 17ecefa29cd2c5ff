import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningStack, startStack } from '@voltap/tools/stack';
import { startMeasuredPlatform } from '../measured-platform.js';
import { processesBelow } from '../resident-memory.js';
import type { Row } from '../row.js';
import { measureMessaging } from './measure-messaging.js';
import { PER_SECOND } from './settings.js';

export const STACK_PARTS = ['messaging', 'memory'] as const;
export type StackPart = (typeof STACK_PARTS)[number];

const ADDRESSES = ['VOLTAP_KAFKA_BROKERS', 'VOLTAP_REDIS_URL', 'VOLTAP_POSTGRES_URL'] as const;
const MOST_MEGABYTES = 110;
/** After this long nothing that a start left is still to be collected. */
const SETTLED_MS = 15_000;

/** On the stack that the environment names, else on one of its own. */
export async function measureStack(parts: readonly StackPart[], row: Row): Promise<void> {
  const named = Object.fromEntries(ADDRESSES.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
  const complete = ADDRESSES.every((name) => named[name] !== undefined);
  const stack: RunningStack | undefined = complete ? undefined : await startStack();
  try {
    const environment = (stack?.environment ?? named) as Readonly<Record<string, string>>;
    if (parts.includes('messaging')) await messaging(environment, row);
    if (parts.includes('memory')) await memory(environment, row);
  } finally {
    await stack?.stop();
  }
}

async function messaging(environment: Readonly<Record<string, string>>, row: Row): Promise<void> {
  const { backlog, oneByOne, latency, processor } = await measureMessaging(environment);
  for (const [what, { ours, theirs, ratio }] of [
    ['events from a backlog', backlog],
    ['events one by one', oneByOne],
  ] as const) {
    row(`${what}, ${ours.toFixed(0)} : ${theirs.toFixed(0)} /s bare`, ratio.toFixed(2), '>= 0.3', ratio >= 0.3);
  }
  const { ours, theirs } = latency;
  row(`event to effect p50, ${PER_SECOND}/s`, `${ours.p50.toFixed(1)} ms`, '', null);
  row(`event to effect p99, ${PER_SECOND}/s`, `${ours.p99.toFixed(1)} ms`, '<= 50 ms', ours.p99 <= 50);
  row(`bare, p50 and p99, ${PER_SECOND}/s`, `${theirs.p50.toFixed(1)}, ${theirs.p99.toFixed(1)} ms`, '', null);
  row('processor time of the relay, 1,000 events', `${processor.relay.toFixed(0)} ms`, '', null);
  row('processor time of the consumer, 1,000 events', `${processor.consumer.toFixed(0)} ms`, '', null);
}

async function memory(environment: Readonly<Record<string, string>>, row: Row): Promise<void> {
  const parent = await mkdtemp(join(tmpdir(), 'voltap-bench-'));
  try {
    const platform = await startMeasuredPlatform(join(parent, 'data'), ['--stack'], { ...process.env, ...environment });
    try {
      row('start-up, nine services on the stack', `${platform.startSeconds.toFixed(1)} s`, '', null);
      await new Promise((resolve) => setTimeout(resolve, SETTLED_MS));
      for (const { commandLine, residentMegabytes, ownMegabytes } of await processesBelow(platform.pid)) {
        const service = /\/apps\/(\w+)\/dist\/main\.js/.exec(commandLine)?.[1];
        if (service === undefined) continue;
        const measured = `${residentMegabytes.toFixed(0)} MB`;
        const met = residentMegabytes <= MOST_MEGABYTES;
        row(`memory of ${service}, ${ownMegabytes.toFixed(0)} MB its own`, measured, `<= ${MOST_MEGABYTES} MB`, met);
      }
    } finally {
      await platform.stop();
    }
  } finally {
    await rm(parent, { recursive: true, force: true });
  }
}
