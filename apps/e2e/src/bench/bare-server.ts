import { readFile } from 'node:fs/promises';
import { openDataSource } from '@voltap/platform/persistence';
import Fastify from 'fastify';

/**
 * What the platform is compared with, as a process of its own: Fastify that sends the bytes of a file (`GET /page`), and
 * Fastify that does one committed INSERT (`POST /insert`) into the same PostgreSQL. Arguments: database URL, file.
 */
const [databaseUrl = '', pageFile = ''] = process.argv.slice(2);
const page = await readFile(pageFile, 'utf8');
const database = await openDataSource({ url: databaseUrl, poolSize: 4, applicationName: 'voltap-bench' }, [], []);
await database.query('create table if not exists bench (id bigserial primary key, content jsonb not null)');

const server = Fastify();
server.get('/page', (_request, reply) => reply.type('application/json').send(page));
server.post('/insert', async (request) => {
  await database.query('insert into bench (content) values ($1)', [request.body]);
  return { status_code: 1000 };
});
const url = await server.listen({ host: '127.0.0.1', port: 0 });
process.send?.({ url });
process.once('disconnect', () => process.exit(0));
