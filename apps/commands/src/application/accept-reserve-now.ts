import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '@voltap/kernel';
import type { CommandResponse, Evse, ReserveNow } from '@voltap/ocpi/model';
import { Database } from '@voltap/platform/persistence';
import { type CommandsConfig, commandsConfig } from '../commands.config.js';
import { isReservable } from '../domain/reservation.js';
import { adHocTariff, chooseTarget } from '../domain/target.js';
import { CommandRepository } from '../store/command-repository.js';
import { Projections } from '../store/projections.js';
import { ReservationRepository } from '../store/reservation-repository.js';
import { type CommandCaller, type Correlated, locate, notSupported, ownsToken, rejected } from './caller.js';
import { idTagOf } from './id-tag.js';
import { PromiseCommand } from './promise-command.js';

const HOUR_MS = 60 * 60 * 1000;

/**
 * RESERVE_NOW of a partner, for EVSEs that take reservations. The same id at the same location replaces the reservation,
 * once the charge point has agreed (CMD-24); its id at the charge point is ours (CMD-23).
 */
@Injectable()
export class AcceptReserveNow {
  constructor(
    private readonly database: Database,
    private readonly projections: Projections,
    private readonly commands: CommandRepository,
    private readonly reservations: ReservationRepository,
    private readonly promiseCommand: PromiseCommand,
    private readonly clock: Clock,
    @Inject(commandsConfig.token) private readonly config: CommandsConfig,
  ) {}

  /** @throws VoltapError unknown_location, invalid_parameter. */
  async execute(caller: CommandCaller, request: ReserveNow & Correlated): Promise<CommandResponse> {
    const { party, location } = await locate(this.projections, caller.parties, request.location_id);
    let evse: Evse | null = null;
    if (request.evse_uid !== undefined) {
      const choice = chooseTarget(location, { evse_uid: request.evse_uid }, 'evse');
      if (!choice.found) return rejected(choice.reason);
      evse = choice.evse;
    }
    if (!isReservable(location, evse)) return notSupported();
    if (!ownsToken(caller, request.token)) return rejected('foreignToken');
    const expiresAt = new Date(request.expiry_date);
    const left = expiresAt.getTime() - this.clock.now().getTime();
    if (left <= 0) return rejected('expiryPassed');
    if (left > this.config.VOLTAP_COMMANDS_RESERVATION_HOURS * HOUR_MS) return rejected('expiryTooFar');
    const connectors = evse?.connectors ?? [];
    const { partnerId } = caller;
    const tariffs = await this.projections.tariffsOf(party, connectors[0]?.tariff_ids ?? [], partnerId);
    const tariff = adHocTariff(tariffs, this.clock.now());
    const wanted = {
      partnerId,
      ...party,
      reservation_id: request.reservation_id,
      location_id: location.id,
      evse_uid: evse?.uid ?? null,
      token: request.token,
      authorization_reference: request.authorization_reference ?? null,
      expiresAt,
    };
    return this.database.transaction(async (transaction) => {
      const place = `${location.id} ${request.reservation_id}`.toUpperCase();
      await this.commands.lockSubject(transaction, partnerId, 'RESERVE_NOW', place);
      const live = await this.reservations.live(
        transaction,
        { partnerId, party, location_id: location.id },
        request.reservation_id,
      );
      const reservation =
        live ?? (await this.reservations.insert(transaction, wanted, (number) => idTagOf(`reservation ${number}`)));
      const promised = await this.promiseCommand.within(transaction, {
        kind: 'RESERVE_NOW',
        origin: 'PARTNER',
        partnerId,
        ...party,
        subject: [place, wanted.evse_uid ?? '', request.token.uid, expiresAt.toISOString()].join(' ').toUpperCase(),
        authorization_reference: wanted.authorization_reference,
        token: request.token,
        location_id: location.id,
        evse_uid: wanted.evse_uid,
        connector_id: null,
        session_id: null,
        tariff,
        reservation: reservation.number,
        expiry: expiresAt,
        idTag: reservation.idTag,
        correlationId: request.correlationId,
        standing: reservation.state === 'ACTIVE' ? reservation.commandId : null,
      });
      if ('refused' in promised) return rejected(promised.refused);
      return { result: 'ACCEPTED', timeout: promised.command.timeoutSeconds };
    });
  }
}
