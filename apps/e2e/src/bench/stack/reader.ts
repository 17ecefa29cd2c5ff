import { SystemClock, UuidIds } from '@voltap/kernel';
import { Inbox, Outbox, topicOf } from '@voltap/platform/messaging';
import { Database, openDataSource, type Transaction } from '@voltap/platform/persistence';
import { KafkaEventBus } from '@voltap/platform/production';
import { createLogger, Metrics } from '@voltap/platform/telemetry';
import { Arrivals } from './arrivals.js';
import { answer } from './measured-process.js';
import { type Measured, measured } from './messaging-event.js';
import { POOL_SIZE, readWhere } from './settings.js';

/** The side of a service that consumes: the inbox with full dedupe, and one row as the effect of each event. */
const { url, kafka } = readWhere();
const dataSource = await openDataSource({ url, poolSize: POOL_SIZE, applicationName: 'bench-reader' }, [], []);
await dataSource.query('create table effect (id uuid not null, key text not null, sent_at float not null)');
const database = new Database(dataSource);
const logger = createLogger({ level: 'warn', service: 'bench-reader' });
const bus = new KafkaEventBus(kafka, logger);
const arrivals = new Arrivals();
const inHand = new WeakMap<Transaction, number[]>();

const inbox = new Inbox({
  database,
  outbox: new Outbox(database, new SystemClock(), new UuidIds()),
  metrics: new Metrics('bench-reader', logger),
  logger,
  group: 'bench-reader',
  settings: { maxAttempts: 10, retryBaseMs: 100, retryMaxMs: 10_000, modes: {} },
});
inbox.register({
  definition: measured,
  async handle({ id, key, payload }, { transaction }) {
    const { sentAt } = payload as Measured;
    await transaction.query('insert into effect (id, key, sent_at) values ($1, $2, $3)', [id, key, sentAt]);
    const sent = inHand.get(transaction);
    if (sent !== undefined) {
      sent.push(sentAt);
      return;
    }
    const first = [sentAt];
    inHand.set(transaction, first);
    database.afterCommit(transaction, () => arrivals.add(first));
  },
});
await bus.ensureTopics([topicOf(measured)]);
await bus.subscribe({
  group: 'bench-reader',
  topics: [measured.topic],
  concurrency: POOL_SIZE / 2,
  handleBatch: inbox.handleBatch,
});

answer(
  {
    until: (count) => arrivals.until(count),
    latency: () => arrivals.latency(),
    forget: () => arrivals.forget(),
    /** Events that had an effect, and effects. */
    effects: async () => {
      const rows: { events: number; effects: number }[] = await database.reader.query(
        'select count(distinct id)::int as events, count(*)::int as effects from effect',
      );
      return rows[0];
    },
  },
  async () => {
    inbox.stop();
    await bus.close();
    await dataSource.destroy();
  },
);
