import type { BackEndCommand, CommandRecord } from '@voltap/contracts/back-office';
import {
  CORRELATION_URL_PREFIX,
  type CommandCompleted,
  commandAccepted,
  commandCompleted,
  locationChanged,
  sessionChanged,
  tariffChanged,
} from '@voltap/contracts/events';
import { type EventMessage, event } from '@voltap/kernel';
import type { CommandResponse, Location, Session, StartSession, Tariff } from '@voltap/ocpi/model';
import { aPartnerCaller, aStartSession } from '@voltap/ocpi/testkit';
import {
  type Answer,
  anOperator,
  type Call,
  callsTo,
  queryDatabase,
  testPlatform,
  waitUntil,
} from '@voltap/platform/testing';
import { commands } from '../src/service.js';

export interface Envelope<Data> {
  readonly status_code: number;
  readonly status_message?: string;
  readonly data: Data;
}

/** The commands service on a platform of its own, with what its callers and its listeners see. */
export async function commandsBench(environment: Readonly<Record<string, string>> = {}) {
  const platform = await testPlatform({ services: ['commands'], environment });
  let service = await platform.start(commands);
  const accepted = await platform.observe(commandAccepted);
  const completed = await platform.observe(commandCompleted);
  const calls = () => ({
    partner: callsTo(service, platform.callerHeaders(aPartnerCaller())),
    stranger: callsTo(service, platform.callerHeaders(aPartnerCaller({ partnerId: 'partner-2' }))),
    backEnd: callsTo(service, platform.callerHeaders(anOperator())),
  });
  let current = calls();
  let correlations = 0;
  return {
    platform,
    accepted,
    completed,
    partner: ((...call) => current.partner(...call)) as Call,
    stranger: ((...call) => current.stranger(...call)) as Call,
    backEnd: ((...call) => current.backEnd(...call)) as Call,
    url: () => service.url,
    /** An id under which the gateway keeps the response URL of a command. */
    correlation: () => `correlation-${++correlations}`,
    async restart(whileDown: () => Promise<void> = async () => undefined): Promise<void> {
      await service.stop();
      await whileDown();
      service = await platform.start(commands);
      current = calls();
    },
    /** Asks for a start whose outcome is to be told under this correlation id. */
    start: (fields: Partial<StartSession>, correlation = 'correlation-0'): Promise<Answer<Envelope<CommandResponse>>> =>
      current.partner(
        'POST',
        '/ocpi/cpo/2.3.0/commands/START_SESSION',
        aStartSession({ response_url: CORRELATION_URL_PREFIX + correlation, ...fields }),
      ),
    stop: (session_id: string, correlation: string, call = current.partner) =>
      call<Envelope<CommandResponse>>('POST', '/ocpi/cpo/2.3.0/commands/STOP_SESSION', {
        response_url: CORRELATION_URL_PREFIX + correlation,
        session_id,
      }),
    pending: async (query = 'wait=0'): Promise<BackEndCommand[]> =>
      (await current.backEnd<{ items: BackEndCommand[] }>('GET', `/api/v1/commands/pending?${query}`)).body.items,
    answer: (commandId: string, result: string) =>
      current.backEnd<CommandRecord & { code?: string }>('POST', `/api/v1/commands/${commandId}/answer`, { result }),
    read: async (commandId: string) =>
      (await current.backEnd<CommandRecord>('GET', `/api/v1/commands/${commandId}`)).body,
    /** The command that was promised under a reference; the latest, when there are several. */
    promised: async (reference: string) => {
      const message = await waitUntil(
        () => accepted.findLast(({ payload }) => payload.authorization_reference === reference),
        { describe: `command.accepted of ${reference}` },
      );
      return message.payload;
    },
    /** What the back-office calls on another replica of the service. */
    replica: async (): Promise<Call> => callsTo(await platform.start(commands), platform.callerHeaders(anOperator())),
    /** Whether somebody waits for the outcome of a command. */
    awaited: async (commandId: string): Promise<boolean | undefined> => {
      const [row] = await queryDatabase<{ awaited: boolean }>(
        platform.platform.database('commands').url,
        'select awaited from command where id = $1',
        [commandId],
      );
      return row?.awaited;
    },
    /** Which command each correlation id is to hear of. */
    callbacks: async (): Promise<ReadonlyMap<string, string>> => {
      const rows = await queryDatabase<{ command_id: string; correlation_id: string }>(
        platform.platform.database('commands').url,
        'select command_id, correlation_id from command_callback',
      );
      return new Map(rows.map(({ command_id, correlation_id }) => [correlation_id, command_id]));
    },
    outcomesOf: (commandId: string): CommandCompleted[] =>
      completed.filter(({ key }: EventMessage<CommandCompleted>) => key === commandId).map(({ payload }) => payload),
  };
}
export type CommandsBench = Awaited<ReturnType<typeof commandsBench>>;

const keyOf = ({ country_code, party_id, id }: { country_code: string; party_id: string; id: string }) =>
  `${country_code}*${party_id}*${id}`.toUpperCase();

export function locationEvent(location: Location, revision = 1) {
  return event(locationChanged, { key: keyOf(location), revision, payload: { location, structural: true } });
}

export function tariffEvent(tariff: Tariff, revision = 1, audience: string[] | null = null) {
  return event(tariffChanged, { key: keyOf(tariff), revision, payload: { tariff, audience } });
}

export function sessionEvent(
  session: Session,
  {
    partnerId = 'partner-1',
    commandId = null,
    revision = 1,
  }: { partnerId?: string | null; commandId?: string | null; revision?: number } = {},
) {
  return event(sessionChanged, { key: keyOf(session), revision, payload: { partnerId, commandId, session } });
}
