import type { DeliveryDetails, DeliveryQueueRecord, DeliveryRecord } from '@voltap/contracts/back-office';
import {
  cdrCreated,
  commandCompleted,
  evseStatusChanged,
  locationChanged,
  type PartnerState,
  partnerUpdated,
  sessionChanged,
  tariffChanged,
} from '@voltap/contracts/events';
import { type DomainEvent, event } from '@voltap/kernel';
import type { Cdr, Location, Session, Status, Tariff } from '@voltap/ocpi/model';
import { aTariff } from '@voltap/ocpi/testkit';
import type { RunningService } from '@voltap/platform/bootstrap';
import { Sealer } from '@voltap/platform/security';
import {
  type Answer,
  anOperator,
  callsTo,
  queryDatabase,
  type TestPlatform,
  testPlatform,
  waitUntil,
} from '@voltap/platform/testing';
import { gateway } from '../src/service.js';

const MODULES = ['locations', 'tariffs', 'sessions', 'cdrs'] as const;
/** Nobody waits for minutes in a test. */
const IMPATIENT = {
  VOLTAP_GATEWAY_RETRY_MS: '5',
  VOLTAP_GATEWAY_REFUSED_RETRY_MS: '20',
  VOLTAP_GATEWAY_PARTNER_TIMEOUT_MS: '5000',
};

export const OUR_TOKEN = 'the-token-that-we-send-4711';

/** The events that make deliveries, as the other services would publish them. */
export const told = {
  tariff: (id: string, revision: number, changes: Partial<Tariff> = {}): DomainEvent =>
    event(tariffChanged, { key: `DE*VLT*${id}`, revision, payload: { tariff: aTariff({ id, ...changes }) } }),
  session: (session: Session, revision: number, partnerId = 'partner'): DomainEvent =>
    event(sessionChanged, {
      key: `DE*VLT*${session.id}`,
      revision,
      payload: { partnerId, commandId: null, session },
    }),
  cdr: (cdr: Cdr, partnerId = 'partner'): DomainEvent =>
    event(cdrCreated, {
      key: `DE*VLT*${cdr.id}`,
      revision: 1,
      payload: { partnerId, cdr, lines: [], totalWithTaxes: '7.44', timeZone: 'Europe/Berlin' },
    }),
  location: (location: Location, revision: number, structural = true): DomainEvent =>
    event(locationChanged, { key: `DE*VLT*${location.id}`, revision, payload: { location, structural } }),
  status: (location_id: string, status: Status, revision: number, evse_uid = 'E1'): DomainEvent =>
    event(evseStatusChanged, {
      key: `DE*VLT*${location_id}`,
      revision,
      payload: {
        ...{ country_code: 'DE', party_id: 'VLT', location_id, evse_uid, status, previousStatus: null },
        last_updated: statusTime(revision),
      },
    }),
  result: (commandId: string, correlationIds: readonly string[], partnerId = 'partner'): DomainEvent =>
    event(commandCompleted, {
      key: commandId,
      revision: 1,
      payload: {
        ...{ commandId, type: 'START_SESSION', partnerId, country_code: 'DE', party_id: 'VLT' },
        authorization_reference: `AUTH-${commandId}`,
        correlationIds: [...correlationIds],
        result: { result: 'ACCEPTED' },
        decidedBy: 'BACK_END',
        completedAt: new Date().toISOString(),
        deadline: new Date(Date.now() + 60_000).toISOString(),
      },
    }),
};

/** A second for each revision. */
export function statusTime(revision: number): string {
  return new Date(Date.UTC(2026, 2, 2, 10, 0, revision)).toISOString().replace('.000Z', 'Z');
}

/** A gateway, and the operator in front of it; partners are HTTP servers that the test starts. */
export class DeliveryStage {
  /** Sealed once: a token that changes makes another connection. */
  private readonly sealed: string;

  private constructor(
    readonly platform: TestPlatform,
    public service: RunningService,
  ) {
    this.sealed = new Sealer(platform.platform.secrets.sealing).seal(OUR_TOKEN);
  }

