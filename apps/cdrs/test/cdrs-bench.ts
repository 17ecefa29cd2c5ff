import type { CdrView } from '@voltap/contracts/back-office';
import {
  cdrAccepted,
  cdrCreated,
  type DeliverySettled,
  deliverySucceeded,
  type PartnerState,
  partnerRegistered,
  type SessionEnded,
  sessionEnded,
} from '@voltap/contracts/events';
import { event, objectKey } from '@voltap/kernel';
import type { Cdr, Session } from '@voltap/ocpi/model';
import { aCdr, aPartnerCaller, aSession, aTariff } from '@voltap/ocpi/testkit';
import { anOperator, callsTo, type TestPlatformOptions, testPlatform, waitUntil } from '@voltap/platform/testing';
import { cdrs } from '../src/service.js';

export interface Envelope<Data> {
  readonly status_code: number;
  readonly data: Data;
}

export function aPartner(partnerId: string, settings: Record<string, unknown> = {}, profile = 'payter'): PartnerState {
  return {
    partnerId,
    name: partnerId,
    status: 'REGISTERED',
    profile,
    settings,
    parties: [{ country_code: 'DE', party_id: 'VLT', name: 'Voltap' }],
    customerReferences: [],
    versions: ['2.3.0'],
    version: '2.3.0',
    roles: [],
    endpoints: [],
    inboundTokens: [],
    outboundToken: null,
  };
}

/** An hour in which 12.5 kWh were charged: 7.44 EUR with taxes. */
export function anEnd(session: Partial<Session>, changes: Partial<SessionEnded> = {}): SessionEnded {
  const { cdr_location: location, end_date_time } = aCdr();
  return {
    partnerId: 'partner-1',
    commandId: 'command-1',
    session: aSession({ status: 'COMPLETED', end_date_time, ...session }),
    tariff: { revision: 1, tariff: aTariff() },
    location,
    timeZone: 'Europe/Berlin',
    signed_data: null,
    endedAt: end_date_time,
    ...changes,
  };
}

/** The end of a start that never became a charge. */
export function aNeverStarted(id: string, partnerId: string): SessionEnded {
  return anEnd({ id, status: 'INVALID', kwh: 0, charging_periods: [], total_cost: undefined }, { partnerId });
}

export const endEvent = (ended: SessionEnded) =>
  event(sessionEnded, { key: objectKey(ended.session, ended.session.id), revision: 3, payload: ended });
export const partnerEvent = (partner: PartnerState, revision = 1) =>
  event(partnerRegistered, { key: partner.partnerId, revision, payload: partner });

export function deliveredEvent(cdr: Cdr, changes: Partial<DeliverySettled> = {}) {
  const payload: DeliverySettled = {
    deliveryId: 'delivery-1',
    partnerId: 'partner-1',
    kind: 'cdr',
    objectKey: objectKey(cdr, cdr.id),
    revision: 1,
    attempts: 1,
    location: 'https://ptp.example/ocpi/cdrs/1',
    reason: null,
    at: '2026-03-02T11:00:05.000Z',
    ...changes,
  };
  const key = `${payload.partnerId}*${payload.kind}*${payload.objectKey}`;
  return event(deliverySucceeded, { key, revision: 1, payload });
}

/** The cdrs service on a platform of its own, with what its callers and its listeners see. */
export async function cdrsBench(options: Partial<TestPlatformOptions> = {}) {
  const platform = await testPlatform({ ...options, services: ['cdrs'] });
  const service = await platform.start(cdrs);
  const created = await platform.observe(cdrCreated);
  const accepted = await platform.observe(cdrAccepted);
  const operator = callsTo(service, platform.callerHeaders(anOperator()));
  const createdFor = (sessionId: string) =>
    created.filter(({ payload }) => payload.cdr.session_id === sessionId).map(({ payload }) => payload);
  return {
    platform,
    url: service.url,
    created,
    accepted,
    operator,
    createdFor,
    /** The one CDR of a session, once it exists. */
    until: (sessionId: string) =>
      waitUntil(() => createdFor(sessionId)[0], { describe: `the CDR of session ${sessionId}` }),
    seenBy: (partnerId: string, query = '') =>
      callsTo(service, platform.callerHeaders(aPartnerCaller({ partnerId })))<Envelope<Cdr[]>>(
        'GET',
        `/ocpi/cpo/2.3.0/cdrs${query}`,
      ),
    read: async (id: string) => (await operator<CdrView>('GET', `/api/v1/cdrs/DE/VLT/${id}`)).body,
  };
}
export type CdrsBench = Awaited<ReturnType<typeof cdrsBench>>;
