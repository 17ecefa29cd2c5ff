import { Controller } from '@nestjs/common';
import { commandsEndpoints, type ReservationRecord, type SiteTimeoutRecord } from '@voltap/contracts/back-office';
import { VoltapError } from '@voltap/kernel';
import {
  decodePosition,
  encodeCursor,
  partyParameter,
  pathParameter,
  RestEndpoint,
  RestRequest,
  type RestRequestOf,
} from '@voltap/platform/rest';
import { z } from 'zod';
import { CancelReservation } from '../application/cancel-reservation.js';
import { reservationRecordOf } from '../application/command-records.js';
import { ReservationRepository } from '../store/reservation-repository.js';
import { SiteTimeouts } from '../store/site-timeouts.js';

const positionSchema = z.object({ number: z.number().int() });

/** The operator's view of reservations, and what it decides of single sites. */
@Controller()
export class SitesBackOfficeController {
  constructor(
    private readonly reservations: ReservationRepository,
    private readonly cancelReservation: CancelReservation,
    private readonly timeouts: SiteTimeouts,
  ) {}

  @RestEndpoint(commandsEndpoints.listReservations)
  async list(
    @RestRequest() { query }: RestRequestOf<typeof commandsEndpoints.listReservations>,
  ): Promise<{ items: ReservationRecord[]; next: string | null }> {
    const rows = await this.reservations.list({
      limit: query.limit + 1,
      state: query.state,
      before: decodePosition(positionSchema, query.cursor)?.number,
    });
    const items = rows.slice(0, query.limit);
    const last = items.at(-1);
    const more = rows.length > query.limit && last !== undefined;
    return { items: items.map(reservationRecordOf), next: more ? encodeCursor({ number: last.number }) : null };
  }

  @RestEndpoint(commandsEndpoints.cancelReservation)
  async cancel(
    @RestRequest() { params, body }: RestRequestOf<typeof commandsEndpoints.cancelReservation>,
  ): Promise<ReservationRecord> {
    const text = pathParameter(params, 'number');
    if (!/^\d{1,9}$/.test(text)) throw new VoltapError('not_found', `There is no reservation ${text}.`);
    return reservationRecordOf(await this.cancelReservation.byOperator(Number(text), body.reason));
  }

  @RestEndpoint(commandsEndpoints.listTimeouts)
  async timeoutsOfSites(): Promise<{ items: SiteTimeoutRecord[] }> {
    return { items: await this.timeouts.all() };
  }

  @RestEndpoint(commandsEndpoints.setTimeouts)
  async setTimeouts(
    @RestRequest() { params, body }: RestRequestOf<typeof commandsEndpoints.setTimeouts>,
  ): Promise<SiteTimeoutRecord> {
    return this.timeouts.write(partyParameter(params), pathParameter(params, 'location_id'), body);
  }
}
