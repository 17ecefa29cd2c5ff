import { sameParty } from '@voltap/kernel';
import type { Evse, Location, Token } from '@voltap/ocpi/model';

/** REQUESTED until the charge point has it; then ACTIVE until it is used, cancelled or over. */
export type ReservationState = 'REQUESTED' | 'ACTIVE' | 'USED' | 'CANCELED' | 'EXPIRED' | 'FAILED';

export interface Reservation {
  /** The id that the charge point gets: ours, unique, a number as OCPP wants it. */
  readonly number: number;
  readonly partnerId: string;
  readonly country_code: string;
  readonly party_id: string;
  /** The id that the partner gave it. */
  readonly reservation_id: string;
  readonly location_id: string;
  /** Null: any EVSE of the location. */
  readonly evse_uid: string | null;
  readonly token: Token;
  readonly authorization_reference: string | null;
  readonly idTag: string;
  readonly expiresAt: Date;
  readonly state: ReservationState;
  /** The RESERVE_NOW that made it what it is. */
  readonly commandId: string | null;
  readonly endedAt: Date | null;
  readonly reason: string | null;
}

/** Whether a start at a reserved EVSE is by whom it is reserved for. */
export function isFor(reservation: Reservation, partnerId: string, token: Token): boolean {
  return (
    reservation.partnerId === partnerId &&
    reservation.token.uid.toUpperCase() === token.uid.toUpperCase() &&
    sameParty(reservation.token, token)
  );
}

/** Whether any EVSE that is meant takes reservations (CMD-22). */
export function isReservable(location: Location, evse: Evse | null): boolean {
  const evses = evse === null ? (location.evses ?? []) : [evse];
  return evses.some(
    ({ status, capabilities }) => status !== 'REMOVED' && capabilities?.includes('RESERVABLE') === true,
  );
}
