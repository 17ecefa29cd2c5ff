import { randomUUID } from 'node:crypto';
import type { Jobs } from '../jobs/index.js';
import {
  BusTransport,
  DEAD_LETTERS,
  type EventBus,
  Inbox,
  type MessagingSettings,
  Outbox,
  OutboxRelay,
  ProjectionRebuilds,
  ReplayEvents,
  SetAsideEvents,
  topicOf,
  untilAvailable,
} from '../messaging/index.js';
import type { Database, Leases } from '../persistence/index.js';
import type { Logger, Metrics, Tracing } from '../telemetry/index.js';
import type { Platform } from './platform.js';
import type { ServiceDefinition } from './service-definition.js';

export interface MessagingParts {
  readonly definition: ServiceDefinition;
  readonly platform: Platform;
  readonly database: Database;
  readonly leases: Leases;
  readonly jobs: Jobs;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  readonly settings: MessagingSettings;
}

/** A service's way to and from the log, and what an operator may do about it. */
export interface Messaging {
  readonly outbox: Outbox;
  readonly transport: BusTransport;
  readonly replay: ReplayEvents;
  readonly rebuilds: ProjectionRebuilds;
  start(): void;
  stop(): Promise<void>;
}

const PRUNE_EVERY_MS = 60 * 60 * 1000;
const FILL_EVERY_MS = 5 * 60 * 1000;
const ROWS_PER_STATEMENT = 10_000;

/** Makes the topics that the service publishes to, and everything that moves events in it. */
export async function openMessaging(parts: MessagingParts): Promise<Messaging> {
  const { definition, platform, database, leases, jobs, logger, metrics, tracing, settings } = parts;
  const { bus } = platform;
  const outbox = new Outbox(database, platform.clock, platform.ids);
  const relay = new OutboxRelay(database, bus, logger, metrics, tracing);
  outbox.onCommit(relay.wake);
  await ensureOwnTopics(definition, bus);
  const inbox = new Inbox({
    database,
    outbox,
    metrics,
    logger,
    tracing,
    group: definition.name,
    settings: {
      maxAttempts: settings.VOLTAP_CONSUMER_MAX_ATTEMPTS,
      retryBaseMs: settings.VOLTAP_CONSUMER_RETRY_BASE_MS,
      retryMaxMs: settings.VOLTAP_CONSUMER_RETRY_MAX_MS,
      modes: platform.consumption,
    },
  });
  const { poolSize } = platform.database(definition.name);
  const projections = definition.projections ?? [];
  const rebuilds = new ProjectionRebuilds({ database, bus, leases, logger, projections, owner: randomUUID() });
  const setAside = new SetAsideEvents();
  metrics.observe(['voltap.set_aside.waiting', 'voltap.set_aside.parked_keys'], async () =>
    (await setAside.waiting(database.reader)).flatMap(({ topic, kind, events, keys }) => {
      const labels = { 'messaging.destination.name': topic };
      return [
        {
          name: 'voltap.set_aside.waiting' as const,
          value: events,
          attributes: { ...labels, 'voltap.event.kind': kind },
        },
        ...(kind === 'money'
          ? [{ name: 'voltap.set_aside.parked_keys' as const, value: keys, attributes: labels }]
          : []),
      ];
    }),
  );
  jobs.add({
    name: 'prune-messages',
    everyMs: PRUNE_EVERY_MS,
    run: async () => {
      await pruneInbox(database, settings.VOLTAP_INBOX_RETENTION_DAYS);
      await setAside.prune(database.reader, settings.VOLTAP_SET_ASIDE_RETENTION_DAYS);
    },
  });
  if (projections.length > 0) jobs.add({ name: 'fill-projections', everyMs: FILL_EVERY_MS, run: rebuilds.fill });
  return {
    outbox,
    transport: new BusTransport(bus, inbox, definition.name, consumersOf(poolSize), metrics, logger),
    replay: new ReplayEvents(database, inbox, metrics),
    rebuilds,
    start: () => relay.start(),
    stop: () => relay.stop(),
  };
}

/** Those that the service publishes to, and where it sets aside what keeps failing. Waits for a log that is away. */
export function ensureOwnTopics(definition: ServiceDefinition, bus: EventBus): Promise<void> {
  return untilAvailable(() => bus.ensureTopics([...definition.publishes.map(topicOf), DEAD_LETTERS]));
}

/** Partitions handled at once, each with a connection: the other half of the pool is for requests and jobs. */
function consumersOf(poolSize: number): number {
  return Math.max(1, Math.floor(poolSize / 2));
}

/** In parts, so that no statement holds many rows for long. */
async function pruneInbox(database: Database, days: number): Promise<void> {
  for (;;) {
    const [row]: { deleted: string }[] = await database.reader.query(
      `with old as (
         select id from inbox where handled_at < now() - $1 * interval '1 day' limit $2
       ), deleted as (
         delete from inbox where id in (select id from old) returning 1
       )
       select count(*) as deleted from deleted`,
      [days, ROWS_PER_STATEMENT],
    );
    if (Number(row?.deleted ?? 0) < ROWS_PER_STATEMENT) return;
  }
}
