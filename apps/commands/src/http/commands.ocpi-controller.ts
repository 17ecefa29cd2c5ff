import { Controller } from '@nestjs/common';
import { CORRELATION_URL_PREFIX } from '@voltap/contracts/events';
import { partyOf, VoltapError } from '@voltap/kernel';
import { commands } from '@voltap/ocpi/endpoints';
import type { CommandResponse } from '@voltap/ocpi/model';
import { OcpiEndpoint, OcpiRequest, type OcpiRequestOf } from '@voltap/ocpi/server';
import { AcceptCancelReservation } from '../application/accept-cancel-reservation.js';
import { AcceptReserveNow } from '../application/accept-reserve-now.js';
import { AcceptStartSession } from '../application/accept-start-session.js';
import { AcceptStopSession } from '../application/accept-stop-session.js';
import { AcceptUnlockConnector } from '../application/accept-unlock-connector.js';
import type { CommandCaller } from '../application/caller.js';

type CommandRow = (typeof commands.receiver)[keyof typeof commands.receiver];

/** Commands as Receiver (requirements CMD). `response_url` is a correlation id here: the URL stays in the gateway. */
@Controller()
export class CommandsOcpiController {
  constructor(
    private readonly acceptStartSession: AcceptStartSession,
    private readonly acceptStopSession: AcceptStopSession,
    private readonly acceptReserveNow: AcceptReserveNow,
    private readonly acceptCancelReservation: AcceptCancelReservation,
    private readonly acceptUnlockConnector: AcceptUnlockConnector,
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
  async reserveNow(
    @OcpiRequest() request: OcpiRequestOf<typeof commands.receiver.reserveNow>,
  ): Promise<CommandResponse> {
    return this.acceptReserveNow.execute(callerOf(request), identified(request.body));
  }

  @OcpiEndpoint(commands.receiver.cancelReservation)
  async cancelReservation(
    @OcpiRequest() request: OcpiRequestOf<typeof commands.receiver.cancelReservation>,
  ): Promise<CommandResponse> {
    return this.acceptCancelReservation.execute(callerOf(request), identified(request.body));
  }

  @OcpiEndpoint(commands.receiver.unlockConnector)
  async unlockConnector(
    @OcpiRequest() request: OcpiRequestOf<typeof commands.receiver.unlockConnector>,
  ): Promise<CommandResponse> {
    return this.acceptUnlockConnector.execute(callerOf(request), identified(request.body));
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
