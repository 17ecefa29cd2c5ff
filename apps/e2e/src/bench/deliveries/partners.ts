import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answer } from '../stack/measured-process.js';

/** When an object arrived, by the id at the end of its path; milliseconds of the wall clock. */
type Arrival = readonly [id: string, at: number];

/** Partners that take everything at once, then some that take in each request and never answer; how many say the arguments. */
const [healthy = 1, dead = 0] = process.argv.slice(2).map(Number);
const arrivals: Arrival[] = [];
let arrived: () => void = () => undefined;

const takes: RequestListener = (request, response) => {
  request.resume().on('end', () => {
    arrivals.push([request.url?.split('/').at(-1) ?? '', performance.timeOrigin + performance.now()]);
    arrived();
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ status_code: 1000, timestamp: new Date().toISOString() }));
  });
};
const servers = await Promise.all([
  ...Array.from({ length: healthy }, () => serve(takes)),
  ...Array.from({ length: dead }, () => serve((request) => void request.resume())),
]);

async function serve(listener: RequestListener) {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

answer(
  {
    urls: () => servers.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    forget: () => {
      arrivals.length = 0;
    },
    until: async (count) => {
      while (arrivals.length < count) await new Promise<void>((resolve) => (arrived = resolve));
      return arrivals;
    },
    count: () => arrivals.length,
  },
  async () => {
    for (const server of servers) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  },
);
