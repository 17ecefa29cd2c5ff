import type { BackEndCommand, CommandRecord, ReservationRecord } from '@voltap/contracts/back-office';
import type { Command } from '../domain/command.js';
import type { Reservation } from '../domain/reservation.js';

/** A command as the charging back-end gets it, by whichever way. */
export function forBackEnd(command: Command): BackEndCommand {
  const { country_code, party_id, location_id, evse_uid, connector_id, authorization_reference, token } = command;
  const common = {
    commandId: command.id,
    idTag: command.idTag,
    issuedAt: command.acceptedAt.toISOString(),
    deadline: command.deadline.toISOString(),
  };
  const place = { country_code, party_id, location_id, evse_uid };
  switch (command.kind) {
    case 'START_SESSION': {
      const reservation_id = command.reservation;
      const request = { ...place, connector_id, authorization_reference, token, reservation_id };
      return { type: command.kind, ...common, request };
    }
    case 'STOP_SESSION': {
      const session_id = given(command, command.session_id);
      return { type: command.kind, ...common, request: { ...place, session_id, authorization_reference } };
    }
    case 'RESERVE_NOW': {
      const reservation_id = given(command, command.reservation);
      const expiry_date = given(command, command.expiry).toISOString();
      const request = { ...place, authorization_reference, reservation_id, expiry_date, token };
      return { type: command.kind, ...common, request };
    }
    case 'CANCEL_RESERVATION': {
      const reservation_id = given(command, command.reservation);
      return { type: command.kind, ...common, request: { ...place, authorization_reference, reservation_id } };
    }
    case 'UNLOCK_CONNECTOR':
      return { type: command.kind, ...common, request: { ...place, connector_id } };
  }
}

function given<Value>({ id, kind }: Command, value: Value | null): Value {
  if (value === null) throw new Error(`command ${id}, a ${kind}, does not say what it is about`);
  return value;
}

export function recordOf(command: Command): CommandRecord {
  return {
    commandId: command.id,
    type: command.kind,
    partnerId: command.partnerId,
    origin: command.origin,
    status: command.outcome === null ? 'ACCEPTED' : 'COMPLETED',
    authorization_reference: command.authorization_reference,
    location_id: command.location_id,
    evse_uid: command.evse_uid,
    connector_id: command.connector_id,
    session_id: command.session_id,
    reservation: command.reservation,
    idTag: command.idTag,
    acceptedAt: command.acceptedAt.toISOString(),
    deadline: command.deadline.toISOString(),
    completedAt: command.outcome?.completedAt.toISOString() ?? null,
    decidedBy: command.outcome?.decidedBy ?? null,
    result: command.outcome?.result ?? null,
    lateAnswer: command.lateAnswer,
    orphan: command.orphan,
  };
}

export function reservationRecordOf({
  expiresAt,
  endedAt,
  token: _,
  idTag: __,
  ...rest
}: Reservation): ReservationRecord {
  return { ...rest, expiresAt: expiresAt.toISOString(), endedAt: endedAt?.toISOString() ?? null };
}
