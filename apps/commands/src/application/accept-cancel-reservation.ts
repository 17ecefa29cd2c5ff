import { Injectable } from '@nestjs/common';
import type { CancelReservation, CommandResponse } from '@voltap/ocpi/model';
import { Database } from '@voltap/platform/persistence';
import { ReservationRepository } from '../store/reservation-repository.js';
import { type CommandCaller, type Correlated, notSupported, rejected } from './caller.js';
import { CompleteCommand } from './complete-command.js';
import { PromiseCommand } from './promise-command.js';

/** Where there is no place (as OCPI writes it for reservations without one). */
const NOWHERE = '#NA';

/**
 * CANCEL_RESERVATION of a partner. That there is no such reservation can be said in the result alone (CMD-26): such a
 * command is accepted, and its outcome is known at once.
 */
@Injectable()
export class AcceptCancelReservation {
  constructor(
    private readonly database: Database,
    private readonly reservations: ReservationRepository,
    private readonly promiseCommand: PromiseCommand,
    private readonly completeCommand: CompleteCommand,
  ) {}

  async execute(caller: CommandCaller, request: CancelReservation & Correlated): Promise<CommandResponse> {
    const { partnerId, parties } = caller;
    const [first] = parties;
    if (first === undefined) return notSupported();
    return this.database.transaction(async (transaction) => {
      const known = await this.reservations.liveAnywhere(transaction, partnerId, parties, request.reservation_id);
      const promised = await this.promiseCommand.within(transaction, {
        kind: 'CANCEL_RESERVATION',
        origin: 'PARTNER',
        partnerId,
        country_code: known?.country_code ?? first.country_code,
        party_id: known?.party_id ?? first.party_id,
        subject: known === null ? `unknown ${request.correlationId}` : String(known.number),
        authorization_reference: known?.authorization_reference ?? null,
        token: null,
        location_id: known?.location_id ?? NOWHERE,
        evse_uid: known?.evse_uid ?? null,
        connector_id: null,
        session_id: null,
        tariff: null,
        reservation: known?.number ?? null,
        expiry: null,
        idTag: known?.idTag ?? null,
        correlationId: request.correlationId,
        known: known === null,
      });
      if ('refused' in promised) return rejected(promised.refused);
      const { command } = promised;
      if (known === null) {
        await this.completeCommand.complete(transaction, command, { result: 'UNKNOWN_RESERVATION' }, 'PLATFORM');
      }
      return { result: 'ACCEPTED', timeout: command.timeoutSeconds };
    });
  }
}
