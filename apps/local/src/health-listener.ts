import { createServer, type Server, type ServerResponse } from 'node:http';
import type { ServiceAddresses } from '@voltap/platform/bootstrap';
import { joinExpositions, METRICS_CONTENT_TYPE } from '@voltap/platform/telemetry';

export interface HealthListener {
  close(): Promise<void>;
}

/** Above what a service takes to ask its own log and database. */
const METRICS_PATIENCE_MS = 6000;

/**
 * One door to the health of all nine: `/live`, `/ready` (200 when every service is), `/metrics` (Prometheus text: what each
 * service tells of itself, beside what is seen of them all).
 */
export async function startHealthListener(port: number, addresses: ServiceAddresses): Promise<HealthListener> {
  const server = createServer((request, response) => {
    answer(request.url ?? '/', addresses, response).catch((error: unknown) => {
      response.writeHead(500, { 'content-type': 'application/json' }).end(JSON.stringify({ error: String(error) }));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return { close: () => close(server) };
}

async function answer(path: string, addresses: ServiceAddresses, response: ServerResponse): Promise<void> {
  if (path === '/live') {
    json(response, 200, { status: 'live' });
  } else if (path === '/ready') {
    const services = await reports(addresses);
    const ready = services.every((service) => service.ready);
    json(response, ready ? 200 : 503, {
      ready,
      services: Object.fromEntries(services.map(({ name, ...report }) => [name, report])),
    });
  } else if (path === '/metrics') {
    const [services, own] = await Promise.all([reports(addresses), expositions(addresses)]);
    const text = joinExpositions([seenFromHere(services), ...own]);
    response.writeHead(200, { 'content-type': METRICS_CONTENT_TYPE }).end(text);
  } else {
    json(response, 404, { error: 'there is /live, /ready and /metrics' });
  }
}

function seenFromHere(services: readonly ServiceReport[]): string {
  const lines = [
    '# HELP voltap_service_ready Whether the service serves.',
    '# TYPE voltap_service_ready gauge',
    ...services.map(({ name, ready }) => `voltap_service_ready{service="${name}"} ${ready ? 1 : 0}`),
    '# HELP process_resident_memory_bytes Resident memory of this process.',
    '# TYPE process_resident_memory_bytes gauge',
    `process_resident_memory_bytes ${process.memoryUsage().rss}`,
    '# HELP process_uptime_seconds Time since this process started.',
    '# TYPE process_uptime_seconds gauge',
    `process_uptime_seconds ${process.uptime().toFixed(3)}`,
  ];
  return `${lines.join('\n')}\n`;
}

/** What each replica tells of itself; nothing of one that does not answer, which `voltap_service_ready` says. */
function expositions(addresses: ServiceAddresses): Promise<string[]> {
  return Promise.all(
    Object.entries(addresses).map(async ([replica, url]) => {
      try {
        const response = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(METRICS_PATIENCE_MS) });
        return response.ok ? labelled(await response.text(), replica) : '';
      } catch {
        return '';
      }
    }),
  );
}

/** Replicas of one service say the same names: each line carries which of them it is from. */
function labelled(exposition: string, replica: string): string {
  return exposition.replace(
    /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? /gm,
    (_, name: string, labels = '') => `${name}{service_instance_id="${replica}"${labels === '' ? '' : `,${labels}`}} `,
  );
}

interface ServiceReport {
  readonly name: string;
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, string>>;
}

function reports(addresses: ServiceAddresses): Promise<ServiceReport[]> {
  return Promise.all(
    Object.entries(addresses).map(async ([name, url]) => {
      try {
        const response = await fetch(`${url}/ready`, { signal: AbortSignal.timeout(2000) });
        const { ready, checks } = (await response.json()) as ServiceReport;
        return { name, ready, checks };
      } catch (error) {
        return { name, ready: false, checks: { http: error instanceof Error ? error.message : String(error) } };
      }
    }),
  );
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
