import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import {
  type CommandAccepted,
  type CommandCompleted,
  commandAccepted,
  commandCompleted,
  type LocationChanged,
  locationChanged,
  type TariffChanged,
  type TariffDeleted,
  tariffChanged,
  tariffDeleted,
} from '@voltap/contracts/events';
import type { EventMessage } from '@voltap/kernel';
import { type Consumption, Handles } from '@voltap/platform/messaging';
import { BindReports } from '../application/bind-reports.js';
import { MarkOrphan } from '../application/mark-orphan.js';
import { beginsSession, Projections } from '../store/projections.js';

/** Keeps commands, their outcomes, places and prices; a command or a place binds the reports that came before it. */
@Controller()
export class ProjectionsConsumer {
  constructor(
    private readonly projections: Projections,
    private readonly bindReports: BindReports,
    private readonly markOrphan: MarkOrphan,
  ) {}

  @Handles(commandAccepted)
  async commandAccepted(
    @Payload() message: EventMessage<CommandAccepted>,
    @Ctx() { transaction }: Consumption,
  ): Promise<void> {
    const { payload } = message;
    if (!beginsSession(payload.type)) return;
    await this.projections.lockStart(transaction, payload);
    await this.projections.applyCommand(transaction, message);
    await this.bindReports.ofCommand(transaction, payload);
  }

  @Handles(commandCompleted)
  async commandCompleted(
    @Payload() message: EventMessage<CommandCompleted>,
    @Ctx() { transaction }: Consumption,
  ): Promise<void> {
    const newer = await this.projections.applyOutcome(transaction, message);
    if (newer && message.payload.result.result !== 'ACCEPTED') {
      await this.markOrphan.execute(transaction, message.payload.commandId);
    }
  }

  @Handles(locationChanged)
  async locationChanged(
    @Payload() message: EventMessage<LocationChanged>,
    @Ctx() { transaction }: Consumption,
  ): Promise<void> {
    const newer = await this.projections.applyLocation(transaction, message);
    if (newer) await this.bindReports.atLocation(transaction, message.payload.location);
  }

  @Handles(tariffChanged, tariffDeleted)
  async tariffChanged(
    @Payload() message: EventMessage<TariffChanged | TariffDeleted>,
    @Ctx() { transaction }: Consumption,
  ): Promise<void> {
    await this.projections.applyTariff(transaction, message);
  }
}
