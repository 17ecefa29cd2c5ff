import { SERVICE_NAMES } from '@voltap/contracts/back-office';
import { EmbeddedEventBus } from '@voltap/platform/embedded';
import type { EventBus } from '@voltap/platform/messaging';
import { KafkaEventBus } from '@voltap/platform/production';
import { createLogger } from '@voltap/platform/telemetry';
import { queryDatabase, waitUntil } from '@voltap/platform/testing';
import { type JsonObject, textOf } from '@voltap/simulator';
import { expect } from 'expect';
import type { PlatformStores } from '../stage/running-platform.js';
import type { Stage } from '../stage/stage.js';
import {
  type CdrRow,
  type CommandRow,
  type ConfirmationRow,
  type Evidence,
  type PartnerEvidence,
  type ProjectionEvidence,
  type Revision,
  type ServiceEvidence,
  type SessionRow,
  unrest,
  violations,
} from './evidence.js';

const PARTNERS = { owner: 'credentials', source: 'select id as key, revision from partner' };
const documents = (owner: string, table: string) => ({
  owner,
  source: `select scope || '*' || id as key, revision from ${table} where not removed`,
});
const LOCATIONS = documents('locations', 'location');
const TARIFFS = documents('tariffs', 'tariff');
const SESSIONS = documents('sessions', 'session');
const STARTS = {
  owner: 'commands',
  source: `select id::text as key, revision from command where kind = 'START_SESSION'`,
  firstStateOnly: true,
};

/** Every projection of the platform, and the table that it must equal. */
const PROJECTIONS: readonly {
  readonly service: string;
  readonly table: string;
  readonly from: { readonly owner: string; readonly source: string; readonly firstStateOnly?: boolean };
}[] = [
  { service: 'gateway', table: 'partner_directory', from: PARTNERS },
  { service: 'cdrs', table: 'partner_projection', from: PARTNERS },
  { service: 'payments', table: 'partner_projection', from: PARTNERS },
  { service: 'tokens', table: 'partner_projection', from: PARTNERS },
  { service: 'payments', table: 'location_projection', from: LOCATIONS },
  { service: 'commands', table: 'location_projection', from: LOCATIONS },
  { service: 'commands', table: 'tariff_projection', from: TARIFFS },
  { service: 'commands', table: 'session_projection', from: SESSIONS },
  { service: 'sessions', table: 'location_projection', from: LOCATIONS },
  { service: 'sessions', table: 'tariff_projection', from: TARIFFS },
  { service: 'sessions', table: 'start_command', from: STARTS },
];

/**
 * Waits until nothing moves, reads what the partner saw and all nine databases, and states that every account agrees:
 * nothing was lost, and nothing was doubled.
 */
export async function expectNothingLostNorDoubled(stage: Stage): Promise<void> {
  expect(await foundViolations(stage)).toEqual([]);
}

/** @returns what was lost or doubled, a line each. @throws Error when the platform does not come to rest */
export async function foundViolations(stage: Stage): Promise<string[]> {
  const { stores } = stage.platform;
  if (stores === null) throw new Error('the stores of a platform that was there already are not known');
  const bus = await busOf(stores);
  try {
    await untilQuiet(stage, stores, bus);
    return violations(await readEvidence(stage, stores, bus));
  } finally {
    await bus.close();
  }
}

/** Quiet is a state: outboxes empty, everything consumed and delivered, and every confirmation on both sides. */
async function untilQuiet(stage: Stage, stores: PlatformStores, bus: EventBus): Promise<void> {
  let moving: string[] = [];
  try {
    await waitUntil(
      async () => {
        moving = ['not looked at yet'];
        const [services, openDeliveries] = await Promise.all([servicesOf(stores, bus), openDeliveriesOf(stores)]);
        const unsent = partnerEvidence(stage).confirmations.filter(({ accepted }) => !accepted).length;
        moving = [...unrest({ services, openDeliveries }), ...(unsent > 0 ? [`${unsent} confirmations unsent`] : [])];
        if (moving.length > 0) return false;
        // What was just consumed may have asked for more: a second look must find the same.
        const again = await Promise.all([servicesOf(stores, bus), openDeliveriesOf(stores)]);
        moving = unrest({ services: again[0], openDeliveries: again[1] });
        return moving.length === 0;
      },
      { describe: 'the platform to come to rest' },
    );
  } catch (cause) {
    throw new Error(`the platform does not come to rest: ${moving.join('; ')}`, { cause });
  }
}

