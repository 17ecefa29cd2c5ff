import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly requestId: string;
  readonly correlationId: string;
}

/**
 * What the partner does with a request: `cut` takes it in and closes the connection without an answer, `hang` and `drip`
 * take it in and never end their answer; `page`, `empty` and `redirect` are no answers of OCPI. A function answers itself.
 */
export type Behaviour =
  | 'accept'
  | 'fail'
  | 'throttle'
  | 'refuse'
  | 'unknown'
  | 'cut'
  | 'dead'
  | 'duplicate'
  | 'hang'
  | 'drip'
  | 'page'
  | 'empty'
  | 'redirect'
  | ((response: ServerResponse) => void);

type Document = Record<string, unknown>;

/** A real HTTP partner that keeps what it is told, and misbehaves on demand. */
export class MisbehavingPartner {
  readonly received: Received[] = [];
  /** Documents by path, as PUT and PATCH left them. */
  readonly objects = new Map<string, Document>();
  /** CDRs by id: a second POST of one counts as a duplicate. */
  readonly cdrs = new Map<string, string>();
  readonly results: string[] = [];
  behave: (request: Received) => Behaviour | Promise<Behaviour> = () => 'accept';

  private constructor(private readonly server: Server) {}

  static async start(): Promise<MisbehavingPartner> {
    const server = createServer();
    const partner = new MisbehavingPartner(server);
    server.on('request', (request, response) => void partner.handle(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return partner;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  of(path: string): Received[] {
    return this.received.filter((request) => request.path.startsWith(path));
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const received: Received = {
      method: request.method ?? '',
      path: request.url ?? '',
      body: Buffer.concat(chunks).toString('utf8'),
      requestId: String(request.headers['x-request-id']),
      correlationId: String(request.headers['x-correlation-id']),
    };
    this.received.push(received);
    const answer = (status: number, code: number, headers: Record<string, string> = {}, message = '') => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(JSON.stringify({ status_code: code, status_message: message, timestamp: new Date().toISOString() }));
    };
    const behaviour = await this.behave(received);
    if (typeof behaviour === 'function') return behaviour(response);
    switch (behaviour) {
      case 'accept':
        this.keep(received);
        return answer(200, 1000, received.path === '/cdrs' ? { location: `${this.url}/cdrs/${this.cdrs.size}` } : {});
      case 'cut':
        this.keep(received);
        response.destroy();
        return undefined;
      case 'dead':
        response.destroy();
        return undefined;
      case 'fail':
        return answer(500, 3000);
      case 'throttle':
        return answer(429, 2000, { 'retry-after': '1' });
      case 'refuse':
        return answer(200, 2003);
      case 'unknown':
        return answer(404, 2003);
      case 'hang':
        this.keep(received);
        return undefined;
      case 'drip':
        this.keep(received);
        response.writeHead(200, { 'content-type': 'application/json' });
        response.write('{"status_code"');
        return undefined;
      case 'page':
        response.writeHead(200, { 'content-type': 'text/html' });
        response.end('<html>Back in a moment</html>');
        return undefined;
      case 'empty':
        response.writeHead(204).end();
        return undefined;
      case 'redirect':
        response.writeHead(302, { location: `${this.url}/elsewhere` }).end();
        return undefined;
      case 'duplicate':
        return answer(409, 2000, {}, 'Duplicate CDR');
    }
  }

  private keep({ method, path, body }: Received): void {
    if (path.startsWith('/result')) this.results.push(body);
    else if (path === '/cdrs') this.cdrs.set((JSON.parse(body) as { id: string }).id, body);
    else if (method === 'DELETE') this.objects.delete(path);
    else if (method === 'PUT') this.objects.set(path, JSON.parse(body) as Document);
    else if (method === 'PATCH') this.patch(path, JSON.parse(body) as Document);
  }

  private patch(path: string, change: Document): void {
    const before = this.objects.get(path) ?? {};
    const periods = [before.charging_periods, change.charging_periods].flatMap((list) =>
      Array.isArray(list) ? (list as unknown[]) : [],
    );
    this.objects.set(path, { ...before, ...change, ...(periods.length > 0 ? { charging_periods: periods } : {}) });
  }
}
