import { Inject, Injectable } from '@nestjs/common';
import { Clock, Ids } from '@voltap/kernel';
import type { CommandResponse, StartSession } from '@voltap/ocpi/model';
import { LOGGER, type Logger } from '@voltap/platform/telemetry';
import { startSubject } from '../domain/command.js';
import { isFor } from '../domain/reservation.js';
import { adHocTariff, chooseTarget } from '../domain/target.js';
import { Projections } from '../store/projections.js';
import { ReservationRepository } from '../store/reservation-repository.js';
import { type CommandCaller, type Correlated, locate, ownsToken, rejected } from './caller.js';
import { PromiseCommand } from './promise-command.js';

/**
 * START_SESSION of a partner. The token is not looked up (CMD-13..15); only what cannot be right is refused; whether
 * the EVSE can start now is the back-end's word, but for an EVSE that is reserved for somebody else.
 */
@Injectable()
export class AcceptStartSession {
  constructor(
    private readonly projections: Projections,
    private readonly reservations: ReservationRepository,
    private readonly promiseCommand: PromiseCommand,
    private readonly clock: Clock,
    private readonly ids: Ids,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** @throws VoltapError unknown_location, invalid_parameter. */
  async execute(caller: CommandCaller, request: StartSession & Correlated): Promise<CommandResponse> {
    const { party, location } = await locate(this.projections, caller.parties, request.location_id);
    const choice = chooseTarget(location, request);
    if (!choice.found) return rejected(choice.reason);
    if (!ownsToken(caller, request.token)) return rejected('foreignToken');
    const reservation = await this.reservations.holding(party, location.id, choice.evse.uid);
    if (reservation !== null && !isFor(reservation, caller.partnerId, request.token)) return rejected('reserved');
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
      tariff: adHocTariff(await this.projections.tariffsOf(party, tariffIds, caller.partnerId), this.clock.now()),
      reservation: reservation?.number ?? null,
      expiry: null,
      // The charge point lets in who reserved it.
      idTag: reservation?.idTag ?? null,
      correlationId: request.correlationId,
    });
  }

  /** Without a reference nothing ties session, CDR and money together at the partner: it gets one of ours, and we say so. */
  private referenceOfOurs({ partnerId }: CommandCaller): string {
    const reference = this.ids.next<string>();
    this.logger.warn({ partnerId, reference }, 'START_SESSION without authorization_reference: one of ours was given');
    return reference;
  }
}