async function readEvidence(stage: Stage, stores: PlatformStores, bus: EventBus): Promise<Evidence> {
  const rows = <Row>(service: string, sql: string) => rowsOf<Row>(stores, service, sql);
  const [services, openDeliveries, commands, sessions, cdrs, confirmations, reconciliations, projections] =
    await Promise.all([
      servicesOf(stores, bus),
      openDeliveriesOf(stores),
      rows<CommandRow>(
        'commands',
        `select id, kind, authorization_reference as reference, result ->> 'result' as result from command`,
      ),
      rows<SessionRow>(
        'sessions',
        `select id, content -> 'session' ->> 'authorization_reference' as reference,
           content -> 'session' ->> 'status' as status
         from session where not removed`,
      ),
      rows<CdrRow>(
        'cdrs',
        `select cdr.id, content ->> 'session_id' as "sessionId", content ->> 'authorization_reference' as reference,
           exists (select 1 from cdr_acceptance a where a.scope = cdr.scope and upper(a.id) = upper(cdr.id)) as accepted
         from cdr where not removed`,
      ),
      rows<ConfirmationRow>(
        'payments',
        `select id, content ->> 'authorization_reference' as reference from confirmation where not removed`,
      ),
      rows<{ reference: string; state: string }>(
        'payments',
        'select authorization_reference as reference, state from reconciliation',
      ),
      Promise.all(PROJECTIONS.map((projection) => projectionOf(stores, projection))),
    ]);
  const partner = partnerEvidence(stage);
  const stored = { commands, sessions, cdrs, confirmations, reconciliations, projections };
  return { partner, ...stored, services, openDeliveries };
}

function partnerEvidence({ simulator: { ptp } }: Stage): PartnerEvidence {
  const { state } = ptp.store;
  const text = (object: JsonObject, field: string) => textOf(object, field) ?? '';
  const posted = Map.groupBy(
    ptp.log.requests.filter(({ method, path }) => method === 'POST' && /\/cdrs\/?$/.test(path)),
    ({ body }) => textOf((body ?? {}) as JsonObject, 'id') ?? '',
  );
  return {
    charges: Object.values(state.charges).map(({ authorizationReference: reference, phase }) => ({ reference, phase })),
    commands: Object.values(state.charges).flatMap(({ authorizationReference: reference, commands }) =>
      commands
        .filter(({ response }) => textOf(response ?? undefined, 'result') === 'ACCEPTED')
        .map(({ callbackId, command }) => ({
          ...{ callbackId, command, reference },
          results: [...new Set((state.commandResults[callbackId] ?? []).map(({ raw }) => raw))],
        })),
    ),
    sessions: Object.values(state.sessions).map((session) => ({
      id: text(session, 'id'),
      reference: text(session, 'authorization_reference'),
      status: text(session, 'status'),
    })),
    cdrs: Object.values(state.cdrs).map((cdr) => ({
      id: text(cdr, 'id'),
      sessionId: text(cdr, 'session_id'),
      reference: text(cdr, 'authorization_reference'),
      sent: [...new Set((posted.get(text(cdr, 'id')) ?? []).map(({ raw }) => raw))],
    })),
    confirmations: Object.values(state.confirmations)
      .filter(({ lost }) => !lost)
      .map(({ confirmation, sentAt }) => ({
        id: text(confirmation, 'id'),
        reference: text(confirmation, 'authorization_reference'),
        accepted: sentAt !== null,
      })),
    complaints: ptp.log.complaints.map(({ rule, message, path }) => `${rule} ${message} (${path})`),
  };
}

async function servicesOf(stores: PlatformStores, bus: EventBus): Promise<ServiceEvidence[]> {
  return Promise.all(
    SERVICE_NAMES.map(async (name) => {
      const [[outbox], setAside, lag] = await Promise.all([
        rowsOf<{ count: string }>(stores, name, 'select count(*) from outbox'),
        rowsOf<{ event: string }>(
          stores,
          name,
          `select topic || ' ' || key || ': ' || error as event from set_aside_event where state = 'WAITING'`,
        ),
        bus.lag(name),
      ]);
      return { name, outbox: Number(outbox?.count), lag, setAside: setAside.map(({ event }) => event) };
    }),
  );
}

async function openDeliveriesOf(stores: PlatformStores): Promise<number> {
  const [row] = await rowsOf<{ count: string }>(
    stores,
    'gateway',
    `select count(*) from delivery where state in ('PENDING', 'IN_FLIGHT')`,
  );
  return Number(row?.count);
}

async function projectionOf(
  stores: PlatformStores,
  { service, table, from }: (typeof PROJECTIONS)[number],
): Promise<ProjectionEvidence> {
  const revisions = async (name: string, sql: string): Promise<Revision[]> =>
    (await rowsOf<{ key: string; revision: string }>(stores, name, sql)).map(({ key, revision }) => ({
      key,
      revision: Number(revision),
    }));
  const [source, rows] = await Promise.all([
    revisions(from.owner, from.source),
    revisions(service, `select key, revision from ${table} where not removed`),
  ]);
  return { name: `${service}.${table}`, source, rows, firstStateOnly: from.firstStateOnly ?? false };
}

async function rowsOf<Row>(stores: PlatformStores, service: string, sql: string): Promise<Row[]> {
  return queryDatabase<Row>(await stores.databaseUrl(service), sql);
}

/** A bus of one's own, outside of every group. */
export async function busOf({ kafka, databaseUrl }: PlatformStores): Promise<EventBus> {
  if (kafka === null) return new EmbeddedEventBus({ url: await databaseUrl('bus') });
  return new KafkaEventBus(
    { brokers: kafka.brokers.split(','), prefix: kafka.prefix, replication: -1, sessionTimeoutMs: 10_000 },
    createLogger({ level: 'silent', service: 'test' }),
  );
}
