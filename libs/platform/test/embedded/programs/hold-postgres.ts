import { startPostgresServer } from '@voltap/platform/embedded';

/** Starts a server on the directory given and lives until it is killed. */
const [directory = ''] = process.argv.slice(2);
const server = await startPostgresServer({ directory, durable: false });
process.stdout.write(`${server.url('postgres')}\n`);
setInterval(() => undefined, 60_000);
