/** Connections handed on from one address to another: the cluster's way to what listens on 127.0.0.1 alone, and an ingress. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface Forwarding {
  close(): Promise<void>;
}

interface Address {
  readonly host: string;
  readonly port: number;
}

export async function forward(from: Address, to: Address): Promise<Forwarding> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const target = connect({ ...to, allowHalfOpen: true, noDelay: true });
    for (const [one, other] of [
      [client, target],
      [target, client],
    ] as const) {
      open.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        open.delete(one);
        other.destroySoon();
      });
      one.pipe(other);
    }
  });
  server.listen(from.port, from.host);
  await once(server, 'listening');
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}
