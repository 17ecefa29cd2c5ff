import { EmbeddedEventBus } from '@voltap/platform/embedded';

/**
 * Consumes a topic and tells each effect as `partition:key=value`. At the value `hang` the effect is told, but the handler
 * never returns, so that it is never committed.
 */
const [url = '', group = '', topic = ''] = process.argv.slice(2);
const bus = new EmbeddedEventBus({ url });
await bus.subscribe({
  group,
  topics: [topic],
  batchSize: 1,
  async handleBatch(records) {
    for (const { partition, key, value } of records) {
      process.stdout.write(`${partition}:${key}=${value}\n`);
      if (value === 'hang') await new Promise(() => undefined);
    }
    return { settled: records.length };
  },
});
process.stdout.write('subscribed\n');
