import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { freePorts } from '@voltap/platform/embedded';
import { CALLER_HEADER, CallerSignature } from '@voltap/platform/security';
import { type MeasuredService, startMeasuredService } from '../measured-service.js';

export type SentBody = NonNullable<RequestInit['body']>;

const PUBLIC_URL = 'https://cpo.example';

const OPERATOR = { kind: 'operator', keyId: 'bench', scopes: ['read', 'operate', 'back-end'], publicUrl: PUBLIC_URL };
const PARTNER = {
  ...{ kind: 'partner', partnerId: 'partner-1', version: '2.3.0', profile: 'payter', quirks: {}, scope: 'full' },
  ...{ roles: [{ role: 'PTP', country_code: 'NL', party_id: 'PTP' }], parties: ['DE*VLT'], publicUrl: PUBLIC_URL },
};

/** The payments service, measured. */
export interface MeasuredPayments extends MeasuredService {
  /** Calls it as the gateway would. @throws Error for a status that is no success. */
  call(method: string, path: string, sent?: { readonly body: SentBody; readonly type: string }): Promise<Buffer>;
  /** The most resident memory it ever had, in MB (10^6 bytes). Linux only. */
  mostMegabytes(): Promise<number>;
}

export async function startMeasuredPayments(directory: string): Promise<MeasuredPayments> {
  const [port = 0] = await freePorts(1);
  const secret = randomBytes(24).toString('hex');
  const signature = new CallerSignature(secret);
  const call: MeasuredPayments['call'] = async (method, path, sent) => {
    const caller = path.startsWith('/ocpi/') ? PARTNER : OPERATOR;
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: {
        [CALLER_HEADER]: signature.sign(caller),
        ...(sent === undefined ? {} : { 'content-type': sent.type }),
      },
      ...(sent === undefined ? {} : { body: sent.body, duplex: 'half' }),
    } as RequestInit);
    const content = Buffer.from(await response.arrayBuffer());
    if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}: ${content.subarray(0, 300)}`);
    return content;
  };
  const service = await startMeasuredService({
    ...{ name: 'payments', directory, port, probe: () => call('GET', '/api/v1/reconciliation-summary') },
    environment: {
      VOLTAP_CALLER_SECRET: secret,
      VOLTAP_SEALING_SECRET: randomBytes(24).toString('hex'),
      VOLTAP_PUBLIC_URL: PUBLIC_URL,
    },
  });
  return {
    ...service,
    call,
    mostMegabytes: async () => {
      const status = await readFile(`/proc/${service.pid}/status`, 'utf8');
      return (Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1_024) / 1e6;
    },
  };
}
