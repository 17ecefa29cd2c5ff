import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { type LocationChanged, locationChanged, type PartnerState, partnerEvents } from '@voltap/contracts/events';
import type { EventMessage } from '@voltap/kernel';
import { type Consumption, Handles } from '@voltap/platform/messaging';
import { Projections } from '../store/projections.js';
import { PullSchedule } from '../store/pull-schedule.js';

/** Keeps partners and places; a partner that has just registered is asked for its terminals. */
@Controller()
export class ProjectionsConsumer {
  constructor(
    private readonly projections: Projections,
    private readonly schedule: PullSchedule,
  ) {}

  @Handles(...partnerEvents)
  async partnerChanged(
    @Payload() message: EventMessage<PartnerState>,
    @Ctx() { transaction }: Consumption,
  ): Promise<void> {
    const newer = await this.projections.applyPartner(transaction, message);
    if (newer && message.payload.status === 'REGISTERED') await this.schedule.dueNow(transaction, message.key);
  }

  @Handles(locationChanged)
  async locationChanged(
    @Payload() message: EventMessage<LocationChanged>,
    @Ctx() { transaction }: Consumption,
  ): Promise<void> {
    await this.projections.applyLocation(transaction, message);
  }
}
