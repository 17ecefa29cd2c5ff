import { randomUUID } from 'node:crypto';
import {
  type AnyEventDefinition,
  type Clock,
  type DomainEvent,
  type EventDefinition,
  type EventMessage,
  UuidIds,
} from '@voltap/kernel';
import {
  type Platform,
  type PlatformOptions,
  type RunningService,
  type ServiceDefinition,
  startService,
} from '../bootstrap/index.js';
import { BUS_DATABASE, embeddedPlatform } from '../embedded/index.js';
import type { ConsumptionModes, EventBus, SubscriptionOptions } from '../messaging/index.js';
import { productionPlatform } from '../production/index.js';
import { CALLER_HEADER, CallerSignature } from '../security/index.js';
import { queryDatabase } from './query-database.js';
import { createTestDatabase, type TestDatabase } from './test-postgres.js';
import { dropTopics, testStack } from './test-stack.js';
import { waitUntil } from './wait-until.js';

export interface TestPlatformOptions {
  /** Services that will be started on it. */
  readonly services: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly addresses?: Readonly<Record<string, string>>;
  readonly consumption?: ConsumptionModes;
  readonly clock?: Clock;
}

export interface TestPlatform {
  readonly platform: Platform;
  /** Starts a service on a free port; it is stopped by `close`. */
  start(definition: ServiceDefinition): Promise<RunningService>;
  /** Puts events of other services on the bus, as their outbox would. */
  publish(...events: readonly DomainEvent[]): Promise<void>;
  /** Everything published from now on and before under a definition, in order of arrival. */
  observe<Payload>(definition: EventDefinition<Payload>): Promise<readonly EventMessage<Payload>[]>;
  /**
   * Waits until the services have handled everything that was published before, and the observers have seen everything that
   * the services told of it. What a service does after hearing of another is not waited for.
   */
  settled(): Promise<void>;
  /** The header by which the gateway says who calls. */
  callerHeaders(caller: object): Record<string, string>;
  close(): Promise<void>;
}

const OBSERVER = 'observer-';
/** The database of the bus has none. */
const OUTBOX_EXISTS = `select to_regclass('outbox') is not null as there`;
const SECRET = 'a secret for tests, long enough to be one';

/**
 * A platform on fresh databases of the run's PostgreSQL: embedded, or on the run's Kafka and Redis under names of its own
 * when the run has them (`npm run test:stack`).
 */
export async function testPlatform(options: TestPlatformOptions): Promise<TestPlatform> {
  const databases = new Map<string, TestDatabase>();
  const urlOf = async (name: string): Promise<string> => {
    const database = await createTestDatabase();
    databases.set(name, database);
    return database.url;
  };
  for (const service of options.services) await urlOf(service);
  const common: PlatformOptions = {
    databaseUrl: (service) => {
      const database = databases.get(service);
      if (database === undefined) throw new Error(`the test platform has no database of ${service}: name the service`);
      return database.url;
    },
    poolSize: 4,
    secrets: { caller: SECRET, sealing: SECRET },
    addresses: options.addresses ?? {},
    environment: { VOLTAP_PUBLIC_URL: 'http://127.0.0.1:4000', ...options.environment },
    logLevel: 'silent',
    consumption: options.consumption,
    clock: options.clock,
  };
  const stack = testStack();
  const platform =
    stack === null
      ? embeddedPlatform({ ...common, busUrl: await urlOf(BUS_DATABASE) })
      : productionPlatform({ ...common, ...stack });
  const subscriptions = recordSubscriptions(platform.bus);
  const heardBy = (who: 'services' | 'observers') =>
    waitUntil(
      async () => {
        for (const { group, topics } of subscriptions) {
          if (group.startsWith(OBSERVER) !== (who === 'observers')) continue;
          for (const topic of topics) if ((await platform.bus.lag(group, topic)) > 0) return false;
        }
        return true;
      },
      { describe: `the ${who} to have heard everything` },
    );
  const told = async () => {
    for (const { url } of databases.values())
      await waitUntil(
        async () => {
          const [{ there = false } = {}] = await queryDatabase<{ there: boolean }>(url, OUTBOX_EXISTS);
          return !there || (await queryDatabase(url, 'select 1 from outbox limit 1')).length === 0;
        },
        { describe: 'an outbox to be empty' },
      );
  };
  const running: RunningService[] = [];
  const ids = new UuidIds();
  const signature = new CallerSignature(SECRET);
  return {
    platform,
    start: async (definition) => {
      const service = await startService(definition, platform, { host: '127.0.0.1', port: 0 });
      running.push(service);
      return service;
    },
    publish: async (...events) => {
      await platform.bus.ensureTopics(events.map(({ definition }) => topicOf(definition)));
      await platform.bus.publish(
        events.map(({ definition, ...content }) => {
          const message: EventMessage<unknown> = {
            id: ids.next(),
            name: definition.name,
            version: definition.version,
            occurredAt: platform.clock.now().toISOString(),
            ...content,
          };
          return {
            topic: definition.topic,
            key: content.key,
            headers: { event: definition.name },
            value: JSON.stringify(message),
          };
        }),
      );
    },
    observe: async <Payload>(definition: EventDefinition<Payload>) => {
      const seen: EventMessage<Payload>[] = [];
      await platform.bus.ensureTopics([topicOf(definition)]);
      await platform.bus.subscribe({
        group: `${OBSERVER}${randomUUID()}`,
        topics: [definition.topic],
        handleBatch: async (records) => {
          for (const { value } of records) seen.push(JSON.parse(value ?? 'null') as EventMessage<Payload>);
          return { settled: records.length };
        },
      });
      return seen;
    },
    settled: async () => {
      await heardBy('services');
      await told();
      await heardBy('observers');
    },
    callerHeaders: (caller) => ({ [CALLER_HEADER]: signature.sign(caller) }),
    close: async () => {
      await Promise.all(running.map((service) => service.stop()));
      await platform.close();
      if (stack !== null) await dropTopics(stack.kafka);
      await Promise.all([...databases.values()].map((database) => database.drop()));
    },
  };
}

/** Who listens to which topics, from now on. */
function recordSubscriptions(bus: EventBus): readonly Pick<SubscriptionOptions, 'group' | 'topics'>[] {
  const subscriptions: Pick<SubscriptionOptions, 'group' | 'topics'>[] = [];
  const subscribe = bus.subscribe.bind(bus);
  bus.subscribe = (options) => {
    subscriptions.push(options);
    return subscribe(options);
  };
  return subscriptions;
}

function topicOf({ topic, partitions, compacted }: AnyEventDefinition) {
  return { topic, partitions, compacted };
}
