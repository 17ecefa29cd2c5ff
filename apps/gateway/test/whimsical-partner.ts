import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * What happens to one request. `keeps`: it is taken in, whatever the answer says; an answer that nobody gets is the worst
 * that can be.
 */
export const WHIMS = [
  'accept',
  '500',
  '500 keeps',
  '429',
  '2003',
  '3000',
  'cut',
  'cut keeps',
  'hang keeps',
  'drip keeps',
  'redirect',
  'page',
  'page keeps',
  'broken json keeps',
  '404',
  '401',
] as const;
export type Whim = (typeof WHIMS)[number];

type Document = Record<string, unknown>;

/** A partner that holds objects as OCPI says, and treats the next requests by its whims; when they are used up, it is sane. */
export class WhimsicalPartner {
  readonly locations = new Map<string, Document>();
  readonly tariffs = new Map<string, Document>();
  readonly sessions = new Map<string, Document>();
  /** Bodies of accepted POSTs by CDR id. */
  readonly cdrs = new Map<string, string[]>();
  /** Bodies by `response_url`. */
  readonly results = new Map<string, string[]>();
  /** What should not have happened. */
  readonly complaints: string[] = [];
  private whims: Whim[] = [];
  requests = 0;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<WhimsicalPartner> {
    const server = createServer();
    const partner = new WhimsicalPartner(server);
    server.on('request', (request, response) => void partner.handle(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return partner;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Forgets everything, and treats the next requests so. */
  begin(whims: readonly Whim[]): void {
    for (const held of [this.locations, this.tariffs, this.sessions, this.cdrs, this.results]) held.clear();
    this.complaints.length = 0;
    this.whims = [...whims];
    this.requests = 0;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString('utf8');
    this.requests += 1;
    const whim = this.whims.shift() ?? 'accept';
    const [what, keeps] = whim.split(/ (?=keeps)/);
    const answer = (status: number, code: number, headers: Record<string, string> = {}, data?: unknown) =>
      response
        .writeHead(status, { 'content-type': 'application/json', ...headers })
        .end(JSON.stringify({ status_code: code, data, timestamp: new Date().toISOString() }));
    const taken =
      whim === 'accept' || keeps !== undefined ? this.take(request.method ?? '', request.url ?? '', body) : null;
    switch (what) {
      case 'accept':
        return void answer(taken?.http ?? 200, taken?.code ?? 1000, {}, taken?.data);
      case '500':
        return void answer(500, 3000);
      case '429':
        return void answer(429, 2000, { 'retry-after': '0' });
      case '2003':
        return void answer(200, 2003);
      case '3000':
        return void answer(200, 3000);
      case '401':
        return void answer(401, 2000);
      case '404':
        return void response.writeHead(404, { 'content-type': 'text/html' }).end('<html>no such page</html>');
      case 'cut':
        return void response.destroy();
      case 'hang':
        return undefined;
      case 'drip':
        response.writeHead(200, { 'content-type': 'application/json' }).write('{');
        return undefined;
      case 'redirect':
        return void response.writeHead(307, { location: `${this.url}/elsewhere` }).end();
      case 'broken json':
        return void response.writeHead(200, { 'content-type': 'application/json' }).end('{"status_code":1000');
      default:
        return void response.writeHead(200, { 'content-type': 'text/html' }).end('<html></html>');
    }
  }

  /** As a receiver does by the book. */
  private take(method: string, url: string, body: string): { http: number; code: number; data?: unknown } {
    const [, module = '', ...key] = (url.split('?')[0] ?? '').split('/');
    const id = key.slice(0, 3).join('/');
    const unknown = { http: 404, code: 2003 };
    const done = { http: 200, code: 1000 };
    const sent = (): Document => JSON.parse(body) as Document;
    if (module === 'result') this.results.set(url, [...(this.results.get(url) ?? []), body]);
    else if (module === 'cdrs' && method === 'POST') {
      const cdr = String(sent().id);
      const before = this.cdrs.get(cdr);
      if (before?.some((one) => one !== body)) this.complaints.push(`CDR ${cdr} was changed`);
      if (before !== undefined) return { http: 409, code: 2000 };
      this.cdrs.set(cdr, [body]);
    } else if (module === 'cdrs') {
      const [held] = this.cdrs.get(key[0] ?? '') ?? [];
      return held === undefined ? unknown : { ...done, data: JSON.parse(held) as unknown };
    } else if (module === 'tariffs') {
      if (method === 'DELETE' && !this.tariffs.delete(id)) return unknown;
      if (method === 'PUT') this.tariffs.set(id, sent());
    } else if (module === 'sessions') {
      const before = this.sessions.get(id);
      if (method === 'PATCH' && before === undefined) return unknown;
      this.sessions.set(id, method === 'PUT' ? sent() : patchedSession(before ?? {}, sent()));
    } else if (module === 'locations' && method === 'PUT') {
      this.locations.set(id, sent());
    } else if (module === 'locations') {
      const location = this.locations.get(id);
      const evses = (location?.evses ?? []) as Document[];
      if (!evses.some(({ uid }) => uid === key[3])) return unknown;
      const change = sent();
      this.locations.set(id, {
        ...location,
        evses: evses.map((one) => (one.uid === key[3] ? { ...one, ...change } : one)),
        last_updated: change.last_updated,
      });
    } else this.complaints.push(`${method} ${url}`);
    return done;
  }
}

/** Periods of a PATCH are appended (SES-05). */
function patchedSession(before: Document, change: Document): Document {
  const periods = [before.charging_periods, change.charging_periods].flatMap((list) =>
    Array.isArray(list) ? (list as unknown[]) : [],
  );
  return { ...before, ...change, charging_periods: periods };
}
