import { EmbeddedEventBus } from '@voltap/platform/embedded';
import { OutboxRelay } from '@voltap/platform/messaging';
import { Database, openDataSource } from '@voltap/platform/persistence';
import { createLogger, Metrics, NO_TRACING } from '@voltap/platform/telemetry';

/** Relays the outbox of one database to the log in another, until it is killed. */
const [url = '', busUrl = ''] = process.argv.slice(2);
const dataSource = await openDataSource({ url, poolSize: 5, applicationName: 'relay' }, [], []);
const logger = createLogger({ level: 'silent', service: 'relay' });
const bus = new EmbeddedEventBus({ url: busUrl });
const relay = new OutboxRelay(new Database(dataSource), bus, logger, new Metrics('relay', logger), NO_TRACING, 20);
relay.start();
process.stdout.write('relaying\n');
