import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DELIVERY_PARTS, measureDeliveries } from './deliveries/measure-deliveries.js';
import { type MeasuredPlatform, startMeasuredPlatform } from './measured-platform.js';
import { MONEY_PARTS, measureMoney } from './money/measure-money.js';
import { measureRequests } from './requests.js';
import { residentMegabytes } from './resident-memory.js';
import { printRow } from './row.js';
import { measureStack, STACK_PARTS } from './stack/measure-stack.js';
import { measureTelemetry } from './telemetry/measure-telemetry.js';

const HELP = `npm run bench [-- options]

Measures on this machine, in one run: requests at the gateway as ratios to bare Fastify, status report to push latency,
start-up time to ready, resident memory. About a minute; docs/benchmarks.md says how to read it.

  --deliveries     measures what leaves the gateway instead: a healthy partner beside ten dead ones, and a large backlog;
                   some minutes
  --money          measures what concerns money instead: pricing, receipts as PDF, and the books of 100,000 charges;
                   some minutes
  --stack          measures on Kafka, Redis and PostgreSQL instead: those that VOLTAP_KAFKA_BROKERS, VOLTAP_REDIS_URL and
                   VOLTAP_POSTGRES_URL name, or, unless all three are set, ones of its own
  --telemetry      measures what traces cost: a platform that sends them as in production beside one that does not, in turns
  --only <name>    with --stack, one part: ${STACK_PARTS.join(', ')}
                     messaging   events through outbox, Kafka and inbox beside the bare client library; latency; processor
                     memory      start-up and memory of each service
                   with --deliveries, one part: ${DELIVERY_PARTS.join(', ')}
                     whole-backlog   all 200,000 of it, a quarter of an hour; not measured unless it is asked for
                   with --money, one part: ${MONEY_PARTS.join(', ')}
  --help           this
`;

async function requests(platform: MeasuredPlatform, parent: string, directory: string): Promise<void> {
  const { ratios, starts, push } = await measureRequests(platform, parent);
  for (const { what, ratio, ours, theirs } of ratios) {
    printRow(`${what}, ${ours.toFixed(0)} : ${theirs.toFixed(0)} /s`, ratio.toFixed(2), '>= 0.5', ratio >= 0.5);
  }
  printRow('START_SESSION p50, 100 a second', `${starts.p50.toFixed(0)} ms`, '', null);
  printRow('START_SESSION p99, 100 a second', `${starts.p99.toFixed(0)} ms`, '', null);
  const pace = `${push.rate.toFixed(0)} changes/s, ${push.pushed} pushes`;
  printRow(`status to push p50, ${pace}`, `${push.p50.toFixed(0)} ms`, '', null);
  printRow('status to push p99', `${push.p99.toFixed(0)} ms`, '<= 100 ms', push.p99 <= 100);
  const megabytes = await residentMegabytes(platform.pid, directory);
  printRow('memory after that load, one process', `${megabytes.toFixed(0)} MB`, '< 900 MB', megabytes < 900);
}

async function measure(): Promise<void> {
  const parent = await mkdtemp(join(tmpdir(), 'voltap-bench-'));
  const directory = join(parent, 'data');
  const start = async (name: string, flags: readonly string[], goalSeconds: number | null, memory: string | null) => {
    const platform = await startMeasuredPlatform(directory, flags, process.env);
    try {
      const { startSeconds } = platform;
      const goal = goalSeconds === null ? '' : `<= ${goalSeconds} s`;
      printRow(name, `${startSeconds.toFixed(1)} s`, goal, goalSeconds === null ? null : startSeconds <= goalSeconds);
      if (memory === null) return;
      const megabytes = await residentMegabytes(platform.pid, directory);
      printRow(memory, `${megabytes.toFixed(0)} MB`, '< 900 MB', megabytes < 900);
      if (flags.length === 0) await requests(platform, parent, directory);
    } finally {
      await platform.stop();
    }
  };
  try {
    await start('start-up, cold, one process', [], null, null);
    await start('start-up, warm, one process', [], 6, 'memory when ready, one process');
    await start('start-up, warm, nine processes', ['--processes'], 6, 'memory when ready, nine processes');
  } finally {
    await rm(parent, { recursive: true, force: true });
  }
}

process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));

const isNamed =
  (only: string | undefined) =>
  (part: string): boolean =>
    part === only;

/** @returns null after telling what is wrong with the command line */
function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        help: { type: 'boolean' },
        stack: { type: 'boolean' },
        deliveries: { type: 'boolean' },
        money: { type: 'boolean' },
        telemetry: { type: 'boolean' },
        only: { type: 'string' },
      },
    });
    const { only, help = false, stack = false, deliveries = false, money = false, telemetry = false } = values;
    const named = {
      stack: STACK_PARTS.filter(isNamed(only)),
      deliveries: DELIVERY_PARTS.filter(isNamed(only)),
      money: MONEY_PARTS.filter(isNamed(only)),
    };
    const wanted = stack ? named.stack : deliveries ? named.deliveries : money ? named.money : [];
    if (only !== undefined && wanted.length === 0) {
      const parts = `${STACK_PARTS.join(', ')} with --stack, ${DELIVERY_PARTS.join(', ')} with --deliveries, ${MONEY_PARTS.join(', ')} with --money`;
      throw new Error(`--only names one of ${parts}.`);
    }
    return {
      ...{ help, stack, deliveries, money, telemetry },
      moneyParts: only === undefined ? MONEY_PARTS : named.money,
      stackParts: only === undefined ? STACK_PARTS : named.stack,
      deliveryParts: only === undefined ? DELIVERY_PARTS.filter((part) => part !== 'whole-backlog') : named.deliveries,
    };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return null;
  }
}

const options = readOptions();
if (options === null) process.exitCode = 2;
else if (options.help) process.stdout.write(HELP);
else if (options.deliveries) await measureDeliveries(options.deliveryParts, printRow);
else if (options.money) await measureMoney(options.moneyParts, printRow);
else if (options.telemetry) await measureTelemetry(printRow);
else if (options.stack) await measureStack(options.stackParts, printRow);
else await measure();
