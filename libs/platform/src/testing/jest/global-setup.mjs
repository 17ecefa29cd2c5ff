import { createServer } from 'node:http';

/**
 * Offers one Postgres to all workers of this run. It starts when the first of them asks, so that runs without
 * integration specs pay nothing. It is a child of this process and not of the worker, because workers come and go.
 */
export default async function offerPostgres() {
  let server;
  const broker = createServer((_request, response) => {
    server ??= import('../typescript-loader.mjs')
      .then(() => import('../run-postgres.ts'))
      .then(({ startRunPostgres }) => startRunPostgres());
    server.then(
      (postgres) => response.end(postgres.url('postgres')),
      (error) => response.writeHead(500).end(error.message),
    );
  });
  await new Promise((resolve) => broker.listen(0, '127.0.0.1', resolve));
  // A run that is interrupted must not hang on this.
  broker.unref();
  process.env.VOLTAP_TEST_POSTGRES_BROKER = `http://127.0.0.1:${broker.address().port}`;
  globalThis.stopVoltapTestPostgres = async () => {
    broker.close();
    broker.closeAllConnections();
    await (await server?.catch(() => undefined))?.stop();
  };
}
