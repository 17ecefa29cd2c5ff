import { createServer, type Server } from 'node:net';
import { LocalError } from './local-error.js';
import type { LocalOptions } from './options.js';

/** @throws LocalError for the first public port that is taken, with the way out. */
export async function assertPortsAreFree(options: LocalOptions): Promise<void> {
  const wanted = [
    { port: options.publicPort, flag: 'public-port', meaning: 'the public gateway' },
    { port: options.backOfficePort, flag: 'back-office-port', meaning: 'the back-office API' },
    { port: options.healthPort, flag: 'health-port', meaning: 'health and metrics' },
    ...(options.bare ? [] : [{ port: options.simulatorPort, flag: 'simulator-port', meaning: 'the simulator' }]),
  ];
  for (const { port, flag, meaning } of wanted) {
    try {
      await close(await listen(port));
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      const reason =
        code === 'EADDRINUSE' ? 'is taken by another program' : `cannot be used (${String(code ?? error)})`;
      throw new LocalError(
        `Port ${port} for ${meaning} ${reason}. Stop that program, or choose another port: npm start -- --${flag} <port>.`,
      );
    }
  }
}

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