  static async start(environment: Readonly<Record<string, string>> = {}): Promise<DeliveryStage> {
    const platform = await testPlatform({
      services: ['gateway'],
      environment: {
        VOLTAP_GATEWAY_PUBLIC_PORT: '0',
        VOLTAP_GATEWAY_BACK_OFFICE_PORT: '0',
        VOLTAP_API_KEYS: 'a-key-for-tests-that-is-long-enough:read+operate',
        VOLTAP_EGRESS_ALLOW_INSECURE: 'true',
        ...IMPATIENT,
        ...environment,
      },
    });
    return new DeliveryStage(platform, await platform.start(gateway));
  }

  /** A partner as credentials tells of it; unless the changes say otherwise, registered at `url`. */
  partner(url: string, revision: number, changes: Partial<PartnerState> = {}): DomainEvent {
    const partnerId = changes.partnerId ?? 'partner';
    const registered = changes.status !== 'UNREGISTERED';
    const payload: PartnerState = {
      ...{ partnerId, name: partnerId, status: 'REGISTERED', profile: 'spec', settings: {} },
      parties: [{ country_code: 'DE', party_id: 'VLT', name: 'Voltap' }],
      customerReferences: [],
      versions: ['2.3.0'],
      version: registered ? '2.3.0' : null,
      roles: [{ role: 'PTP', country_code: 'NL', party_id: 'PTP', business_details: { name: partnerId } }],
      endpoints: registered
        ? MODULES.map((identifier) => ({ identifier, role: 'RECEIVER' as const, url: `${url}/${identifier}` }))
        : [],
      inboundTokens: [],
      outboundToken: registered ? this.sealed : null,
      ...changes,
    };
    return event(partnerUpdated, { key: partnerId, revision, payload });
  }

  publish(...events: readonly DomainEvent[]): Promise<void> {
    return this.platform.publish(...events);
  }

  /** Tells of a partner, and waits until the gateway goes by it. */
  async tell(partner: DomainEvent): Promise<void> {
    await this.publish(partner);
    const { partnerId } = partner.payload as PartnerState;
    await waitUntil(
      async () => {
        const [row] = await this.sql<{ connection_revision: string }>(
          'select connection_revision from partner_queue where partner_id = $1',
          [partnerId],
        );
        return Number(row?.connection_revision) >= partner.revision;
      },
      { describe: `the gateway to know ${partnerId}` },
    );
  }

  api<Body>(method: string, path: string, body?: unknown): Promise<Answer<Body>> {
    return callsTo(this.service, this.platform.callerHeaders(anOperator()))<Body>(method, `/api/v1${path}`, body);
  }

  async list(query = ''): Promise<DeliveryRecord[]> {
    return (await this.api<{ items: DeliveryRecord[] }>('GET', `/deliveries?limit=500&${query}`)).body.items;
  }

  async details(id: string | undefined): Promise<DeliveryDetails> {
    return (await this.api<DeliveryDetails>('GET', `/deliveries/${id}`)).body;
  }

  async queue(partnerId = 'partner'): Promise<DeliveryQueueRecord | undefined> {
    const { body } = await this.api<{ items: DeliveryQueueRecord[] }>('GET', '/delivery-queues');
    return body.items.find((queue) => queue.partnerId === partnerId);
  }

  /** The newest delivery of an object in a state. */
  delivered(objectKey: string, state: string): Promise<DeliveryRecord> {
    return waitUntil(
      async () => (await this.list(`state=${state}`)).find((delivery) => delivery.objectKey === objectKey),
      { describe: `${objectKey} to be ${state}` },
    );
  }

  async quiet(partnerId = 'partner'): Promise<void> {
    await waitUntil(
      async () => {
        const queue = await this.queue(partnerId);
        return queue !== undefined && queue.pending + queue.inFlight === 0;
      },
      { describe: `nothing open for ${partnerId}` },
    );
  }

  /** Asks, or changes, the gateway's own database: what only time would bring about. */
  sql<Row>(statement: string, values: readonly unknown[] = []): Promise<Row[]> {
    return queryDatabase<Row>(this.platform.platform.database('gateway').url, statement, values);
  }

  /** As if a delivery had been due for so long already. */
  async age(objectKey: string, interval: string): Promise<void> {
    await this.sql('update delivery set opened_at = opened_at - $2::interval where object_key = $1', [
      objectKey,
      interval,
    ]);
  }

  async restart(): Promise<void> {
    await this.service.stop();
    this.service = await this.platform.start(gateway);
  }

  close(): Promise<void> {
    return this.platform.close();
  }
}
