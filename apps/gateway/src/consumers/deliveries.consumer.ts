import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import {
  audienceOf,
  type CdrCreated,
  type CommandCompleted,
  cdrCreated,
  commandCompleted,
  type EvseStatusChanged,
  evseStatusChanged,
  type LocationChanged,
  locationChanged,
  type SessionChanged,
  sessionChanged,
  type TariffChanged,
  type TariffDeleted,
  tariffChanged,
  tariffDeleted,
} from '@voltap/contracts/events';
import type { EventMessage } from '@voltap/kernel';
import { type Consumption, Handles } from '@voltap/platform/messaging';
import { PlanDeliveries } from '../application/plan-deliveries.js';
import { locationProjection, ToldState, tariffAudienceProjection, tariffProjection } from '../store/told-state.js';

/** Hears what must reach partners. */
@Controller()
export class DeliveriesConsumer {
  constructor(
    private readonly planDeliveries: PlanDeliveries,
    private readonly told: ToldState,
  ) {}

  @Handles(locationChanged)
  async locationChanged(
    @Payload() message: EventMessage<LocationChanged>,
    @Ctx() { transaction }: Consumption,
  ): Promise<void> {
    const { payload, revision } = message;
    await locationProjection.take(transaction, message);
    // Statuses have an event of their own; a PUT for each would send the whole site again and again (LOC-24).
    if (!payload.structural) return;
    await this.planDeliveries.location(transaction, payload.location, revision);
  }

  @Handles(evseStatusChanged)
  async evseStatusChanged(
    @Payload() { payload, revision }: EventMessage<EvseStatusChanged>,
    @Ctx() { transaction }: Consumption,
  ): Promise<void> {
    await this.planDeliveries.evseStatus(transaction, payload, revision);
  }

  @Handles(tariffChanged)
  async tariffChanged(
    @Payload() message: EventMessage<TariffChanged>,
    @Ctx() { transaction }: Consumption,
  ): Promise<void> {
    const { tariff } = message.payload;
    const before = await this.told.audience(transaction, tariff, tariff.id);
    await tariffProjection.take(transaction, message);
    await tariffAudienceProjection.take(transaction, message);
    const audience = audienceOf(message.payload);
    await this.planDeliveries.tariff(transaction, { tariff, audience, before }, message.revision);
  }

  @Handles(tariffDeleted)
  async tariffDeleted(
    @Payload() message: EventMessage<TariffDeleted>,
    @Ctx() { transaction }: Consumption,
  ): Promise<void> {
    const before = await this.told.audience(transaction, message.payload, message.payload.id);
    await tariffProjection.take(transaction, message);
    await tariffAudienceProjection.take(transaction, message);
    await this.planDeliveries.tariffDeleted(transaction, message.payload, message.revision, before ?? null);
  }

  @Handles(sessionChanged)
  async sessionChanged(
    @Payload() { payload, revision }: EventMessage<SessionChanged>,
    @Ctx() { transaction }: Consumption,
  ): Promise<void> {
    if (payload.partnerId === null) return;
    await this.planDeliveries.session(transaction, payload.partnerId, payload.session, revision);
  }

  @Handles(cdrCreated)
  async cdrCreated(
    @Payload() { payload }: EventMessage<CdrCreated>,
    @Ctx() { transaction }: Consumption,
  ): Promise<void> {
    if (payload.partnerId === null) return;
    await this.planDeliveries.cdr(transaction, payload.partnerId, payload.cdr);
  }

  @Handles(commandCompleted)
  async commandCompleted(
    @Payload() { payload }: EventMessage<CommandCompleted>,
    @Ctx() { transaction }: Consumption,
  ): Promise<void> {
    await this.planDeliveries.commandResult(transaction, payload);
  }
}
