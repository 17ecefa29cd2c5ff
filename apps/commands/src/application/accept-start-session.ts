import { Inject, Injectable } from '@nestjs/common';
import { Ids, type Party, sameParty, VoltapError } from '@voltap/kernel';
import type { CommandResponse, Location, StartSession } from '@voltap/ocpi/model';
import { LOGGER, type Logger } from '@voltap/platform/telemetry';
import { startSubject } from '../domain/command.js';
import { type MessageKey, message } from '../domain/messages.js';
import { adHocTariff, chooseTarget } from '../domain/target.js';
import { Projections } from '../store/projections.js';
import { PromiseCommand } from './promise-command.js';

/** Who asks, as far as deciding needs it. */
export interface CommandCaller {
  readonly partnerId: string;
  readonly roles: readonly Party[];
  /** The CPO parties that the request may be about. */
  readonly parties: readonly Party[];
}

/** A command whose response URL is known to the gateway under this id. */
export interface Correlated {
  readonly correlationId: string;
}

/**
 * START_SESSION of a partner. The token is not looked up (CMD-13..15); only what cannot be right is refused; whether
 * the EVSE can start now is the back-end's word.
 */
@Injectable()
export class AcceptStartSession {
  constructor(
    private readonly projections: Projections,
    private readonly promiseCommand: PromiseCommand,
    private readonly ids: Ids,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** @throws VoltapError unknown_location, invalid_parameter. */
  async execute(caller: CommandCaller, request: StartSession & Correlated): Promise<CommandResponse> {
    const { party, location } = await this.locate(caller.parties, request.location_id);
    const choice = chooseTarget(location, request);
    if (!choice.found) return rejected(choice.reason);
    if (caller.roles.length > 0 && !caller.roles.some((role) => sameParty(role, request.token))) {
      return rejected('foreignToken');
    }
    const reference = request.authorization_reference ?? this.referenceOfOurs(caller);
    const tariffIds = (choice.connector ?? choice.evse.connectors[0])?.tariff_ids ?? [];
    return this.promiseCommand.execute({
      kind: 'START_SESSION',
      origin: 'PARTNER',
      partnerId: caller.partnerId,
      country_code: party.country_code,
      party_id: party.party_id,
      subject: startSubject(reference, request),
      authorization_reference: reference,
      token: request.token,
      location_id: location.id,
      evse_uid: choice.evse.uid,
      connector_id: choice.connector?.id ?? null,
      session_id: null,
      tariff: adHocTariff(await this.projections.tariffsOf(party, tariffIds)),
      idTag: null,
      correlationId: request.correlationId,
    });
  }

  private async locate(parties: readonly Party[], id: string): Promise<{ party: Party; location: Location }> {
    for (const party of parties) {
      const location = await this.projections.location(party, id);
      if (location !== null) return { party, location };
    }
    throw new VoltapError('unknown_location', `Location ${id} is unknown.`, {
      violations: [{ pointer: '/location_id', message: 'is not a location of this operator' }],
    });
  }

  /** Without a reference nothing ties session, CDR and money together at the partner: it gets one of ours, and we say so. */
  private referenceOfOurs({ partnerId }: CommandCaller): string {
    const reference = this.ids.next<string>();
    this.logger.warn({ partnerId, reference }, 'START_SESSION without authorization_reference: one of ours was given');
    return reference;
  }
}

export function rejected(reason: MessageKey): CommandResponse {
  return { result: 'REJECTED', timeout: 0, message: message(reason) };
}
