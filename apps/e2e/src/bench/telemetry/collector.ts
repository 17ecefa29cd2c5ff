import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Takes traces by OTLP/HTTP and forgets them; tells its parent where, and how many bytes came when it is asked. */
let bytes = 0;
const server = createServer((request, response) => {
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  request.on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
});
server.listen(0, '127.0.0.1', () => {
  process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
});
process.on('message', () => process.send?.({ bytes }));
process.on('disconnect', () => process.exit(0));
