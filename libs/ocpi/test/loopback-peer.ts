import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { PartnerConnection } from '@voltap/ocpi/client';
import { profileOf } from '@voltap/ocpi/profiles';

export interface PeerRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type PeerBehaviour = (request: PeerRequest, response: ServerResponse) => void;

export interface LoopbackPeer {
  readonly origin: string;
  readonly seen: PeerRequest[];
  /** What the next requests get; success without data by default. */
  behave: PeerBehaviour;
  /** A connection to it, listing an endpoint `{origin}/ocpi/{module}` for every module in both roles. */
  connection(changes?: Partial<PartnerConnection>): PartnerConnection;
  /** From now on this is its certificate. */
  renew(certified: CertifiedKey): void;
  stop(): Promise<void>;
}

export function envelope(data?: unknown, status_code = 1000): string {
  return JSON.stringify({ ...(data === undefined ? {} : { data }), status_code, timestamp: '2026-01-01T00:00:00Z' });
}

const MODULES = [
  'credentials',
  'locations',
  'tariffs',
  'sessions',
  'cdrs',
  'tokens',
  'commands',
  'payments',
  'chargingprofiles',
  'hubclientinfo',
  'invoicereconciliation',
];

export interface CertifiedKey {
  readonly key: string;
  readonly cert: string;
}

/** A partner on the loopback that answers as it is told, by TLS when it gets a certificate. */
export async function startPeer(tls?: CertifiedKey): Promise<LoopbackPeer> {
  const succeed: PeerBehaviour = (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(envelope());
  };
  const listener: RequestListener = (request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      const seen = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body };
      peer.seen.push(seen);
      peer.behave(seen, response);
    });
  };
  const server = tls ? createTlsServer(tls, listener) : createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const peer: LoopbackPeer = {
    origin,
    seen: [],
    behave: succeed,
    connection: (changes = {}) => ({
      version: '2.3.0',
      token: 'secret-token',
      quirks: profileOf('spec').quirks,
      own: { country_code: 'DE', party_id: 'VLT' },
      peer: { country_code: 'NL', party_id: 'PTP' },
      endpoints: MODULES.flatMap((identifier) =>
        (['SENDER', 'RECEIVER'] as const).map((role) => ({ identifier, role, url: `${origin}/ocpi/${identifier}` })),
      ),
      ...changes,
    }),
    renew(certified) {
      (server as TlsServer).setSecureContext(certified);
      server.closeAllConnections();
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return peer;
}
