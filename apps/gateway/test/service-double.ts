import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CALLER_HEADER, CallerSignature } from '@voltap/platform/security';

export interface Arrived {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** What the signed header says; null when it is missing or not the gateway's. */
  readonly caller: unknown;
}

type Handler = (arrived: Arrived, response: ServerResponse) => void | Promise<void>;

/** A real HTTP server in the place of a service behind the gateway. */
export class ServiceDouble {
  readonly arrived: Arrived[] = [];
  /** Answers a request; an empty envelope unless a test says otherwise. */
  answer: Handler = succeed;
  /** Takes a request over before its body is read. */
  intercept: ((request: IncomingMessage, response: ServerResponse) => void) | undefined;
  private server: Server | undefined;
  private port = 0;

  constructor(private readonly signature: CallerSignature) {}

  /** Listens, at the same port as before. */
  async start(): Promise<void> {
    const server = createServer((request, response) => void this.handle(request, response));
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.port = (server.address() as AddressInfo).port;
    this.server = server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    server?.closeAllConnections();
    await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)));
  }

  reset(): void {
    this.arrived.length = 0;
    this.answer = succeed;
    this.intercept = undefined;
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.intercept !== undefined) return this.intercept(request, response);
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      // The gateway broke it off: nothing arrived as a whole.
      return;
    }
    const header = request.headers[CALLER_HEADER];
    const arrived: Arrived = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(chunks).toString('utf8'),
      caller: typeof header === 'string' ? this.signature.verify(header) : null,
    };
    this.arrived.push(arrived);
    await this.answer(arrived, response);
  }
}

export function sendJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
}

export function envelope(data?: unknown, status_code = 1000): Record<string, unknown> {
  return { data, status_code, timestamp: '2026-03-02T10:00:00Z' };
}

function succeed(_arrived: Arrived, response: ServerResponse): void {
  sendJson(response, 200, envelope());
}
