import { randomUUID } from 'node:crypto';
import { VoltapError } from '@voltap/kernel';
import {
  type BusRecord,
  EventBus,
  liesBehind,
  type ReadToEndOptions,
  type Subscription,
  type SubscriptionOptions,
  type TopicDefinition,
  type TopicEnd,
} from '../../messaging/event-bus.js';
import { Announcer, readAnnouncement } from './announcer.js';
import { type FailureReport, type LogConnections, openConnections, orUnavailable } from './connections.js';
import { Consumer } from './consumer.js';
import { ENDS, LAG, POSITIONS } from './lag.js';
import { LogReader } from './log-reader.js';
import { LogWriter } from './log-writer.js';
import { Membership } from './membership.js';
import { OffsetCommitter } from './offset-committer.js';
import { readPartitions } from './partition-reading.js';
import { pruneLog } from './retention.js';
import { migrateBusDatabase } from './schema.js';
import { TopicCatalog } from './topic-catalog.js';

/** What the bus says about failures that it deals with itself; a pino logger is one. */
export interface BusLogger {
  warn(details: object, message: string): void;
}

export interface EmbeddedEventBusOptions {
  /** Connection string of the bus' own database, which exists. */
  readonly url: string;
  readonly logger?: BusLogger;
  /** Committed records of topics that say nothing themselves are kept this long. Default 7 days. */
  readonly retentionMs?: number;
  /** Default 1 minute. */
  readonly pruneEveryMs?: number;
}

const POLL_MS = 250;
/** Every so many polls: does every member still live? */
const POLLS_PER_ROLL_CALL = 2;
const DEFAULT_RETENTION_MS = 7 * 24 * 60 * 60 * 1_000;
const DEFAULT_PRUNE_EVERY_MS = 60_000;
const REPORT_EVERY_MS = 1_000;

/**
 * The log in Postgres. One bus serves all services of a process, with five connections at most; buses of several
 * processes share the groups. Connects at first use and again whenever the server comes back; while it is away,
 * `publish` rejects and reading pauses.
 */
export class EmbeddedEventBus extends EventBus {
  private readonly id = randomUUID();
  private readonly connections: LogConnections;
  private readonly catalog: TopicCatalog;
  private readonly committer: OffsetCommitter;
  private readonly reader: LogReader;
  private readonly writer: LogWriter;
  private readonly announcer: Announcer;
  private readonly membership: Membership;
  private readonly subscriptions = new Set<Subscription>();
  private readonly timers: readonly NodeJS.Timeout[];
  private migrated: Promise<void> | undefined;
  private working: Promise<void> | undefined;
  private polls = 0;
  private closed: Promise<void> | undefined;

  constructor(private readonly options: EmbeddedEventBusOptions) {
    super();
    const report = rateLimited(options.logger);
    this.connections = openConnections(options.url, report);
    const { working, writing } = this.connections;
    this.catalog = new TopicCatalog(working);
    this.committer = new OffsetCommitter(working, report);
    this.reader = new LogReader(working, report);
    this.announcer = new Announcer(working, this.id, report);
    this.writer = new LogWriter(writing, this.catalog, (partitionIds) => {
      this.reader.appended(partitionIds);
      this.announcer.announce(partitionIds);
    });
    this.membership = new Membership(
      this.connections,
      this.id,
      this.catalog,
      this.committer,
      (payload) => this.reader.appended(readAnnouncement(payload, this.id)),
      this.reader.wake,
      report,
    );
    this.timers = [
      setInterval(() => this.background(() => this.poll(), report), POLL_MS),
      setInterval(() => this.background(() => this.prune(), report), options.pruneEveryMs ?? DEFAULT_PRUNE_EVERY_MS),
    ];
    for (const timer of this.timers) timer.unref();
  }

  override async ensureTopics(topics: readonly TopicDefinition[]): Promise<void> {
    await this.ready();
    await orUnavailable('Making topics', this.catalog.ensure(topics));
  }

  override async publish(records: readonly BusRecord[]): Promise<void> {
    await this.ready();
    await this.writer.publish(records);
  }

  override async subscribe(options: SubscriptionOptions): Promise<Subscription> {
    await this.ready();
    await orUnavailable('Subscribing', Promise.all(options.topics.map((topic) => this.catalog.partitionsOf(topic))));
    const groupId = await orUnavailable('Subscribing', this.ensureGroup(options));
    const consumer = new Consumer(
      randomUUID(),
      groupId,
      options,
      this.committer,
      this.reader.wake,
      rateLimited(this.options.logger),
    );
    this.reader.add(consumer);
    await orUnavailable('Subscribing', this.membership.join(consumer));
    let closing: Promise<void> | undefined;
    const subscription: Subscription = {
      close: () => {
        closing ??= this.membership.leave(consumer).then(() => {
          this.reader.remove(consumer);
          this.subscriptions.delete(subscription);
        });
        return closing;
      },
    };
    this.subscriptions.add(subscription);
    return subscription;
  }

