import { randomBytes } from 'node:crypto';
import { freePorts } from '@voltap/platform/embedded';
import { Sealer } from '@voltap/platform/security';
import { type MeasuredService, startMeasuredService } from '../measured-service.js';

/** The gateway, measured. */
export interface MeasuredGateway extends MeasuredService {
  /** Calls the back-office API. @throws Error for a status that is no success. */
  api(method: string, path: string, body?: unknown): Promise<unknown>;
  seal(token: string): string;
}

export async function startMeasuredGateway(directory: string): Promise<MeasuredGateway> {
  const [publicPort = 0, backOfficePort = 0, port = 0] = await freePorts(3);
  const [caller, sealing, apiKey] = [secret(), secret(), secret()];
  const api = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`http://127.0.0.1:${backOfficePort}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}: ${text.slice(0, 300)}`);
    return JSON.parse(text) as unknown;
  };
  const service = await startMeasuredService({
    ...{ name: 'gateway', directory, port, probe: () => api('GET', '/delivery-queues') },
    environment: {
      VOLTAP_CALLER_SECRET: caller,
      VOLTAP_SEALING_SECRET: sealing,
      VOLTAP_PUBLIC_URL: `http://127.0.0.1:${publicPort}`,
      VOLTAP_GATEWAY_PUBLIC_PORT: String(publicPort),
      VOLTAP_GATEWAY_BACK_OFFICE_PORT: String(backOfficePort),
      VOLTAP_API_KEYS: `${apiKey}:read+operate`,
      VOLTAP_EGRESS_ALLOW_INSECURE: 'true',
    },
  });
  const sealer = new Sealer(sealing);
  return { ...service, api, seal: (token) => sealer.seal(token) };
}

function secret(): string {
  return randomBytes(24).toString('hex');
}
