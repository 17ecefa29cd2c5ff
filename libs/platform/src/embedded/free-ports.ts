import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/**
 * Below the range from which the system takes ports for outgoing connections: else one that was found free may be taken
 * before it is used, and what is started again on its port may find that a client, which kept connecting there while it was
 * down, was given that very port, and holds it.
 */
const FIRST = 18_000;
const LAST = 32_000;
const ATTEMPTS = 1_000;

/** Free ports on 127.0.0.1, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const held: { port: number; server: Server }[] = [];
  try {
    for (let attempt = 0; held.length < count; attempt += 1) {
      const port = randomInt(FIRST, LAST);
      const server = createServer();
      try {
        await listening(server, port);
        held.push({ port, server });
      } catch (error) {
        if (attempt >= ATTEMPTS) throw error;
      }
    }
    return held.map(({ port }) => port);
  } finally {
    await Promise.all(held.map(({ server }) => new Promise((closed) => server.close(closed))));
  }
}

/** @throws the error of the socket when the port is taken */
async function listening(server: Server, port: number): Promise<void> {
  const begun = once(server, 'listening');
  server.listen(port, '127.0.0.1');
  await begun;
}
