import { ensureDatabase } from '@voltap/platform/embedded';
import { median } from '../load.js';
import type { Latency } from './arrivals.js';
import { type MeasuredProcess, startMeasuredProcess } from './measured-process.js';
import { PER_SECOND, type Where } from './settings.js';

/** Events a second of both sides, and ours in parts of theirs; medians of rounds that follow one another. */
export interface Throughput {
  readonly ours: number;
  readonly theirs: number;
  readonly ratio: number;
}

export interface MessagingRows {
  /** What waits is moved as fast as it can be, in large requests on both sides. */
  readonly backlog: Throughput;
  /** Each event is handed over by itself, by callers who wait for it. */
  readonly oneByOne: Throughput;
  readonly latency: { readonly ours: Latency; readonly theirs: Latency };
  /** Processor time of the process, in milliseconds for 1,000 events of a backlog. */
  readonly processor: { readonly relay: number; readonly consumer: number };
}

const ROUNDS = 3;
const BACKLOG = 10_000;
const BARE_BACKLOG = 40_000;
const ONE_BY_ONE = 5_000;
const WARM_UP = 1_000;
const LATENCY_SECONDS = 10;

interface Pair {
  readonly writer: MeasuredProcess;
  readonly reader: MeasuredProcess;
}

/** The same events through outbox, Kafka and inbox, and through the bare library, on the same broker in the same run. */
export async function measureMessaging(environment: Readonly<Record<string, string>>): Promise<MessagingRows> {
  const prefix = `bench-${process.pid}-${Date.now()}.`;
  const kafka = {
    brokers: (environment.VOLTAP_KAFKA_BROKERS ?? '').split(','),
    ...{ prefix, replication: -1, sessionTimeoutMs: 10_000 },
  };
  const where = async (database: string): Promise<Where> => ({
    url: await databaseOn(environment.VOLTAP_POSTGRES_URL ?? '', `${prefix.replace(/\W/g, '_')}${database}`),
    kafka,
  });
  const started: MeasuredProcess[] = [];
  const start = async (script: string, database: string): Promise<MeasuredProcess> => {
    const one = await startMeasuredProcess(script, [JSON.stringify(await where(database))]);
    started.push(one);
    return one;
  };
  try {
    const ours = { writer: await start('./writer.js', 'writer'), reader: await start('./reader.js', 'reader') };
    const theirs = { writer: await start('./bare-writer.js', 'bare'), reader: await start('./bare-reader.js', 'bare') };
    return await measure(ours, theirs);
  } finally {
    await Promise.all(started.map((one) => one.end()));
  }
}

async function measure(ours: Pair, theirs: Pair): Promise<MessagingRows> {
  let events = 0;
  const sent = (count: number): number => {
    events += count;
    return count;
  };
  const drained = async (count: number): Promise<{ rate: number; relay: number; consumer: number }> => {
    await ours.writer.ask('rest');
    await ours.writer.ask('fill', sent(count));
    const before = await processorOf(ours);
    const rate = await timed(ours, 'relay', count);
    const after = await processorOf(ours);
    const forThousand = (side: 0 | 1) => ((after[side] - before[side]) / count) * 1_000;
    return { rate, relay: forThousand(0), consumer: forThousand(1) };
  };
  await drained(WARM_UP);
  await timed(theirs, 'large', WARM_UP);
  await timed(ours, 'each', sent(WARM_UP));
  await timed(theirs, 'each', WARM_UP);

  const latency = { theirs: await latencyOf(theirs), ours: await latencyOf(ours) };
  sent(PER_SECOND * LATENCY_SECONDS);
  const each: Rates[] = [];
  const backlog: (Rates & { relay: number; consumer: number })[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    each.push({
      theirs: await timed(theirs, 'each', ONE_BY_ONE),
      ours: await timed(ours, 'each', sent(ONE_BY_ONE)),
    });
  }
  for (let round = 0; round < ROUNDS; round += 1) {
    const bare = await timed(theirs, 'large', BARE_BACKLOG);
    const { rate, ...processor } = await drained(BACKLOG);
    backlog.push({ theirs: bare, ours: rate, ...processor });
  }
  const found = await ours.reader.ask<{ events: number; effects: number }>('effects');
  if (found.events !== events || found.effects !== events) {
    throw new Error(`${events} events were sent; ${found.events} of them had ${found.effects} effects`);
  }
  const processor = {
    relay: median(backlog.map(({ relay }) => relay)),
    consumer: median(backlog.map(({ consumer }) => consumer)),
  };
  return { backlog: throughput(backlog), oneByOne: throughput(each), latency, processor };
}

interface Rates {
  readonly ours: number;
  readonly theirs: number;
}

function throughput(rounds: readonly Rates[]): Throughput {
  return {
    ours: median(rounds.map(({ ours }) => ours)),
    theirs: median(rounds.map(({ theirs }) => theirs)),
    ratio: median(rounds.map(({ ours, theirs }) => ours / theirs)),
  };
}

/** Events a second from the first word of the writer to the last effect at the reader. */
async function timed({ writer, reader }: Pair, work: string, count: number): Promise<number> {
  await reader.ask('forget');
  const [began, ended] = await Promise.all([writer.ask<number>(work, count), reader.ask<number>('until', count)]);
  return (count / (ended - began)) * 1_000;
}

async function latencyOf({ writer, reader }: Pair): Promise<Latency> {
  await reader.ask('forget');
  const count = PER_SECOND * LATENCY_SECONDS;
  await Promise.all([writer.ask('paced', count), reader.ask('until', count)]);
  return reader.ask<Latency>('latency');
}

async function processorOf({ writer, reader }: Pair): Promise<[number, number]> {
  return [await writer.processorMs(), await reader.processorMs()];
}

async function databaseOn(server: string, name: string): Promise<string> {
  const url = new URL(server);
  url.pathname = '/postgres';
  await ensureDatabase(url.href, name);
  url.pathname = `/${name}`;
  return url.href;
}
