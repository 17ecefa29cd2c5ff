import { Controller } from '@nestjs/common';
import { CORRELATION_URL_PREFIX } from '@voltap/contracts/events';
import { partyOf, VoltapError } from '@voltap/kernel';
import { commands } from '@voltap/ocpi/endpoints';
import type { CommandResponse } from '@voltap/ocpi/model';
import { OcpiEndpoint, OcpiRequest, type OcpiRequestOf } from '@voltap/ocpi/server';
import { AcceptStartSession, type CommandCaller } from '../application/accept-start-session.js';
import { AcceptStopSession } from '../application/accept-stop-session.js';
import { message } from '../domain/messages.js';

type CommandRow = (typeof commands.receiver)[keyof typeof commands.receiver];

/** Commands as Receiver (requirements CMD). `response_url` is a correlation id here: the URL stays in the gateway. */
@Controller()
export class CommandsOcpiController {
  constructor(
    private readonly acceptStartSession: AcceptStartSession,
    private readonly acceptStopSession: AcceptStopSession,
  ) {}

  @OcpiEndpoint(commands.receiver.startSession)
  async startSession(
    @OcpiRequest() request: OcpiRequestOf<typeof commands.receiver.startSession>,
  ): Promise<CommandResponse> {
    return this.acceptStartSession.execute(callerOf(request), identified(request.body));
  }

  @OcpiEndpoint(commands.receiver.stopSession)
  async stopSession(
    @OcpiRequest() request: OcpiRequestOf<typeof commands.receiver.stopSession>,
  ): Promise<CommandResponse> {
    return this.acceptStopSession.execute(callerOf(request), identified(request.body));
  }

  @OcpiEndpoint(commands.receiver.reserveNow)
  reserveNow(): CommandResponse {
    return notSupported();
  }

  @OcpiEndpoint(commands.receiver.cancelReservation)
  cancelReservation(): CommandResponse {
    return notSupported();
  }

  @OcpiEndpoint(commands.receiver.unlockConnector)
  unlockConnector(): CommandResponse {
    return notSupported();
  }
}

function callerOf({ caller, parties }: Pick<OcpiRequestOf<CommandRow>, 'caller' | 'parties'>): CommandCaller {
  return { partnerId: caller.partnerId, roles: caller.roles, parties: parties.map(partyOf) };
}

/** A command with the correlation id that the gateway put in place of its response URL. */
function identified<Body extends { readonly response_url: string }>(body: Body): Body & { correlationId: string } {
  const { response_url } = body;
  if (!response_url.startsWith(CORRELATION_URL_PREFIX)) {
    throw new VoltapError('invalid_parameter', '/response_url: did not come through the gateway.', {
      violations: [{ pointer: '/response_url', message: 'did not come through the gateway' }],
    });
  }
  return { ...body, correlationId: response_url.slice(CORRELATION_URL_PREFIX.length) };
}

function notSupported(): CommandResponse {
  return { result: 'NOT_SUPPORTED', timeout: 0, message: message('notSupported') };
}
