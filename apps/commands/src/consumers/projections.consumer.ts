import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import {
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
import { Projections } from '../store/projections.js';

/** Keeps what commands need to know of places, prices and sessions. */
@Controller()
export class ProjectionsConsumer {
  constructor(private readonly projections: Projections) {}

  @Handles(locationChanged)
  async locationChanged(
    @Payload() { key, revision, payload }: EventMessage<LocationChanged>,
    @Ctx() { transaction }: Consumption,
  ): Promise<void> {
    await this.projections.applyLocation(transaction, key, revision, payload.location);
  }

  @Handles(tariffChanged)
  async tariffChanged(
    @Payload() { key, revision, payload }: EventMessage<TariffChanged>,
    @Ctx() { transaction }: Consumption,
  ): Promise<void> {
    await this.projections.applyTariff(transaction, key, revision, payload.tariff);
  }

  @Handles(tariffDeleted)
  async tariffDeleted(
    @Payload() { key, revision }: EventMessage<TariffDeleted>,
    @Ctx() { transaction }: Consumption,
  ): Promise<void> {
    await this.projections.removeTariff(transaction, key, revision);
  }

  @Handles(sessionChanged)
  async sessionChanged(
    @Payload() { key, revision, payload }: EventMessage<SessionChanged>,
    @Ctx() { transaction }: Consumption,
  ): Promise<void> {
    const { session, partnerId, commandId } = payload;
    await this.projections.applySession(transaction, key, revision, {
      partnerId,
      commandId,
      id: session.id,
      status: session.status,
      location_id: session.location_id,
      evse_uid: session.evse_uid,
      authorization_reference: session.authorization_reference ?? null,
    });
  }
}
