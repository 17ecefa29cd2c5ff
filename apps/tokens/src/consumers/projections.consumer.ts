import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { type PartnerState, partnerEvents } from '@voltap/contracts/events';
import type { EventMessage } from '@voltap/kernel';
import { type Consumption, Handles } from '@voltap/platform/messaging';
import { PullSchedule } from '@voltap/platform/pulling';
import { Projections } from '../store/projections.js';

/** Keeps partners; one that has registered, or changed, is asked for its tokens. */
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
    if (!newer) return;
    const { status, endpoints } = message.payload;
    const lists = endpoints.some(({ identifier, role }) => identifier === 'tokens' && role === 'SENDER');
    if (status === 'REGISTERED' && lists) await this.schedule.dueNow(transaction, message.key);
    else await this.schedule.stop(transaction, message.key);
  }
}
