import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a back-office that is not well answers to a request, by its path below `/api/v1`. */
export type Answers = (path: string, request: IncomingMessage) => { readonly status: number; readonly body: unknown };

/** The wire of a back-office, for states that a whole one cannot be brought into at will. */
export async function startBackOfficeDouble(answers: Answers) {
  const server = createServer((request, response) => {
    const { status, body } = answers((request.url ?? '').replace('/api/v1', ''), request);
    request.resume();
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}
