import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** A new connection waits this long for a replica that accepts: one that died is being started again. */
const PATIENCE_MS = 1_000;
const LOOK_EVERY_MS = 25;
const CONNECT_WITHIN_MS = 1_000;

/** One address for the replicas of a service, as the service of an orchestrator is: connections, not requests. */
export interface Balancer {
  readonly port: number;
  /** Cuts what is open. */
  close(): Promise<void>;
}

/**
 * Round robin over the replicas on 127.0.0.1; a connection that one refuses is tried on the next, before a byte of it was
 * read. Once joined, a connection stays with its replica and ends with it. Port 0 picks a free one.
 */
export async function startBalancer(port: number, replicaPorts: readonly number[]): Promise<Balancer> {
  const open = new Set<Socket>();
  let turn = 0;
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (client) => {
    keep(client, open);
    const first = turn++;
    const inTurn = replicaPorts.map((_, index) => replicaPorts[(first + index) % replicaPorts.length] ?? 0);
    accepting(client, inTurn).then(
      (replica) => {
        if (replica === null) return client.resetAndDestroy();
        keep(replica, open);
        return join(client, replica);
      },
      (error: Error) => client.destroy(error),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return { port: portOf(server), close: () => close(server, open) };
}

/** @returns a connection to the first replica that takes it; null when none does, or when the client has gone. */
async function accepting(client: Socket, replicaPorts: readonly number[]): Promise<Socket | null> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    for (const port of replicaPorts) {
      const replica = await tryConnect(port);
      if (client.destroyed) {
        replica?.destroy();
        return null;
      }
      if (replica !== null) return replica;
    }
    if (Date.now() >= end) return null;
    await delay(LOOK_EVERY_MS);
  }
}

function tryConnect(port: number): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    socket.setTimeout(CONNECT_WITHIN_MS, () => {
      socket.destroy();
      resolve(null);
    });
    socket.once('connect', () => {
      socket.setTimeout(0);
      resolve(socket);
    });
    socket.on('error', () => resolve(null));
  });
}

/** Both directions, each ended by itself: what one side breaks is broken for the other. */
function join(client: Socket, replica: Socket): void {
  const directions: readonly (readonly [Socket, Socket])[] = [
    [client, replica],
    [replica, client],
  ];
  for (const [from, to] of directions) {
    from.on('error', () => to.resetAndDestroy());
    from.on('close', () => to.destroySoon());
    from.pipe(to);
  }
}

/** A broken connection is no error of ours: its other half hears of it. */
function keep(socket: Socket, open: Set<Socket>): void {
  open.add(socket);
  socket.on('error', () => undefined);
  socket.once('close', () => open.delete(socket));
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the balancer listens on no port');
  return address.port;
}

function close(server: Server, open: ReadonlySet<Socket>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    for (const socket of open) socket.destroy();
  });
}
