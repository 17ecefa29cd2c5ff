import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { type PartnerState, partnerEvents } from '@voltap/contracts/events';
import type { EventMessage } from '@voltap/kernel';
import { type Consumption, Handles } from '@voltap/platform/messaging';
import { Projections } from '../store/projections.js';

/** Keeps the partners that a tariff may be for. */
@Controller()
export class ProjectionsConsumer {
  constructor(private readonly projections: Projections) {}

  @Handles(...partnerEvents)
  async partnerChanged(
    @Payload() message: EventMessage<PartnerState>,
    @Ctx() { transaction }: Consumption,
  ): Promise<void> {
    await this.projections.applyPartner(transaction, message);
  }
}
