import { createServer } from 'node:net';
import { type PartnerState, partnerUpdated } from '@voltap/contracts/events';
import { event } from '@voltap/kernel';
import { authorizationHeader } from '@voltap/ocpi/transport';
import type { RunningService } from '@voltap/platform/bootstrap';
import { Database, openDataSource } from '@voltap/platform/persistence';
import { CallerSignature, Sealer } from '@voltap/platform/security';
import { type TestPlatform, testPlatform } from '@voltap/platform/testing';
import { gateway } from '../src/service.js';
import { CallbackRepository } from '../src/store/callbacks.js';
import { PartnerDirectory } from '../src/store/partner-directory.js';
import { envelope, ServiceDouble, sendJson } from './service-double.js';

const SERVICES = [
  'credentials',
  'locations',
  'tariffs',
  'tokens',
  'commands',
  'sessions',
  'cdrs',
  'payments',
  'gateway',
] as const;
type ServiceName = (typeof SERVICES)[number];

export const KEYS = {
  all: 'a-key-for-tests-that-may-do-everything',
  reader: 'a-key-for-tests-that-may-only-read-things',
};

export interface OcpiAnswer {
  readonly http: number;
  readonly status: number;
  readonly message: string | undefined;
  readonly data: unknown;
  readonly headers: Headers;
}

/** The gateway on a real database, before real HTTP servers in the place of the services. */
export class GatewayBench {
  private constructor(
    readonly platform: TestPlatform,
    readonly service: RunningService,
    readonly services: Readonly<Record<ServiceName, ServiceDouble>>,
    /** The gateway's own database. */
    readonly database: Database,
    readonly publicUrl: string,
    readonly backOfficeUrl: string,
  ) {}

  static async start(environment: Readonly<Record<string, string>> = {}): Promise<GatewayBench> {
    const [publicPort, backOfficePort] = [await freePort(), await freePort()];
    const addresses: Record<string, string> = {};
    const platform = await testPlatform({
      services: ['gateway'],
      addresses,
      environment: {
        VOLTAP_GATEWAY_PUBLIC_PORT: String(publicPort),
        VOLTAP_GATEWAY_BACK_OFFICE_PORT: String(backOfficePort),
        VOLTAP_API_KEYS: `${KEYS.all}:read+operate+back-end,${KEYS.reader}:read`,
        ...environment,
      },
    });
    const signature = new CallerSignature(platform.platform.secrets.caller);
    const services = {} as Record<ServiceName, ServiceDouble>;
    for (const name of SERVICES) {
      services[name] = new ServiceDouble(signature);
      await services[name].start();
      addresses[name] = services[name].url;
    }
    const running = await platform.start(gateway);
    const database = new Database(await openDataSource(platform.platform.database('gateway'), gateway.migrations, []));
    const bench = new GatewayBench(
      platform,
      running,
      services,
      database,
      `http://127.0.0.1:${publicPort}`,
      `http://127.0.0.1:${backOfficePort}`,
    );
    bench.reset();
    return bench;
  }

  /** All services answer as they should again; credentials knows no further token. */
  reset(): void {
    for (const double of Object.values(this.services)) double.reset();
    this.services.credentials.answer = ({ path }, response) =>
      path.startsWith('/internal/') ? sendJson(response, 404, {}) : sendJson(response, 200, envelope());
  }

  hash(token: string): string {
    return new Sealer(this.platform.platform.secrets.sealing).hash(token);
  }

  seal(token: string): string {
    return new Sealer(this.platform.platform.secrets.sealing).seal(token);
  }

  /** A registered partner, called `partnerId`, whose token is `token-of-<partnerId>`. */
  partner(partnerId: string, changes: Partial<PartnerState> = {}): PartnerState {
    return {
      partnerId,
      name: partnerId,
      status: 'REGISTERED',
      profile: 'spec',
      settings: {},
      parties: [{ country_code: 'DE', party_id: 'VLT', name: 'Voltap' }],
      customerReferences: [],
      versions: ['2.3.0', '2.2.1'],
      version: '2.3.0',
      roles: [{ role: 'PTP', country_code: 'NL', party_id: 'PTP', business_details: { name: partnerId } }],
      endpoints: [],
      inboundTokens: [{ hash: this.hash(`token-of-${partnerId}`), scope: 'full', expiresAt: null }],
      outboundToken: null,
      ...changes,
    };
  }

  async publish(partner: PartnerState, revision: number): Promise<void> {
    await this.platform.publish(event(partnerUpdated, { key: partner.partnerId, revision, payload: partner }));
  }

  /** Puts a partner into the directory. */
  async admit(partner: PartnerState, revision = 1): Promise<void> {
    const directory = new PartnerDirectory(this.database);
    await this.database.transaction((transaction) => directory.apply(transaction, revision, partner));
  }

  get callbacks(): CallbackRepository {
    return new CallbackRepository(this.database);
  }

  async callbackRows(): Promise<Record<string, unknown>[]> {
    return this.database.reader.query('select * from callback order by opened_at');
  }

  /** A request to the public listener, with the token of a partner unless the headers say otherwise. */
  async ocpi(
    partnerId: string | null,
    method: string,
    path: string,
    { body, headers = {} }: { body?: RequestInit['body']; headers?: Readonly<Record<string, string>> } = {},
  ): Promise<OcpiAnswer> {
    const response = await fetch(this.publicUrl + path, {
      method,
      headers: {
        ...(partnerId === null ? {} : { authorization: authorizationHeader(`token-of-${partnerId}`) }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body, duplex: 'half' }),
    } as RequestInit);
    const { status_code, status_message, data } = (await response.json()) as Record<string, unknown>;
    return {
      http: response.status,
      status: Number(status_code),
      message: status_message as string | undefined,
      data,
      headers: response.headers,
    };
  }

  async close(): Promise<void> {
    await this.database.dataSource.destroy();
    await this.platform.close();
    for (const double of Object.values(this.services)) await double.stop();
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
}
