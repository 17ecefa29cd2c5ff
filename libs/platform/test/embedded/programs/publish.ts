import { EmbeddedEventBus } from '@voltap/platform/embedded';

/** Publishes `<name> 0` … to every key in turn, in small calls, several keys at once. */
const [url = '', topic = '', name = '', count = '0'] = process.argv.slice(2);
const bus = new EmbeddedEventBus({ url });
const keys = ['alpha', 'beta', 'gamma', 'delta'];
await Promise.all(
  keys.map(async (key) => {
    for (let step = 0; step < Number(count); step += 1) {
      await bus.publish([{ topic, key, headers: {}, value: `${name} ${step}` }]);
    }
  }),
);
await bus.close();
process.stdout.write('done\n');
