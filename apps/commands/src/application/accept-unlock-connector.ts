import { Injectable } from '@nestjs/common';
import type { CommandResponse, UnlockConnector } from '@voltap/ocpi/model';
import { chooseTarget } from '../domain/target.js';
import { Projections } from '../store/projections.js';
import { type CommandCaller, type Correlated, locate, notSupported, rejected } from './caller.js';
import { PromiseCommand } from './promise-command.js';

/** UNLOCK_CONNECTOR of a partner's help desk, for EVSEs that can (CMD-27). */
@Injectable()
export class AcceptUnlockConnector {
  constructor(
    private readonly projections: Projections,
    private readonly promiseCommand: PromiseCommand,
  ) {}

  /** @throws VoltapError unknown_location, invalid_parameter. */
  async execute(caller: CommandCaller, request: UnlockConnector & Correlated): Promise<CommandResponse> {
    const { party, location } = await locate(this.projections, caller.parties, request.location_id);
    const choice = chooseTarget(location, request);
    if (!choice.found) return rejected(choice.reason);
    const { evse, connector } = choice;
    if (evse.capabilities?.includes('UNLOCK_CAPABLE') !== true) return notSupported();
    return this.promiseCommand.execute({
      kind: 'UNLOCK_CONNECTOR',
      origin: 'PARTNER',
      partnerId: caller.partnerId,
      ...party,
      subject: [location.id, evse.uid, connector?.id ?? ''].join(' ').toUpperCase(),
      authorization_reference: null,
      token: null,
      location_id: location.id,
      evse_uid: evse.uid,
      connector_id: connector?.id ?? null,
      session_id: null,
      tariff: null,
      reservation: null,
      expiry: null,
      idTag: null,
      correlationId: request.correlationId,
    });
  }
}
