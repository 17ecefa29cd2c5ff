import type { ReconciliationView, TerminalView } from '@voltap/contracts/back-office';
import {
  type CdrCreated,
  cdrAccepted,
  cdrCreated,
  commandAccepted,
  commandCompleted,
  locationChanged,
  type PartnerState,
  partnerRegistered,
  reconciliationChanged,
  sessionChanged,
  terminalChanged,
} from '@voltap/contracts/events';
import { type DomainEvent, event } from '@voltap/kernel';
import type { FinancialAdviceConfirmation, Terminal } from '@voltap/ocpi/model';
import { aCdr, aConfirmation, aLocation, aPartnerCaller, aSession, aToken } from '@voltap/ocpi/testkit';
import type { ConsumptionModes } from '@voltap/platform/messaging';
import { anOperator, callsTo, testPlatform, waitUntil } from '@voltap/platform/testing';
import { payments } from '../src/service.js';
import { GatewayDouble } from './gateway-double.js';

export interface Envelope<Data = unknown> {
  readonly status_code: number;
  readonly status_message?: string;
  readonly data: Data;
}

/** What a partner offers that has terminals. */
export const OFFERS_PAYMENTS: Pick<PartnerState, 'endpoints'> = {
  endpoints: [{ identifier: 'payments', role: 'SENDER', url: 'https://ptp.example/payments' }],
};

/** The payments service on a platform of its own, with what its callers and its listeners see. */
export async function paymentsBench(consumption: ConsumptionModes = {}) {
  const gateway = new GatewayDouble();
  await gateway.listen();
  const platform = await testPlatform({ services: ['payments'], addresses: { gateway: gateway.url }, consumption });
  const service = await platform.start(payments);
  const reconciliations = await platform.observe(reconciliationChanged);
  const terminals = await platform.observe(terminalChanged);
  const operator = callsTo(service, platform.callerHeaders(anOperator()));
  const partner = callsTo(service, platform.callerHeaders(aPartnerCaller()));
  const reconciliation = async (reference: string) =>
    (await operator<ReconciliationView>('GET', `/api/v1/reconciliation/${reference}`)).body;
  return {
    platform,
    service,
    gateway,
    reconciliations,
    terminals,
    operator,
    partner,
    stranger: callsTo(service, platform.callerHeaders(aPartnerCaller({ partnerId: 'partner-2' }))),
    anybody: callsTo(service),
    bytes: async (path: string) => {
      const response = await fetch(service.url + path);
      const content = Buffer.from(await response.arrayBuffer());
      return { status: response.status, type: response.headers.get('content-type'), content };
    },
    confirm: (changes: Partial<FinancialAdviceConfirmation>) =>
      partner<Envelope>('POST', '/ocpi/cpo/2.3.0/payments/financial-advice-confirmations', aConfirmation(changes)),
    postTerminal: (terminal: Partial<Terminal>) =>
      partner<Envelope>('POST', '/ocpi/cpo/2.3.0/payments/terminals', terminal),
    terminal: async (id: string, partnerId = 'partner-1') =>
      (await operator<TerminalView>('GET', `/api/v1/terminals/${partnerId}/${id}`)).body,
    reconciliation,
    settled: (reference: string, probe: (view: ReconciliationView) => boolean) =>
      waitUntil(
        async () => {
          const view = await reconciliation(reference);
          if (view.state !== undefined && probe(view)) return view;
          throw new Error(`it is ${JSON.stringify(view)}`);
        },
        { describe: `the reconciliation of ${reference}` },
      ),
    close: async () => {
      await platform.close();
      await gateway.close();
    },
  };
}
export type PaymentsBench = Awaited<ReturnType<typeof paymentsBench>>;

