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
import { FollowCharge } from '../application/follow-charge.js';
import { StopAtLimit } from '../application/stop-at-limit.js';
import { Projections } from '../store/projections.js';

/**
 * Keeps what commands need to know of places, prices and sessions. A session tells of the start that it has; one that has
 * used up its amount is stopped.
 */
@Controller()
export class ProjectionsConsumer {
  constructor(
    private readonly projections: Projections,
    private readonly stopAtLimit: StopAtLimit,
    private readonly followCharge: FollowCharge,
  ) {}

  @Handles(locationChanged)
  async locationChanged(
    @Payload() message: EventMessage<LocationChanged>,
    @Ctx() { transaction }: Consumption,
  ): Promise<void> {
    await this.projections.applyLocation(transaction, message);
  }

  @Handles(tariffChanged, tariffDeleted)
  async tariffChanged(
    @Payload() message: EventMessage<TariffChanged | TariffDeleted>,
    @Ctx() { transaction }: Consumption,
  ): Promise<void> {
    await this.projections.applyTariff(transaction, message);
  }

  @Handles(sessionChanged)
  async sessionChanged(
    @Payload() message: EventMessage<SessionChanged>,
    @Ctx() { transaction }: Consumption,
  ): Promise<void> {
    const newer = await this.projections.applySession(transaction, message);
    if (!newer) return;
    await this.followCharge.execute(transaction, message.payload);
    await this.stopAtLimit.execute(transaction, message.payload);
  }
}
