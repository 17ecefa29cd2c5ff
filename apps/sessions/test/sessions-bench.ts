import type { SessionView } from '@voltap/contracts/back-office';
import {
  type CommandAccepted,
  type CommandCompleted,
  commandAccepted,
  commandCompleted,
  locationChanged,
  sessionChanged,
  sessionEnded,
  tariffChanged,
} from '@voltap/contracts/events';
import { type DomainEvent, event } from '@voltap/kernel';
import type { Location, Session, Tariff } from '@voltap/ocpi/model';
import { aLocation, aPartnerCaller, aTariff, aToken } from '@voltap/ocpi/testkit';
import type { ConsumptionModes } from '@voltap/platform/messaging';
import { anOperator, type Call, callsTo, testPlatform, waitUntil } from '@voltap/platform/testing';
import { sessions } from '../src/service.js';

export interface Envelope<Data = unknown> {
  readonly status_code: number;
  readonly status_message?: string;
  readonly data: Data;
}

export interface Problem {
  readonly code: string;
  readonly detail: string;
  readonly errors?: readonly { readonly pointer: string }[];
}

/** What a back-end sends: the reference to the start, and the fields of the session that differ from `aReport`. */
export interface ReportFields {
  readonly commandId?: string;
  readonly idTag?: string;
  readonly reportedAt?: string;
  readonly session?: object;
}

export const START = '2026-03-02T10:00:00Z';

/** A running charge of 5 kWh at the connector of `aLocation`. */
export function aReport({ session, ...rest }: ReportFields): object {
  const place = { location_id: 'L1', evse_uid: 'E1', connector_id: '1' };
  return { ...rest, session: { status: 'ACTIVE', start_date_time: START, kwh: 5, ...place, ...session } };
}

/** The sessions service on a platform of its own; location L1 and tariff T1 are known unless said otherwise. */
export async function sessionsBench({ place = true, ...consumption }: ConsumptionModes & { place?: boolean } = {}) {
  const platform = await testPlatform({ services: ['sessions'], consumption });
  let service = await platform.start(sessions);
  const changed = await platform.observe(sessionChanged);
  const ended = await platform.observe(sessionEnded);
  const operatorCalls = () => callsTo(service, platform.callerHeaders(anOperator()));
  let calls = operatorCalls();
  const operator: Call = (...call) => calls(...call);
  const keyOf = (id: string) => `DE*VLT*${id.toUpperCase()}`;
  const report = (id: string, fields: ReportFields) =>
    operator<SessionView & Problem>('PUT', `/api/v1/sessions/DE/VLT/${id}`, aReport(fields));
  const bench = {
    platform,
    operator,
    partner: callsTo(service, platform.callerHeaders(aPartnerCaller())),
    stranger: callsTo(service, platform.callerHeaders(aPartnerCaller({ partnerId: 'partner-2' }))),
    report,
    metrics: async () => (await fetch(`${service.url}/metrics`)).text(),
    async restart(): Promise<void> {
      await service.stop();
      service = await platform.start(sessions);
      calls = operatorCalls();
    },
    /** A report that is taken, with the session as it is then. */
    reported: async (id: string, fields: ReportFields): Promise<Session> => {
      const { status, body, text } = await report(id, fields);
      if (status !== 200 || body.session === null) throw new Error(`report of ${id}: ${status} ${text}`);
      return body.session;
    },
    read: async (id: string) => (await operator<SessionView & Problem>('GET', `/api/v1/sessions/DE/VLT/${id}`)).body,
    /** Waits until the session is there. */
    bound: (id: string) =>
      waitUntil(
        async () => {
          const { status, body } = await operator<SessionView>('GET', `/api/v1/sessions/DE/VLT/${id}`);
          return status === 200 ? body : null;
        },
        { describe: `session ${id}` },
      ),
    changesOf: (id: string) => changed.filter(({ key }) => key === keyOf(id)),
    endsOf: (id: string) => ended.filter(({ key }) => key === keyOf(id)),
    /** Waits until everything that was published before it has been seen by this service and by the observers. */
    settled: () => platform.settled(),
  };
  if (place) {
    await platform.publish(locationEvent(), tariffEvent());
    let attempts = 0;
    const priced = async () =>
      (await report(`PLACE-${++attempts}`, { session: { cdr_token: anRfid() } })).body.session?.total_cost;
    await waitUntil(async () => (await priced()) !== undefined, { describe: 'place and price to be known' });
  }
  return bench;
}
export type SessionsBench = Awaited<ReturnType<typeof sessionsBench>>;

export function anRfid() {
  return { country_code: 'DE', party_id: 'EMP', uid: '04AB', type: 'RFID', contract_id: 'DE-EMP-1' };
}

export function startEvent(
  changes: Partial<CommandAccepted> & Pick<CommandAccepted, 'commandId' | 'idTag'>,
): DomainEvent {
  const payload: CommandAccepted = {
    type: 'START_SESSION',
    partnerId: 'partner-1',
    country_code: 'DE',
    party_id: 'VLT',
    authorization_reference: `REF-${changes.commandId}`.slice(0, 36),
    token: aToken(),
    location_id: 'L1',
    evse_uid: 'E1',
    connector_id: '1',
    session_id: null,
    tariff: { revision: 1, tariff: aTariff() },
    acceptedAt: '2026-03-02T09:59:00.000Z',
    deadline: '2026-03-02T10:01:00.000Z',
    ...changes,
  };
  return event(commandAccepted, { key: payload.commandId, revision: 1, payload }) as DomainEvent;
}

/** What the partner of a start was told. */
export function outcomeEvent(
  commandId: string,
  result: CommandCompleted['result']['result'],
  orphans: CommandCompleted['orphans'] = 'stop',
): DomainEvent {
  const payload: CommandCompleted = {
    commandId,
    type: 'START_SESSION',
    partnerId: 'partner-1',
    country_code: 'DE',
    party_id: 'VLT',
    authorization_reference: `REF-${commandId}`.slice(0, 36),
    correlationIds: [],
    result: { result },
    decidedBy: result === 'TIMEOUT' ? 'DEADLINE' : 'BACK_END',
    ...(result === 'ACCEPTED' ? {} : { orphans }),
    completedAt: '2026-03-02T10:01:00.000Z',
    deadline: '2026-03-02T10:01:00.000Z',
  };
  return event(commandCompleted, { key: commandId, revision: 2, payload }) as DomainEvent;
}

export function locationEvent(location: Location = aLocation(), revision = 1): DomainEvent {
  const key = `DE*VLT*${location.id.toUpperCase()}`;
  return event(locationChanged, { key, revision, payload: { location, structural: true } }) as DomainEvent;
}

export function tariffEvent(tariff: Tariff = aTariff(), revision = 1): DomainEvent {
  const key = `DE*VLT*${tariff.id.toUpperCase()}`;
  return event(tariffChanged, { key, revision, payload: { tariff } }) as DomainEvent;
}
