import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { type PartnerState, partnerEvents } from '@voltap/contracts/events';
import type { EventMessage } from '@voltap/kernel';
import { type Consumption, Handles } from '@voltap/platform/messaging';
import { ConnectPartner } from '../application/connect-partner.js';
import { PartnerDirectory } from '../store/partner-directory.js';

/** Keeps the token directory, and brings partners that come back up to date. */
@Controller()
export class PartnersConsumer {
  constructor(
    private readonly directory: PartnerDirectory,
    private readonly connectPartner: ConnectPartner,
  ) {}

  @Handles(...partnerEvents)
  async partnerChanged(
    @Payload() message: EventMessage<PartnerState>,
    @Ctx() { transaction }: Consumption,
  ): Promise<void> {
    await this.directory.take(transaction, message);
    await this.connectPartner.execute(transaction, message.payload, message.revision);
  }
}
