import { SystemClock, UuidIds } from '@voltap/kernel';
import { Outbox, OutboxRelay, topicOf } from '@voltap/platform/messaging';
import { Database, openDataSource } from '@voltap/platform/persistence';
import { KafkaEventBus } from '@voltap/platform/production';
import { createLogger, Metrics } from '@voltap/platform/telemetry';
import { byCallers, paced } from './arrivals.js';
import { answer } from './measured-process.js';
import { measured, measuredEvent, now } from './messaging-event.js';
import { CALLERS, PER_SECOND, POOL_SIZE, readWhere } from './settings.js';

/** The side of a service that publishes: outbox and relay, as `openMessaging` joins them. */
const { url, kafka } = readWhere();
const dataSource = await openDataSource({ url, poolSize: POOL_SIZE, applicationName: 'bench-writer' }, [], []);
const database = new Database(dataSource);
const logger = createLogger({ level: 'warn', service: 'bench-writer' });
const bus = new KafkaEventBus(kafka, logger);
await bus.ensureTopics([topicOf(measured)]);
const outbox = new Outbox(database, new SystemClock(), new UuidIds());
const open = () => new OutboxRelay(database, bus, logger, new Metrics('bench-writer', logger));
let relay: OutboxRelay | undefined;

const FILL_AT_ONCE = 500;

const write = (index: number) => database.transaction((transaction) => outbox.add(transaction, measuredEvent(index)));

async function rest(): Promise<void> {
  outbox.onCommit(() => undefined);
  await relay?.stop();
  relay = undefined;
}

answer(
  {
    /** Nothing is relayed until `relay`. */
    rest,
    /** @returns when it began */
    relay: () => {
      const began = now();
      relay = open();
      outbox.onCommit(relay.wake);
      relay.start();
      return began;
    },
    /** Puts this many events into the outbox. */
    fill: async (count) => {
      for (let done = 0; done < count; done += FILL_AT_ONCE) {
        const events = Array.from({ length: Math.min(FILL_AT_ONCE, count - done) }, (_, at) =>
          measuredEvent(done + at),
        );
        await database.transaction((transaction) => outbox.add(transaction, ...events));
      }
    },
    /** This many transactions of one event. @returns when it began */
    each: async (count) => {
      const began = now();
      await byCallers(CALLERS, count, write);
      return began;
    },
    paced: (count) => paced(PER_SECOND, count, write),
  },
  async () => {
    await rest();
    await bus.close();
    await dataSource.destroy();
  },
);
