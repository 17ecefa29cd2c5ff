import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import {
  type DeliverySettled,
  deliverySucceeded,
  type PartnerState,
  partnerEvents,
  type SessionEnded,
  sessionEnded,
} from '@voltap/contracts/events';
import type { EventMessage } from '@voltap/kernel';
import { type Consumption, Handles } from '@voltap/platform/messaging';
import { AcceptCdr } from '../application/accept-cdr.js';
import { CreateCdr } from '../application/create-cdr.js';
import { Projections } from '../store/projections.js';

/** Hears of ended sessions, of what partners accepted, and of partners. */
@Controller()
export class CdrsConsumer {
  constructor(
    private readonly createCdr: CreateCdr,
    private readonly acceptCdr: AcceptCdr,
    private readonly projections: Projections,
  ) {}

  @Handles(sessionEnded)
  async sessionEnded(
    @Payload() { payload }: EventMessage<SessionEnded>,
    @Ctx() { transaction }: Consumption,
  ): Promise<void> {
    await this.createCdr.execute(transaction, payload);
  }

  @Handles(deliverySucceeded)
  async deliverySucceeded(
    @Payload() { payload }: EventMessage<DeliverySettled>,
    @Ctx() { transaction }: Consumption,
  ): Promise<void> {
    if (payload.kind === 'cdr') await this.acceptCdr.execute(transaction, payload);
  }

  @Handles(...partnerEvents)
  async partnerChanged(
    @Payload() message: EventMessage<PartnerState>,
    @Ctx() { transaction }: Consumption,
  ): Promise<void> {
    await this.projections.applyPartner(transaction, message);
  }
}
