import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { type TariffChanged, type TariffDeleted, tariffChanged, tariffDeleted } from '@voltap/contracts/events';
import type { EventMessage } from '@voltap/kernel';
import { type Consumption, Handles } from '@voltap/platform/messaging';
import { Projections } from '../store/projections.js';

/** Keeps the tariffs that connectors may name. */
@Controller()
export class ProjectionsConsumer {
  constructor(private readonly projections: Projections) {}

  @Handles(tariffChanged, tariffDeleted)
  async tariffChanged(
    @Payload() message: EventMessage<TariffChanged | TariffDeleted>,
    @Ctx() { transaction }: Consumption,
  ): Promise<void> {
    await this.projections.applyTariff(transaction, message);
  }
}
