import { createServer, type Server, type ServerResponse } from 'node:http';
import type { ServiceAddresses } from '@voltap/platform/bootstrap';

export interface HealthListener {
  close(): Promise<void>;
}

/** One door to the health of all nine: `/live`, `/ready` (200 when every service is), `/metrics` (Prometheus text). */
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
    const services = await reports(addresses);
    const memory = process.memoryUsage();
    const lines = [
      '# HELP voltap_service_ready Whether the service serves.',
      '# TYPE voltap_service_ready gauge',
      ...services.map(({ name, ready }) => `voltap_service_ready{service="${name}"} ${ready ? 1 : 0}`),
      '# HELP process_resident_memory_bytes Resident memory of this process.',
      '# TYPE process_resident_memory_bytes gauge',
      `process_resident_memory_bytes ${memory.rss}`,
      '# HELP process_uptime_seconds Time since this process started.',
      '# TYPE process_uptime_seconds gauge',
      `process_uptime_seconds ${process.uptime().toFixed(3)}`,
    ];
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(`${lines.join('\n')}\n`);
  } else {
    json(response, 404, { error: 'there is /live, /ready and /metrics' });
  }
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
