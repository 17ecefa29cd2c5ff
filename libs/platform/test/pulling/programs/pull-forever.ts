import { openReplica } from '../pulling-bench.js';

/** Pulls by the clock, and hangs after the first page of each source until it is killed. */
const [url = '', leaseMs = ''] = process.argv.slice(2);
const replica = await openReplica(
  url,
  'doomed',
  async (pull) => {
    await pull.progress({ pages: 1 });
    process.stdout.write(`${pull.source} ${pull.mode}\n`);
    return new Promise(() => undefined);
  },
  Number(leaseMs),
);
replica.start();
