import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import {
  type EvseStatusChanged,
  evseStatusChanged,
  type LocationChanged,
  listsMayDiffer,
  locationChanged,
  type PartnerState,
  partnerEvents,
  servesList,
  type TariffChanged,
  type TariffDeleted,
  tariffChanged,
  tariffDeleted,
} from '@voltap/contracts/events';
import type { EventMessage } from '@voltap/kernel';
import { type Consumption, Handles } from '@voltap/platform/messaging';
import { PullSchedule } from '@voltap/platform/pulling';
import { Projections } from '../store/projections.js';
import { SilentTerminals } from '../store/silent-terminals.js';

/** Keeps partners, places and tariffs; a partner that has registered, or changed, is asked for its terminals. */
@Controller()
export class ProjectionsConsumer {
  constructor(
    private readonly projections: Projections,
    private readonly schedule: PullSchedule,
    private readonly silentTerminals: SilentTerminals,
  ) {}

  @Handles(...partnerEvents)
  async partnerChanged(
    @Payload() message: EventMessage<PartnerState>,
    @Ctx() { transaction }: Consumption,
  ): Promise<void> {
    const { key, payload } = message;
    const before = await this.projections.partner(key, transaction);
    const newer = await this.projections.applyPartner(transaction, message);
    if (!newer) return;
    if (!servesList(payload, 'payments')) await this.schedule.stop(transaction, key);
    else if (listsMayDiffer(before, payload)) await this.schedule.dueNow(transaction, key);
  }

  @Handles(locationChanged)
  async locationChanged(
    @Payload() message: EventMessage<LocationChanged>,
    @Ctx() { transaction }: Consumption,
  ): Promise<void> {
    await this.projections.applyLocation(transaction, message);
  }

  @Handles(evseStatusChanged)
  async evseStatusChanged(
    @Payload() { payload }: EventMessage<EvseStatusChanged>,
    @Ctx() { transaction }: Consumption,
  ): Promise<void> {
    await this.silentTerminals.count(transaction, payload);
  }

  @Handles(tariffChanged, tariffDeleted)
  async tariffChanged(
    @Payload() message: EventMessage<TariffChanged | TariffDeleted>,
    @Ctx() { transaction }: Consumption,
  ): Promise<void> {
    await this.projections.applyTariff(transaction, message);
  }
}