  override async describeTopics(topics: readonly string[]): Promise<ReadonlyMap<string, TopicDefinition>> {
    await this.ready();
    return orUnavailable('Describing topics', this.catalog.describe(topics));
  }

  override async readToEnd(topic: string, options: ReadToEndOptions): Promise<void> {
    await this.ready();
    const partitions = await orUnavailable(`Reading ${topic}`, this.catalog.partitionsOf(topic));
    await readPartitions(this.connections.working, partitions, options);
  }

  override async lag(group: string, topic?: string): Promise<number> {
    await this.ready();
    const { rows } = await orUnavailable(
      'Asking for the lag',
      this.connections.working.query<{ lag: string }>(LAG, [group, topic ?? null]),
    );
    return Number(rows[0]?.lag ?? 0);
  }

  override async endOf(topic: string): Promise<TopicEnd> {
    await this.ready();
    const asked = this.connections.working.query<{ partition: number; end: string }>(ENDS, [topic]);
    const { rows } = await orUnavailable(`Asking for the end of ${topic}`, asked);
    if (rows.length === 0)
      throw new VoltapError('unavailable', `Asking for the end of ${topic}: there is no such topic.`);
    return new Map(rows.map(({ partition, end }) => [partition, BigInt(end)]));
  }

  override async hasReached(group: string, topic: string, end: TopicEnd): Promise<boolean> {
    await this.ready();
    const asked = this.connections.working.query<{ partition: number; position: string }>(POSITIONS, [group, topic]);
    const { rows } = await orUnavailable(`Asking how far ${group} is`, asked);
    const positions = new Map(rows.map(({ partition, position }) => [partition, BigInt(position)]));
    return liesBehind(end, positions);
  }

  /** Removes what nobody needs any more, as happens by itself from time to time. */
  async prune(): Promise<void> {
    await this.ready();
    await pruneLog(this.connections.working, this.options.retentionMs ?? DEFAULT_RETENTION_MS);
  }

  override close(): Promise<void> {
    this.closed ??= this.shutDown();
    return this.closed;
  }

  private async shutDown(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    await Promise.all([...this.subscriptions].map((subscription) => subscription.close()));
    await this.writer.close();
    await this.announcer.close();
    await this.reader.close();
    await this.working;
    await this.migrated?.catch(() => undefined);
    this.committer.close();
    await this.membership.close();
    await Promise.all([this.connections.writing.end(), this.connections.working.end()]);
  }

  private async ready(): Promise<void> {
    if (this.closed !== undefined) throw new VoltapError('unavailable', 'The bus is closed.');
    this.migrated ??= migrateBusDatabase(this.options.url).catch((error) => {
      this.migrated = undefined;
      throw error;
    });
    await orUnavailable('Opening the bus', this.migrated);
  }

  private async ensureGroup({ group, topics }: SubscriptionOptions): Promise<number> {
    const { rows } = await this.connections.working.query<{ id: number }>(
      'insert into consumer_groups (name) values ($1) on conflict (name) do update set name = excluded.name returning id',
      [group],
    );
    const id = rows[0]?.id;
    if (id === undefined) throw new Error(`Group ${group} got no number.`);
    await this.connections.working.query(
      'insert into group_topics (group_id, topic) select $1, * from unnest($2::text[]) on conflict do nothing',
      [id, [...topics]],
    );
    return id;
  }

  private async poll(): Promise<void> {
    if (this.subscriptions.size === 0) return;
    this.polls += 1;
    if (this.polls % POLLS_PER_ROLL_CALL === 0) this.membership.rebalance();
    await this.reader.poll();
  }

  /** One at a time; what is due while the database is slow is left out. */
  private background(work: () => Promise<void>, report: FailureReport): void {
    if (this.working !== undefined) return;
    this.working = work()
      .catch((error) => report('Upkeep of the bus failed; it will be tried again', error))
      .finally(() => {
        this.working = undefined;
      });
  }
}

/** Says the same thing once a second at most: while the database is away everything fails many times. */
function rateLimited(logger: BusLogger | undefined): FailureReport {
  const said = new Map<string, number>();
  return (message, cause) => {
    const now = performance.now();
    const last = said.get(message);
    if (last !== undefined && now - last < REPORT_EVERY_MS) return;
    said.set(message, now);
    if (logger === undefined) process.emitWarning(message, { detail: String(cause), type: 'VoltapBusWarning' });
    else logger.warn({ err: cause }, message);
  };
}
