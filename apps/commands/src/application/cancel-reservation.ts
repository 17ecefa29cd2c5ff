import { Injectable } from '@nestjs/common';
import { commandCompleted } from '@voltap/contracts/events';
import { event, VoltapError } from '@voltap/kernel';
import { Outbox } from '@voltap/platform/messaging';
import { Database, type Transaction } from '@voltap/platform/persistence';
import { explained } from '../domain/messages.js';
import type { Reservation } from '../domain/reservation.js';
import { CommandRepository } from '../store/command-repository.js';
import { ReservationRepository } from '../store/reservation-repository.js';
import { completedContent, PromiseCommand } from './promise-command.js';

/** Time in which the partner is told of a reservation that is no more; then it is given up. */
const TELL_WITHIN_SECONDS = 24 * 60 * 60;

/**
 * The CPO cancels a reservation: each response URL of its RESERVE_NOW hears CANCELED_RESERVATION, once, later than the
 * result that it heard before (CMD-25).
 */
@Injectable()
export class CancelReservation {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly commands: CommandRepository,
    private readonly reservations: ReservationRepository,
    private readonly promiseCommand: PromiseCommand,
  ) {}

  /** By the operator: the charge point is told as well. @throws VoltapError not_found; conflict when it is over. */
  byOperator(number: number, reason: string): Promise<Reservation> {
    return this.database.transaction(async (transaction) => {
      const reservation = await this.reservations.lock(transaction, number);
      if (reservation === null) throw new VoltapError('not_found', `There is no reservation ${number}.`);
      if (reservation.state !== 'ACTIVE') {
        throw new VoltapError(
          'conflict',
          `Reservation ${number} is ${reservation.state}; only an ACTIVE one is cancelled.`,
        );
      }
      await this.release(transaction, reservation, 'OPERATOR');
      return this.cancel(transaction, reservation, reason);
    });
  }

  /** Locked and ACTIVE. */
  async cancel(transaction: Transaction, reservation: Reservation, reason: string): Promise<Reservation> {
    const endedAt = await this.commands.now(transaction);
    const canceled: Reservation = { ...reservation, state: 'CANCELED', endedAt, reason };
    await this.reservations.update(transaction, canceled);
    const command =
      reservation.commandId === null ? null : await this.commands.lock(transaction, reservation.commandId);
    if (command === null) throw new Error(`reservation ${reservation.number} was made by no command`);
    const next = { ...command, revision: command.revision + 1 };
    await this.commands.update(transaction, next);
    const { payload, ...content } = completedContent(
      next,
      {
        result: explained({ result: 'CANCELED_RESERVATION' }),
        decidedBy: 'PLATFORM',
        completedAt: endedAt,
        orphans: null,
      },
      await this.commands.callbacks(transaction, command.id),
    );
    const deadline = new Date(endedAt.getTime() + TELL_WITHIN_SECONDS * 1000).toISOString();
    await this.outbox.add(transaction, event(commandCompleted, { ...content, payload: { ...payload, deadline } }));
    return canceled;
  }

  /** Tells the charge point that nobody wants the reservation any more. */
  async release(transaction: Transaction, reservation: Reservation, origin: 'OPERATOR' | 'PLATFORM'): Promise<void> {
    await this.promiseCommand.within(transaction, {
      kind: 'CANCEL_RESERVATION',
      origin,
      partnerId: reservation.partnerId,
      country_code: reservation.country_code,
      party_id: reservation.party_id,
      subject: String(reservation.number),
      authorization_reference: reservation.authorization_reference,
      token: null,
      location_id: reservation.location_id,
      evse_uid: reservation.evse_uid,
      connector_id: null,
      session_id: null,
      tariff: null,
      reservation: reservation.number,
      expiry: null,
      idTag: reservation.idTag,
      correlationId: null,
    });
  }
}
