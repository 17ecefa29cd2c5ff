import { VoltapError } from '@voltap/kernel';
import type { FastifyInstance } from 'fastify';

const SWEEP_EVERY_MS = 50;

/** Bodies come as the stream they are, whatever their type. */
export function acceptAnyBody(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
}

/** @throws VoltapError unavailable when the port is taken, naming the setting. */
export async function listen(
  fastify: FastifyInstance,
  { host, port, setting }: { host: string; port: number; setting: string },
): Promise<void> {
  try {
    await fastify.listen({ host, port });
  } catch (cause) {
    const taken = (cause as NodeJS.ErrnoException).code === 'EADDRINUSE';
    const reason = taken ? 'is taken by another program' : 'cannot be used';
    throw new VoltapError('unavailable', `Port ${port} on ${host} ${reason}; choose another by ${setting}.`, { cause });
  }
}

/** Takes no new requests, waits for those under way, and cuts off what takes longer than `withinMs`. */
export async function closeListener(fastify: FastifyInstance, withinMs: number): Promise<void> {
  const { server } = fastify;
  const end = setTimeout(() => server.closeAllConnections(), withinMs);
  // A connection that was busy when closing began is kept open by its client after the answer.
  const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_EVERY_MS);
  try {
    await fastify.close();
  } finally {
    clearTimeout(end);
    clearInterval(sweep);
  }
}

/** Where it listens, once it does. */
export function listeningUrl(fastify: FastifyInstance): string {
  const address = fastify.server.address();
  if (address === null || typeof address === 'string') throw new Error('the listener is not open');
  return `http://${address.address}:${address.port}`;
}
