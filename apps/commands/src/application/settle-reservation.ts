import { Injectable } from '@nestjs/common';
import type { CommandResult } from '@voltap/ocpi/model';
import type { Transaction } from '@voltap/platform/persistence';
import type { Command } from '../domain/command.js';
import type { Reservation } from '../domain/reservation.js';
import { CommandRepository } from '../store/command-repository.js';
import { ReservationRepository } from '../store/reservation-repository.js';

/** What the outcome of a command makes of the reservation that it is about. */
@Injectable()
export class SettleReservation {
  constructor(
    private readonly commands: CommandRepository,
    private readonly reservations: ReservationRepository,
  ) {}

  /** @returns the reservation when the charge point now holds one that nobody wants any more. */
  async execute(transaction: Transaction, command: Command, { result }: CommandResult): Promise<Reservation | null> {
    if (command.reservation === null) return null;
    const reservation = await this.reservations.lock(transaction, command.reservation);
    if (reservation === null) throw new Error(`command ${command.id} is about no reservation`);
    const live = reservation.state === 'REQUESTED' || reservation.state === 'ACTIVE';
    const endedAt = await this.commands.now(transaction);
    switch (command.kind) {
      case 'RESERVE_NOW':
        if (result === 'ACCEPTED') return live ? this.begin(transaction, command, reservation) : reservation;
        // It was asked for again, and that is not answered yet.
        if (await this.commands.isRequested(transaction, reservation.number, command.id)) return null;
        if (reservation.state === 'REQUESTED') {
          await this.reservations.update(transaction, { ...reservation, state: 'FAILED', endedAt, reason: result });
        }
        return null;
      case 'CANCEL_RESERVATION':
        // What the charge point does not know is over as well.
        if (live && (result === 'ACCEPTED' || result === 'UNKNOWN_RESERVATION')) {
          const reason = 'cancelled by the partner';
          await this.reservations.update(transaction, { ...reservation, state: 'CANCELED', endedAt, reason });
        }
        return null;
      case 'START_SESSION':
        if (live && result === 'ACCEPTED') {
          await this.reservations.update(transaction, { ...reservation, state: 'USED', endedAt });
        }
        return null;
      default:
        return null;
    }
  }

  private async begin(transaction: Transaction, command: Command, reservation: Reservation): Promise<null> {
    await this.reservations.update(transaction, {
      ...reservation,
      state: 'ACTIVE',
      evse_uid: command.evse_uid,
      token: command.token ?? reservation.token,
      authorization_reference: command.authorization_reference,
      expiresAt: command.expiry ?? reservation.expiresAt,
      commandId: command.id,
    });
    return null;
  }
}
