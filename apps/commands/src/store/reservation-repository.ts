import { Injectable } from '@nestjs/common';
import type { Party } from '@voltap/kernel';
import type { Token } from '@voltap/ocpi/model';
import { Database, type Transaction } from '@voltap/platform/persistence';
import type { Reservation, ReservationState } from '../domain/reservation.js';

interface ReservationRow {
  number: number;
  partner_id: string;
  country_code: string;
  party_id: string;
  reservation_id: string;
  location_id: string;
  evse_uid: string | null;
  token: Token;
  authorization_reference: string | null;
  id_tag: string;
  expires_at: Date;
  state: ReservationState;
  command_id: string | null;
  ended_at: Date | null;
  reason: string | null;
}

export type NewReservation = Pick<
  Reservation,
  | 'partnerId'
  | 'country_code'
  | 'party_id'
  | 'reservation_id'
  | 'location_id'
  | 'evse_uid'
  | 'token'
  | 'authorization_reference'
  | 'expiresAt'
>;

export interface ReservationListQuery {
  readonly limit: number;
  readonly state?: ReservationState;
  readonly before?: number;
}

const LIVE = `state in ('REQUESTED', 'ACTIVE')`;

@Injectable()
export class ReservationRepository {
  constructor(private readonly database: Database) {}

  /** The one reservation of a partner under this id at this location, locked (CMD-24). */
  async live(
    transaction: Transaction,
    { partnerId, party, location_id }: { partnerId: string; party: Party; location_id: string },
    reservationId: string,
  ): Promise<Reservation | null> {
    return one(
      await transaction.query(
        `select * from reservation where partner_id = $1 and country_code = $2 and party_id = $3
           and upper(location_id) = upper($4) and upper(reservation_id) = upper($5) and ${LIVE} for update`,
        [partnerId, party.country_code, party.party_id, location_id, reservationId],
      ),
    );
  }

  /** The newest live reservation of a partner under this id, wherever it is, locked. */
  async liveAnywhere(
    transaction: Transaction,
    partnerId: string,
    parties: readonly Party[],
    reservationId: string,
  ): Promise<Reservation | null> {
    return one(
      await transaction.query(
        `select * from reservation where partner_id = $1 and upper(reservation_id) = upper($2) and ${LIVE}
           and country_code || '*' || party_id = any($3) order by number desc limit 1 for update`,
        [partnerId, reservationId, parties.map(({ country_code, party_id }) => `${country_code}*${party_id}`)],
      ),
    );
  }

  /** The reservation that holds an EVSE at this moment. */
  async holding(party: Party, location_id: string, evse_uid: string): Promise<Reservation | null> {
    return one(
      await this.database.reader.query(
        `select * from reservation where state = 'ACTIVE' and expires_at > clock_timestamp() and country_code = $1
           and party_id = $2 and upper(location_id) = upper($3) and upper(evse_uid) = upper($4) limit 1`,
        [party.country_code, party.party_id, location_id, evse_uid],
      ),
    );
  }

  async lock(transaction: Transaction, number: number): Promise<Reservation | null> {
    return one(await transaction.query('select * from reservation where number = $1 for update', [number]));
  }

  async find(number: number): Promise<Reservation | null> {
    return one(await this.database.reader.query('select * from reservation where number = $1', [number]));
  }

  /** `idTagOf`: the id tag of a reservation by its number. */
  async insert(
    transaction: Transaction,
    reservation: NewReservation,
    idTagOf: (number: number) => string,
  ): Promise<Reservation> {
    const rows: ReservationRow[] = await transaction.query(
      `insert into reservation (partner_id, country_code, party_id, reservation_id, location_id, evse_uid, token,
         authorization_reference, id_tag, expires_at, state)
       values ($1, $2, $3, $4, $5, $6, $7, $8, '', $9, 'REQUESTED') returning *`,
      [
        reservation.partnerId,
        reservation.country_code,
        reservation.party_id,
        reservation.reservation_id,
        reservation.location_id,
        reservation.evse_uid,
        reservation.token,
        reservation.authorization_reference,
        reservation.expiresAt,
      ],
    );
    const inserted = one(rows);
    if (inserted === null) throw new Error('a reservation was not inserted');
    const idTag = idTagOf(inserted.number);
    await transaction.query('update reservation set id_tag = $2 where number = $1', [inserted.number, idTag]);
    return { ...inserted, idTag };
  }

  /** Writes what may change of a locked reservation. */
  async update(transaction: Transaction, reservation: Reservation): Promise<void> {
    await transaction.query(
      `update reservation set evse_uid = $2, token = $3, authorization_reference = $4, expires_at = $5, state = $6,
         command_id = $7, ended_at = $8, reason = $9 where number = $1`,
      [
        reservation.number,
        reservation.evse_uid,
        reservation.token,
        reservation.authorization_reference,
        reservation.expiresAt,
        reservation.state,
        reservation.commandId,
        reservation.endedAt,
        reservation.reason,
      ],
    );
  }

  /** Ends what is over by the database's clock; whichever replica looks first. @returns how many. */
  async expire(): Promise<number> {
    const [rows]: [unknown[], number] = await this.database.reader.query(
      `update reservation set state = 'EXPIRED', ended_at = expires_at
       where state = 'ACTIVE' and expires_at <= clock_timestamp() returning number`,
    );
    return rows.length;
  }

  /** Newest first. */
  async list({ limit, state, before }: ReservationListQuery): Promise<Reservation[]> {
    const rows: ReservationRow[] = await this.database.reader.query(
      `select * from reservation where ($2::text is null or state = $2) and ($3::integer is null or number < $3)
       order by number desc limit $1`,
      [limit, state ?? null, before ?? null],
    );
    return rows.map(reservationOf);
  }
}

function one(rows: ReservationRow[]): Reservation | null {
  return rows[0] === undefined ? null : reservationOf(rows[0]);
}

function reservationOf(row: ReservationRow): Reservation {
  return {
    number: row.number,
    partnerId: row.partner_id,
    country_code: row.country_code,
    party_id: row.party_id,
    reservation_id: row.reservation_id,
    location_id: row.location_id,
    evse_uid: row.evse_uid,
    token: row.token,
    authorization_reference: row.authorization_reference,
    idTag: row.id_tag,
    expiresAt: row.expires_at,
    state: row.state,
    commandId: row.command_id,
    endedAt: row.ended_at,
    reason: row.reason,
  };
}
