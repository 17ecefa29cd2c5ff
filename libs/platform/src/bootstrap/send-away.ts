import type { FastifyInstance } from 'fastify';
import type { Readiness } from './readiness.js';

/**
 * While the instance ends, callers are told to open their next connection elsewhere: those that are kept open would be cut
 * when the listener closes, perhaps with a request on its way.
 */
export function sendAwayWhenClosing(fastify: FastifyInstance, readiness: Readiness): void {
  fastify.addHook('onSend', async (_request, reply) => {
    if (readiness.isClosing) reply.header('connection', 'close');
  });
}
