import { Inject, Injectable } from '@nestjs/common';
import type { SessionChanged } from '@voltap/contracts/events';
import type { Transaction } from '@voltap/platform/persistence';
import { LOGGER, type Logger } from '@voltap/platform/telemetry';
import { CommandRepository } from '../store/command-repository.js';
import { StopCharge } from './stop-charge.js';

/** A charge that has used up what was reserved on the card is stopped. */
@Injectable()
export class StopAtLimit {
  constructor(
    private readonly commands: CommandRepository,
    private readonly stopCharge: StopCharge,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async execute(
    transaction: Transaction,
    { limitReached, partnerId, commandId, session }: SessionChanged,
  ): Promise<void> {
    if (limitReached !== true || partnerId === null || session.status !== 'ACTIVE') return;
    const start = commandId === null ? null : await this.commands.find(commandId);
    const told = await this.stopCharge.execute(transaction, { partnerId, idTag: start?.idTag ?? null }, session);
    if (told) {
      this.logger.info({ sessionId: session.id, partnerId }, 'a charge has used up its amount and is stopped');
    }
  }
}