export function partnerEvent(changes: Partial<PartnerState> = {}, revision = 1): DomainEvent {
  const state: PartnerState = {
    partnerId: 'partner-1',
    name: 'Terminal provider',
    status: 'PENDING',
    profile: 'payter',
    settings: {},
    parties: [{ country_code: 'DE', party_id: 'VLT', name: 'Voltap Charging' }],
    customerReferences: ['CUSTOMER-1'],
    versions: ['2.3.0'],
    version: '2.3.0',
    roles: [],
    endpoints: [],
    inboundTokens: [],
    outboundToken: null,
    ...changes,
  };
  return event(partnerRegistered, { key: state.partnerId, revision, payload: state }) as DomainEvent;
}

export function locationEvent(): DomainEvent {
  const payload = { location: aLocation(), structural: true };
  return event(locationChanged, { key: 'DE*VLT*L1', revision: 1, payload }) as DomainEvent;
}

const COMMAND = {
  type: 'START_SESSION',
  partnerId: 'partner-1',
  country_code: 'DE',
  party_id: 'VLT',
} as const;
const ACCEPTED_AT = '2026-03-02T09:59:00.000Z';

/** The events of one charge that others publish, each under the reference. */
export function chargeEvents(reference: string, cdrChanges: Partial<CdrCreated> = {}) {
  // Ids have at most 36 characters.
  const id = `C-${reference}`.slice(0, 36);
  const session = aSession({ id: `S-${reference}`.slice(0, 36), authorization_reference: reference });
  const cdr = aCdr({ id, session_id: session.id, authorization_reference: reference });
  return {
    accepted: event(commandAccepted, {
      key: `cmd-${reference}`,
      revision: 1,
      payload: {
        ...COMMAND,
        commandId: `cmd-${reference}`,
        idTag: 'VT0',
        authorization_reference: reference,
        token: aToken(),
        location_id: 'L1',
        evse_uid: 'E1',
        connector_id: '1',
        session_id: null,
        tariff: null,
        acceptedAt: ACCEPTED_AT,
        deadline: ACCEPTED_AT,
      },
    }) as DomainEvent,
    completed: event(commandCompleted, {
      key: `cmd-${reference}`,
      revision: 2,
      payload: {
        ...COMMAND,
        commandId: `cmd-${reference}`,
        authorization_reference: reference,
        correlationIds: [],
        result: { result: 'ACCEPTED' },
        decidedBy: 'BACK_END',
        completedAt: ACCEPTED_AT,
        deadline: ACCEPTED_AT,
      },
    }) as DomainEvent,
    running: sessionOf(session, 1),
    ended: sessionOf({ ...session, status: 'COMPLETED', end_date_time: '2026-03-02T11:00:00Z' }, 2),
    cdr: event(cdrCreated, {
      key: `DE*VLT*${id.toUpperCase()}`,
      revision: 1,
      payload: {
        partnerId: 'partner-1',
        cdr,
        lines: [
          {
            dimension: 'ENERGY',
            quantity: '12.5',
            unit: 'kWh',
            price: '0.5',
            vat: '19',
            beforeTaxes: '6.25',
            afterTaxes: '7.44',
          },
        ],
        totalWithTaxes: '7.44',
        timeZone: 'Europe/Berlin',
        ...cdrChanges,
      },
    }) as DomainEvent,
    cdrAccepted: event(cdrAccepted, {
      key: `DE*VLT*${id.toUpperCase()}`,
      revision: 1,
      payload: {
        partnerId: 'partner-1',
        country_code: 'DE',
        party_id: 'VLT',
        cdrId: id,
        authorization_reference: reference,
        location: null,
        acceptedAt: '2026-03-02T11:00:05.000Z',
      },
    }) as DomainEvent,
  };
}

function sessionOf(session: ReturnType<typeof aSession>, revision: number): DomainEvent {
  const payload = { partnerId: 'partner-1', commandId: null, session };
  return event(sessionChanged, { key: `DE*VLT*${session.id.toUpperCase()}`, revision, payload }) as DomainEvent;
}

/** All orders of the items. */
export function* permutations<Item>(items: readonly Item[]): Generator<Item[]> {
  if (items.length === 0) yield [];
  for (const [index, item] of items.entries()) {
    for (const rest of permutations(items.toSpliced(index, 1))) yield [item, ...rest];
  }
}
